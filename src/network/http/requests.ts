/**
 * The requests of one connection, one after the other: each head on its own, to be judged and perhaps rewritten, and the
 * bodies between them as they come, uncopied. A second request could be for another host than the first.
 */
import { HeldBytes } from "../streams/held-bytes.ts"
import { ChunkedReader } from "./chunks.ts"
import type { HeaderField } from "./fields.ts"
import { type HeadResult, type RequestHead, RequestHeadReader } from "./head.ts"

export type RequestAction =
  /** bytes: the head as it came */
  | { kind: "head"; head: RequestHead; bytes: Uint8Array }
  /** of the last head's request; with the frame of chunks, or without, as asked for */
  | { kind: "body"; bytes: Uint8Array }
  /** the request is over, one without a body too */
  | { kind: "end"; trailers: readonly HeaderField[] }
  /** of whatever protocol client and server have agreed upon */
  | { kind: "opaque"; bytes: Uint8Array }
  /** the connection's first bytes, all that have come; nothing follows, the caller goes on without us */
  | { kind: "not http" | "http2"; bytes: Uint8Array }
  /** nothing follows */
  | { kind: "malformed" | "too large"; why: string }

/** Bytes after an offer to change the protocol, which no client sends before the answer. */
const heldMax = 64 * 1024
/** Pieces of one body in one go; more are put together. */
const piecesMax = 16

type State =
  | { kind: "head"; reader: RequestHeadReader }
  | { kind: "length"; left: number }
  | { kind: "chunks"; reader: ChunkedReader }
  | { kind: "waiting" }
  | { kind: "opaque" }
  | { kind: "over" }

export class HttpRequests {
  readonly #decoded: boolean
  #state: State = { kind: "head", reader: new RequestHeadReader() }
  #isFirst = true
  /** of the present request: whether it offers to change the protocol, and what the server said */
  #offer: "none" | "open" | "taken" = "none"
  #held = new HeldBytes()

  /** @param decoded whether bodies come without the frame of their chunks */
  constructor({ decoded = false } = {}) {
    this.#decoded = decoded
  }

  /** A change of protocol was offered and nothing more is passed before `switched`: the caller reads no more. */
  get waiting(): boolean {
    return this.#state.kind === "waiting"
  }

  /** @param bytes kept, and not copied: not to be used for anything else */
  push(bytes: Uint8Array): RequestAction[] {
    const actions: RequestAction[] = []
    let rest: Uint8Array | undefined = bytes
    while (rest !== undefined && rest.length > 0) rest = this.#take(rest, actions)
    return actions
  }

  /**
   * What the server said to the head that offered to change the protocol, or asked for a tunnel. May be told early, as
   * when the caller took the offer out of the head.
   * @param accepted 101, or 2xx to CONNECT
   */
  switched(accepted: boolean): RequestAction[] {
    if (this.#offer !== "open") return []
    this.#offer = accepted ? "taken" : "none"
    if (!this.waiting) return []
    this.#next()
    const { bytes } = this.#held
    this.#held = new HeldBytes()
    return this.push(bytes)
  }

  /** @returns what is left for the next state, undefined when nothing is */
  #take(bytes: Uint8Array, actions: RequestAction[]): Uint8Array | undefined {
    const state = this.#state
    switch (state.kind) {
      case "head":
        return this.#takeHead(state.reader, bytes, actions)
      case "length":
        return this.#takeLength(state, bytes, actions)
      case "chunks":
        return this.#takeChunks(state.reader, bytes, actions)
      case "waiting":
        this.#hold(bytes, actions)
        return undefined
      case "opaque":
        actions.push({ kind: "opaque", bytes })
        return undefined
      case "over":
        return undefined
    }
  }

  #takeHead(reader: RequestHeadReader, bytes: Uint8Array, actions: RequestAction[]): Uint8Array | undefined {
    const before = reader.bytes
    const result = reader.push(bytes)
    if (result.kind === "more") return undefined
    if (result.kind !== "head") {
      this.#end(
        this.#lastAction(result, () => joined([before, bytes])),
        actions,
      )
      return undefined
    }
    this.#isFirst = false
    this.#offer = result.method === "CONNECT" || result.upgrade.length > 0 ? "open" : "none"
    actions.push({ kind: "head", head: result, bytes: reader.bytes.subarray(0, result.length) })
    const { body } = result
    if (body.kind === "chunked") this.#state = { kind: "chunks", reader: new ChunkedReader() }
    else if (body.kind === "length" && body.bytes > 0) this.#state = { kind: "length", left: body.bytes }
    else this.#finish([], actions)
    return bytes.subarray(result.length - before.length)
  }

  #lastAction(
    result: Exclude<HeadResult, RequestHead | { kind: "more" }>,
    all: () => Uint8Array,
  ): RequestAction {
    if (result.kind === "malformed" || result.kind === "too large") return result
    if (this.#isFirst) return { kind: result.kind, bytes: all() }
    return { kind: "malformed", why: "what follows a request is none" }
  }

  #takeLength(state: { left: number }, bytes: Uint8Array, actions: RequestAction[]): Uint8Array {
    const taken = bytes.subarray(0, state.left)
    state.left -= taken.length
    actions.push({ kind: "body", bytes: taken })
    if (state.left === 0) this.#finish([], actions)
    return bytes.subarray(taken.length)
  }

  #takeChunks(reader: ChunkedReader, bytes: Uint8Array, actions: RequestAction[]): Uint8Array | undefined {
    const { passed, data, state } = reader.push(bytes)
    const pieces = (this.#decoded ? data : passed).filter(piece => piece.length > 0)
    for (const piece of pieces.length > piecesMax ? [joined(pieces)] : pieces)
      actions.push({ kind: "body", bytes: piece })
    if (state.kind === "more") return undefined
    if (state.kind === "end") {
      this.#finish(state.trailers, actions)
      return state.rest
    }
    this.#end(state, actions)
    return undefined
  }

  #hold(bytes: Uint8Array, actions: RequestAction[]): void {
    if (this.#held.length + bytes.length <= heldMax) this.#held.add(bytes)
    else
      this.#end(
        { kind: "too large", why: "too much comes before the answer to an offered protocol" },
        actions,
      )
  }

  #finish(trailers: readonly HeaderField[], actions: RequestAction[]): void {
    actions.push({ kind: "end", trailers })
    this.#next()
  }

  #next(): void {
    if (this.#offer === "open") this.#state = { kind: "waiting" }
    else if (this.#offer === "taken") this.#state = { kind: "opaque" }
    else this.#state = { kind: "head", reader: new RequestHeadReader() }
  }

  #end(action: RequestAction, actions: RequestAction[]): void {
    actions.push(action)
    this.#state = { kind: "over" }
    this.#held = new HeldBytes()
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces)
}
