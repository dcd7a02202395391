import { describe, expect, test } from "bun:test"
import type { Connected } from "../../../src/network/streams/connect-first.ts"
import { UpstreamRefused } from "../../../src/network/streams/ended-connection.ts"
import { Holding } from "../../../src/network/streams/holding.ts"
import { type Answer, answerOf } from "../../../src/network/upstream/proxy-answer.ts"

/** A proxy that says what the test says. */
function conversationWith(patience = 5000) {
  const holding = new Holding()
  const stream = { pause: () => undefined, terminate: () => undefined } as never
  const connected: Connected = { stream, holding, address: "192.0.2.1", isPlain: true }
  const says = (text: string) => holding.data(Buffer.from(text), stream)
  return {
    conversation: { connected, name: "the proxy", endMs: performance.now() + patience },
    holding,
    says,
  }
}

/** Three bytes, the first of which is a letter. */
function three(bytes: Buffer): Answer<string> {
  if (bytes.length > 0 && !/^[a-z]/.test(bytes.toString())) return { kind: "wrong", why: "stammers" }
  return bytes.length < 3
    ? { kind: "more" }
    : { kind: "whole", length: 3, value: bytes.toString("latin1", 0, 3) }
}

async function refusalOf(answer: Promise<unknown>): Promise<string> {
  const cause = await answer.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(cause).toBeInstanceOf(UpstreamRefused)
  const { status, message } = cause as UpstreamRefused
  return `${status} ${message}`
}

describe("an answer", () => {
  test("is waited for, and nothing behind it is taken", async () => {
    const { conversation, holding, says } = conversationWith()
    const answer = answerOf(conversation, three)
    for (const byte of "abcdef") {
      says(byte)
      await Bun.sleep(1)
    }
    expect(await answer).toBe("abc")
    expect(holding.held.bytes.toString()).toBe("def")
    expect(await answerOf(conversation, three)).toBe("def")
    expect(holding.held.length).toBe(0)
  })

  test("that came before the end counts", async () => {
    const { conversation, holding, says } = conversationWith()
    says("abc")
    holding.end()
    expect(await answerOf(conversation, three)).toBe("abc")
  })

  test("that is wrong is no longer waited for", async () => {
    const { conversation, says } = conversationWith()
    says("1")
    expect(await refusalOf(answerOf(conversation, three))).toBe("502 the proxy stammers")
  })

  test("that is cut is none", async () => {
    const { conversation, holding, says } = conversationWith()
    says("ab")
    const answer = refusalOf(answerOf(conversation, three))
    holding.end()
    expect(await answer).toBe("502 the proxy hung up")
  })

  test("of a connection that breaks is none", async () => {
    const { conversation, holding } = conversationWith()
    const answer = refusalOf(answerOf(conversation, three))
    holding.close(new Error("reset"))
    expect(await answer).toBe("502 the proxy hung up")
  })

  test("is not waited for longer than all of them together may take", async () => {
    const { conversation, says } = conversationWith(60)
    const answer = refusalOf(answerOf(conversation, three))
    await Bun.sleep(20)
    says("a")
    expect(await answer).toBe("504 the proxy did not answer")
    expect(await refusalOf(answerOf(conversation, three))).toBe("504 the proxy did not answer")
  })
})
