/** What a proxy answers before its tunnel stands, read from the front of what it has sent. */
import type { Connected } from "../streams/connect-first.ts"
import { UpstreamRefused } from "../streams/ended-connection.ts"

/** What the bytes so far come to. Readers are bounded: from some length on they say anything but `more`. */
export type Answer<T> =
  | { kind: "more" }
  /** @property length bytes that belong to it: what follows is the server's */
  | { kind: "whole"; length: number; value: T }
  /** @property why goes on after the proxy's name */
  | { kind: "wrong"; why: string }

export type Conversation = {
  connected: Connected
  /** the proxy, as people are told of it */
  name: string
  /** of performance.now(): how long it may take until the tunnel stands */
  endMs: number
}

/** Milliseconds for all of a proxy's answers: it gives the last one when it has connected itself. */
export const patienceMs = 30_000

/**
 * Waits for one answer, and takes it off what is held.
 * @param read sees all that has come
 * @throws UpstreamRefused
 */
export async function answerOf<T>(
  { connected: { holding }, name, endMs }: Conversation,
  read: (bytes: Buffer) => Answer<T>,
): Promise<T> {
  for (;;) {
    const answer = read(holding.held.bytes)
    if (answer.kind === "wrong") throw new UpstreamRefused(502, `${name} ${answer.why}`)
    if (answer.kind === "whole") {
      holding.held.drop(answer.length)
      return answer.value
    }
    if (holding.ended || holding.closed !== undefined) throw new UpstreamRefused(502, `${name} hung up`)
    const leftMs = endMs - performance.now()
    if (leftMs <= 0) throw new UpstreamRefused(504, `${name} did not answer`)
    await holding.changedWithin(leftMs)
  }
}
