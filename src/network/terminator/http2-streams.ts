/** The requests of one HTTP/2 connection that are on their way. */
import type { EchoFilter } from "../credentials/echo.ts"
import type { BridgeEnds } from "./bridge.ts"

export type Stream = {
  method: string
  path: string
  rule: string
  started: number
  sent: number
  received: number
  status: number
  /** bytes of the body that are still to come; undefined = nothing was said */
  left: number | undefined
  echo: EchoFilter | undefined
  clientEnded: boolean
  serverEnded: boolean
}

export type NewStream = Pick<Stream, "method" | "path" | "rule" | "left" | "clientEnded">

export class Streams {
  readonly #open = new Map<number, Stream>()
  readonly #record: BridgeEnds["record"]
  /** requests that were answered here and whose bodies still come */
  readonly refused = new Set<number>()
  /** the highest number that the client has used */
  last = 0

  constructor(record: BridgeEnds["record"]) {
    this.#record = record
  }

  get count(): number {
    return this.#open.size
  }

  get(number: number): Stream | undefined {
    return this.#open.get(number)
  }

  add(number: number, stream: NewStream): Stream {
    const added = {
      ...stream,
      started: performance.now(),
      sent: 0,
      received: 0,
      status: 0,
      echo: undefined,
      serverEnded: false,
    }
    this.#open.set(number, added)
    return added
  }

  /** One side is done; with both the request is over. */
  end(number: number, side: "clientEnded" | "serverEnded"): void {
    const stream = this.#open.get(number)
    if (stream === undefined) return
    stream[side] = true
    if (stream.clientEnded && stream.serverEnded) this.drop(number)
  }

  /** The request is over, however it ended. */
  drop(number: number): void {
    const stream = this.#open.get(number)
    if (stream === undefined) return
    this.#open.delete(number)
    const { method, path, rule, status, sent, received, started } = stream
    this.#record({
      verdict: "allow",
      rule,
      sent,
      received,
      milliseconds: performance.now() - started,
      request: { method, path, status },
    })
  }

  dropAll(): void {
    for (const number of [...this.#open.keys()]) this.drop(number)
  }
}

/** Counts bytes of a body. Behind the server's door the length that was said may decide where the next request begins. */
export function fits(stream: Stream, bytes: number, endStream: boolean): boolean {
  if (stream.left === undefined) return true
  stream.left -= bytes
  return stream.left === 0 || (stream.left > 0 && !endStream)
}
