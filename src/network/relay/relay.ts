/** Two streams made one: what either end says the other hears, and when one hangs up or breaks, so does the other. */

import type { Finding, Passage } from "../inspect/inspect.ts"
import type { Connected } from "../streams/connect-first.ts"
import type { Holding } from "../streams/holding.ts"
import { deafPeer, type Stream } from "../streams/peer.ts"
import type { Reserve } from "../streams/reserve.ts"
import { Flow } from "./relay-flow.ts"

export type Counts = {
  /** bytes from the client to the server */
  sent: number
  /** bytes from the server to the client */
  received: number
}

export type Refused = Extract<Finding, { kind: "refuse" }>

export type RelayRequest = {
  client: { stream: Stream; holding: Holding }
  server: Connected
  passage: Passage
  reserve: Reserve
  /**
   * Called once. @param refused what the client said and may not: it is the caller's then, and the server is gone
   */
  ended: (counts: Counts, refused: Refused | undefined, error: Error | undefined) => void
}

/** Milliseconds after which a client that said half a word is taken to wait for an answer. */
const wordMs = 300

/**
 * Relays until both ends are done. There is no time after which silence ends a connection.
 * @returns what resets both ends, for the error given
 */
export function relay(request: RelayRequest): (why: Error) => void {
  const { client, server } = request
  const connection = new Relay(request)
  // A server that is gone silently would be waited for for ever: what the program asked of its socket ends here.
  server.stream.setKeepAlive(true, 60_000)
  server.stream.setNoDelay(true)
  client.stream.setNoDelay(true)
  server.holding.release(server.stream, connection.server)
  client.holding.release(client.stream, connection.client)
  return why => connection.cut(why)
}

class Relay {
  readonly #request: RelayRequest
  readonly #up: Flow
  readonly #down: Flow
  #word: Timer | undefined
  /** ends that are still there */
  #open = 2
  #isOver = false

  readonly client = {
    data: (bytes: Buffer) => this.#clientSays(bytes),
    drain: () => this.#down.drained(),
    end: () => this.#clientEnds(),
    close: (error: Error | undefined) => this.#closed(error, this.#down, () => this.#clientEnds()),
  }
  readonly server = {
    data: (bytes: Buffer) => this.#answered(bytes),
    drain: () => this.#up.drained(),
    end: () => this.#down.end(),
    close: (error: Error | undefined) => this.#closed(error, this.#up, () => this.#down.end()),
  }

  constructor(request: RelayRequest) {
    const { client, server, passage, reserve } = request
    this.#request = request
    const broken = () => this.#finish(new Error("the connection broke"))
    const { isPlain } = server
    this.#up = new Flow({
      from: client.stream,
      to: server.stream,
      reserve,
      isDirect: () => isPlain && passage.isOpen,
      broken,
    })
    this.#down = new Flow({
      from: server.stream,
      to: client.stream,
      reserve,
      isDirect: () => isPlain && !passage.hearsServer,
      broken,
    })
  }

  cut(why: Error): void {
    this.#finish(why)
  }

  #said(findings: readonly Finding[]): void {
    const { passage, client } = this.#request
    for (const finding of findings) {
      if (this.#isOver) return
      if (finding.kind === "refuse") this.#finish(undefined, finding)
      else if (finding.kind === "pass") this.#up.send(finding.bytes)
    }
    if (this.#isOver) return
    if (passage.isWaiting) client.stream.pause()
  }

  #clientSays(bytes: Buffer): void {
    const { passage } = this.#request
    this.#said(passage.push(bytes))
    clearTimeout(this.#word)
    if (!this.#isOver && passage.isUndecided)
      this.#word = setTimeout(() => this.#said(passage.pass()), wordMs)
  }

  #clientEnds(): void {
    this.#said(this.#request.passage.finish())
    if (!this.#isOver) this.#up.end()
  }

  #answered(bytes: Buffer): void {
    const { passage, client } = this.#request
    this.#down.send(bytes)
    if (this.#isOver || !passage.hearsServer) return
    const wasWaiting = passage.isWaiting
    this.#said(passage.answered(bytes))
    if (wasWaiting && !passage.isWaiting && !this.#isOver && this.#up.held === 0) client.stream.resume()
  }

  /** An end is gone. @param towards the flow that it took from us @param ends what it means when that was in order */
  #closed(error: Error | undefined, towards: Flow, ends: () => void): void {
    if (this.#isOver) return
    this.#open--
    towards.drop()
    if (error === undefined) ends()
    if (error !== undefined) this.#finish(error)
    else if (this.#open === 0) this.#finish(undefined)
    // It took our end and gave its own; what is left goes the other way.
    else if (!towards.isOver) this.#finish(new Error("the connection broke"))
  }

  /** The connection is over for everybody; what is not over in order is reset. */
  #finish(error: Error | undefined, refused?: Refused): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#word)
    const { client, server, ended } = this.#request
    // In the middle of what the server says nothing can be said.
    const said = refused && this.#down.held > 0 ? { ...refused, protocol: "other" as const } : refused
    for (const flow of [this.#up, this.#down]) flow.drop()
    server.stream.data = deafPeer
    if (error !== undefined || refused !== undefined) server.stream.terminate()
    client.stream.data = deafPeer
    if (error !== undefined) client.stream.terminate()
    ended({ sent: this.#up.bytes, received: this.#down.bytes }, said, error)
  }
}
