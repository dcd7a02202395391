/** HTTP/1.1 answers of a server (RFC 9112): where each begins and ends, as far as it takes to pass them on. */
import type { Header } from "../credentials/swap.ts"
import {
  type AnswerBody,
  type AnswerHead,
  BadAnswer,
  bodyOf,
  endOfHead,
  fieldsOf,
  readHead,
} from "./answer-head.ts"

export type AnswerPart =
  /** an announcement (1xx), 101 included */
  | { kind: "announcement"; head: AnswerHead }
  | { kind: "head"; head: AnswerHead; body: AnswerBody }
  /** content without its framing */
  | { kind: "content"; bytes: Buffer }
  | { kind: "end"; trailers: readonly Header[] }

/** Servers send more than clients: cookies, policies. */
const headBytesMax = 262_144
const chunkLineMax = 4_096

type State =
  | { at: "idle" | "head" | "chunk size" | "chunk end" | "trailers" | "rest" }
  | { at: "content" | "chunk"; left: number }

export class AnswerReader {
  #state: State = { at: "idle" }
  #held: Buffer = Buffer.alloc(0)
  /** bytes of it in which no head ends */
  #searched = 0
  #method = ""

  /** Bytes came that no request asked for: the next answer would be taken for another's. */
  get hasUnasked(): boolean {
    return this.#state.at === "idle" && this.#held.length > 0
  }

  /** The next answer is to a request with this method. */
  expect(method: string): void {
    this.#method = method
    this.#state = { at: "head" }
  }

  /** Bytes that came after the last answer: nobody asked for them, or they are of another protocol after a 101. */
  unread(): Buffer {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    this.#searched = 0
    return rest
  }

  /** @throws BadAnswer */
  push(bytes: Buffer): AnswerPart[] {
    if (this.#state.at === "idle") throw unasked()
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const parts: AnswerPart[] = []
    while (this.#canGoOn()) {
      const part = this.#next()
      if (part === "more") break
      if (part !== undefined) parts.push(part)
      // What follows is no HTTP any more if the client agreed to that: somebody else decides.
      if (part !== undefined && part.kind === "announcement" && part.head.status === 101) break
    }
    return parts
  }

  /** An answer without a body ends where its head does: no further byte is needed to see that. */
  #canGoOn(): boolean {
    const state = this.#state
    return state.at !== "idle" && (this.#held.length > 0 || (state.at === "content" && state.left === 0))
  }

  /** The connection is over. @returns the end of an answer that lasts as long, undefined when one was cut */
  finish(): AnswerPart | "idle" | undefined {
    const { at } = this.#state
    if (at === "idle") return "idle"
    if (at !== "rest") return undefined
    this.#state = { at: "idle" }
    return { kind: "end", trailers: [] }
  }

  #next(): AnswerPart | "more" | undefined {
    const state = this.#state
    switch (state.at) {
      case "idle":
        return "more"
      case "head":
        return this.#head()
      case "rest":
        return { kind: "content", bytes: this.unread() }
      case "content":
      case "chunk":
        return this.#content(state)
      case "chunk size":
        return this.#chunkSize()
      case "chunk end":
        return this.#chunkEnd()
      case "trailers":
        return this.#trailers()
    }
  }

  #head(): AnswerPart | "more" {
    const end = this.#endOfLines()
    if (end === undefined) {
      if (this.#held.length > headBytesMax) throw new BadAnswer("its headers are larger than 256 KiB")
      return "more"
    }
    const head = readHead(this.#take(end).toString("latin1"))
    if (head.status < 200) return { kind: "announcement", head }
    const body = bodyOf(head, this.#method)
    this.#state = stateOf(body)
    return { kind: "head", head, body }
  }

  #content(state: { at: "content" | "chunk"; left: number }): AnswerPart | undefined {
    if (state.left > 0) {
      const bytes = this.#take(Math.min(state.left, this.#held.length))
      state.left -= bytes.length
      if (state.left === 0 && state.at === "chunk") this.#state = { at: "chunk end" }
      return { kind: "content", bytes }
    }
    this.#state = { at: "idle" }
    return { kind: "end", trailers: [] }
  }

  #chunkSize(): "more" | undefined {
    const line = this.#line(chunkLineMax)
    if (line === "more") return "more"
    const [, digits] = /^([\dA-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? []
    if (digits === undefined) throw new BadAnswer("the size of a chunk is no number")
    const left = Number.parseInt(digits, 16)
    this.#state = left === 0 ? { at: "trailers" } : { at: "chunk", left }
    return undefined
  }

  #chunkEnd(): "more" | undefined {
    const line = this.#line(2)
    if (line === "more") return "more"
    if (line !== "") throw new BadAnswer("a chunk is longer than it says")
    this.#state = { at: "chunk size" }
    return undefined
  }

  #trailers(): AnswerPart | "more" {
    const end = /^\r?\n/.exec(this.#held.toString("latin1", 0, 2))?.[0].length ?? this.#endOfLines()
    if (end === undefined) {
      if (this.#held.length > headBytesMax) throw new BadAnswer("its trailers are larger than 256 KiB")
      return "more"
    }
    const lines = this.#take(end).toString("latin1").split(/\r?\n/)
    this.#state = { at: "idle" }
    return { kind: "end", trailers: fieldsOf(lines) }
  }

  /** Not from the front each time: a server could send byte by byte. */
  #endOfLines(): number | undefined {
    const end = endOfHead(this.#held, this.#searched)
    this.#searched = Math.max(this.#held.length - 2, 0)
    return end
  }

  /** The next line without its end. */
  #line(bytesMax: number): string | "more" {
    const end = this.#held.indexOf(0x0a)
    if (end > bytesMax || (end < 0 && this.#held.length > bytesMax)) throw new BadAnswer("a line is too long")
    if (end < 0) return "more"
    const line = this.#held.subarray(0, end).toString("latin1").replace(/\r$/, "")
    this.#take(end + 1)
    return line
  }

  #take(length: number): Buffer {
    const taken = this.#held.subarray(0, length)
    this.#held = this.#held.subarray(length)
    this.#searched = 0
    return taken
  }
}

function unasked(): BadAnswer {
  return new BadAnswer("it answers what nobody asked")
}

function stateOf(body: AnswerBody): State {
  if (body === "rest") return { at: "rest" }
  if (body === "chunked") return { at: "chunk size" }
  return { at: "content", left: body === "none" ? 0 : body }
}
