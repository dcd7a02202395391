/** Tells a client that its connection is refused, in what it speaks, and hangs up. */

import { RequestHeadReader } from "./http/head.ts"
import type { Protocol } from "./inspect/inspect.ts"
import type { Holding } from "./streams/holding.ts"
import type { Peer, Stream } from "./streams/peer.ts"
import { http2Refusal, httpRefusal, type Refusal, sshRefusal, tlsRefusal } from "./upstream/refusal.ts"

/** What a client understands. */
export type Language = { protocol: Protocol | "ssh"; hasBody: boolean }

/** Milliseconds for a client's first bytes: those of most protocols come with the connection. */
const usualMs = 250
const longerMs = 1000
/** Ports on which a client that says nothing is a slow one. */
const clientsSpeakFirst = [80, 443, 8080, 8443]
/** What a client may still say after our answer, before it is cut off: milliseconds, and bytes. */
const leaveMs = 2000
const leaveBytes = 16 * 1024 * 1024

/** Waits shortly for what the client speaks. */
export async function languageOf(holding: Holding, port: number): Promise<Language> {
  const end = performance.now() + (clientsSpeakFirst.includes(port) ? longerMs : usualMs)
  for (;;) {
    const { bytes } = holding.held
    const left = end - performance.now()
    const isLast = holding.ended || holding.closed !== undefined || left <= 0
    const language = understood(bytes, isLast)
    if (language !== undefined) return language
    await holding.changedWithin(left)
  }
}

/** @param isLast nothing more is waited for */
function understood(bytes: Buffer, isLast: boolean): Language | undefined {
  const [handshake, majorVersion] = [22, 3]
  if (bytes[0] === handshake && (bytes[1] ?? majorVersion) === majorVersion) return language("tls")
  if (bytes.toString("latin1", 0, 4) === "SSH-") return language("ssh")
  const result = bytes.length === 0 ? { kind: "more" as const } : new RequestHeadReader().push(bytes)
  switch (result.kind) {
    case "head":
      return { protocol: "http", hasBody: result.method !== "HEAD" }
    case "malformed":
    case "too large":
      return language("http")
    case "http2":
      return language("http2")
    case "not http":
      return language("other")
    case "more":
      if (!isLast) return undefined
      return language(/^[A-Z]{1,16} \S/.test(bytes.toString("latin1", 0, 32)) ? "http" : "other")
  }
}

function language(protocol: Language["protocol"]): Language {
  return { protocol, hasBody: true }
}

/** Says it and hangs up: a client that does not hear of it in its own protocol is reset. */
export function refuse(stream: Stream, refusal: Refusal, { protocol, hasBody }: Language): void {
  if (protocol === "other") return void stream.terminate()
  const answer = {
    http: httpRefusal(refusal, hasBody),
    tls: tlsRefusal(refusal),
    http2: http2Refusal(refusal),
    ssh: sshRefusal(refusal),
  }
  stream.data = new Leaving(stream)
  // It fits: nothing was said to this client, or all of it was taken.
  stream.write(answer[protocol])
  stream.shutdown()
  stream.resume()
}

/** A client that is still speaking: closing now would reset the connection, and could cost it our answer. */
class Leaving implements Peer {
  readonly #timer: Timer
  #bytes = 0

  constructor(stream: Stream) {
    this.#timer = setTimeout(() => stream.terminate(), leaveMs)
  }

  data(bytes: Buffer, stream: Stream): void {
    this.#bytes += bytes.length
    if (this.#bytes > leaveBytes) stream.terminate()
  }

  drain(): void {
    // There is nothing more to say.
  }

  end(stream: Stream): void {
    stream.end()
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
