/** Finds the empty line that ends a head or a trailer, in bytes that come in pieces. */
import { HeldBytes } from "../streams/held-bytes.ts"

export type Lines =
  | { kind: "more" }
  /** the lines before the empty one, and their bytes with it */
  | { kind: "lines"; lines: string[]; length: number }
  | { kind: "malformed"; why: string }
  | { kind: "too large"; why: string }

const [carriageReturn, lineFeed] = [0x0d, 0x0a]

type Bounds = {
  bytesMax: number
  /** empty lines before the first one that are passed over */
  emptyMax: number
}

export class LineReader {
  readonly #held = new HeldBytes()
  readonly #bounds: Bounds
  /** where the first line begins, and the one of which no end has been found */
  #start = 0
  #line = 0
  /** where to look on for an end */
  #searched = 0
  #empty = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  /** What was pushed, up to one byte over the limit. */
  get bytes(): Buffer {
    return this.#held.bytes
  }

  get firstLineEnded(): boolean {
    return this.#line > this.#start
  }

  /** The first line, as far as it has come, a character for each byte. */
  firstLine(): { text: string; ended: boolean } {
    const { bytes } = this
    const end = bytes.indexOf(lineFeed, this.#start)
    const last = end > this.#start && bytes[end - 1] === carriageReturn ? end - 1 : end
    return { text: bytes.toString("latin1", this.#start, end < 0 ? bytes.length : last), ended: end >= 0 }
  }

  push(more: Uint8Array): Lines {
    const { bytesMax } = this.#bounds
    this.#held.add(more.subarray(0, bytesMax + 1 - this.#held.length))
    const { bytes } = this
    for (;;) {
      const end = bytes.indexOf(lineFeed, this.#searched)
      if (end < 0 || end >= bytesMax) break
      if (end === this.#line || bytes[end - 1] !== carriageReturn)
        return { kind: "malformed", why: "a line ends with a line feed alone" }
      const isEmpty = end - 1 === this.#line
      if (isEmpty && !this.#passesOver()) return this.#lines(end + 1)
      this.#line = end + 1
      this.#searched = end + 1
      if (isEmpty) this.#start = end + 1
    }
    this.#searched = bytes.length
    if (bytes.length <= bytesMax) return { kind: "more" }
    return { kind: "too large", why: `it is longer than ${bytesMax} bytes` }
  }

  #passesOver(): boolean {
    return this.#line === this.#start && this.#empty++ < this.#bounds.emptyMax
  }

  #lines(length: number): Lines {
    const text = this.bytes.toString("latin1", this.#start, length - 2)
    const lines = text === "" ? [] : text.slice(0, -2).split("\r\n")
    if (lines.some(line => line.includes("\r")))
      return { kind: "malformed", why: "a line holds a carriage return alone" }
    return { kind: "lines", lines, length }
  }
}
