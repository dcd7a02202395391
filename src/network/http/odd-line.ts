/**
 * The first line of what is no HTTP to us, TLS included. Some servers take any word for a method (Python's wsgiref,
 * Varnish): whatever else stands in the line, with a version at its end it is a request to them, and the next lines say for
 * which host. Others pass over it and take what follows for a request: a line of the PROXY protocol (versions 1 and 2 of
 * HAProxy's).
 */
import { LooseRequest } from "./loose-request.ts"

export const oddLineFlaw = {
  why: "its first line is no request, and some servers take it for one, or pass over it",
  status: 400,
} as const

/** No server reads a longer line. */
const lineMax = 128 * 1024
const lineFeed = 0x0a
/** What some servers take for a space: Python's `split` does. */
const spaces = new Set([0x20, 0x09, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0xa0])
const version = "HTTP/"
/** A target that says for which host, without a version (Ruby's WEBrick); its first letters, as many as a version has. */
const url = /^http[:s]$/i
/** How the second version begins, after empty lines. */
const nul = "\0"

export class OddLine {
  #seen = 0
  /** the beginnings of the line's first two words, of the present one, and of the one before it */
  #first = ""
  #second = ""
  #word = ""
  #last = ""
  #isOver = false
  readonly #loose = new LooseRequest()

  /** The line is none that a server could take for a request. */
  get isOver(): boolean {
    return this.#isOver && this.#loose.isOver
  }

  /** @returns whether it is a request to somebody, or passed over by somebody: then none of these bytes may go up */
  push(bytes: Uint8Array): boolean {
    for (const byte of bytes) {
      if (this.isOver) return false
      if (this.#loose.take(byte)) return true
      if (this.#isOver) continue
      if (byte === lineFeed && this.#hidesRequest()) return true
      this.#take(byte)
    }
    return false
  }

  #hidesRequest(): boolean {
    const word = this.#word || this.#last
    // Empty lines before a request are passed over.
    this.#isOver = word !== ""
    const first = this.#first || this.#word
    const second = this.#first && (this.#second || this.#word)
    return word.toUpperCase() === version || url.test(second) || first === "PROXY" || first === nul
  }

  #take(byte: number): void {
    if (++this.#seen > lineMax) this.#isOver = true
    if (byte !== lineFeed && !spaces.has(byte)) {
      if (this.#word.length < version.length) this.#word += String.fromCharCode(byte)
    } else if (this.#word !== "") {
      if (this.#first !== "") this.#second ||= this.#word
      this.#first ||= this.#word
      this.#last = this.#word
      this.#word = ""
    }
  }
}
