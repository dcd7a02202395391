/** Where a chunked body ends (RFC 9112, 7.1): its frame is read byte by byte, what is in the chunks is passed over. */
import { type HeaderField, isHeadOnly, readFields } from "./fields.ts"
import { LineReader } from "./lines.ts"

export type ChunkedProgress = {
  /** bytes that may be passed on as they came */
  passed: Uint8Array[]
  /** the same without the frame */
  data: Uint8Array[]
  state: ChunkedState
}

export type ChunkedState =
  | { kind: "more" }
  /** rest: what came after the body */
  | { kind: "end"; trailers: readonly HeaderField[]; rest: Uint8Array }
  | { kind: "malformed"; why: string }
  | { kind: "too large"; why: string }

/** Hexadecimal digits of a chunk's size: 16 TiB are enough. */
const digitsMax = 11
/** Bytes of what may stand after a size, which nobody uses. */
const extensionMax = 1024
const trailersMax = 16 * 1024

const byte = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  semicolon: 0x3b,
  delete: 0x7f,
} as const

type Place = "size" | "extension" | "end of line" | "data" | "end of data" | "end of data's line" | "trailers"

export class ChunkedReader {
  #place: Place = "size"
  #size = 0
  /** bytes of the size, or of the extension, or data still to come */
  #count = 0
  readonly #trailers = new LineReader({ bytesMax: trailersMax, emptyMax: 0 })

  push(bytes: Uint8Array): ChunkedProgress {
    const data: Uint8Array[] = []
    let at = 0
    while (at < bytes.length && this.#place !== "trailers") {
      if (this.#place === "data") {
        const end = Math.min(at + this.#count, bytes.length)
        data.push(bytes.subarray(at, end))
        this.#count -= end - at
        at = end
        if (this.#count === 0) this.#place = "end of data"
      } else if (this.#step(bytes[at] ?? 0)) at++
      else return this.#malformed(bytes.subarray(0, at), data)
    }
    if (this.#place !== "trailers") return { passed: [bytes.subarray(0, at)], data, state: { kind: "more" } }
    return this.#readTrailers(bytes, at, data)
  }

  #malformed(passed: Uint8Array, data: Uint8Array[]): ChunkedProgress {
    return {
      passed: [passed],
      data,
      state: { kind: "malformed", why: `a chunk's ${this.#place} is not as it must be` },
    }
  }

  /** Takes one byte of the frame. @returns false when it may not stand there */
  #step(next: number): boolean {
    switch (this.#place) {
      case "size":
        return this.#stepSize(next)
      case "extension":
        if (next === byte.carriageReturn) return this.#goTo("end of line")
        return (
          ++this.#count <= extensionMax && (next === byte.tab || (next >= byte.space && next !== byte.delete))
        )
      case "end of line":
        this.#count = this.#size
        return next === byte.lineFeed && this.#goTo(this.#size === 0 ? "trailers" : "data")
      case "end of data":
        return next === byte.carriageReturn && this.#goTo("end of data's line")
      case "end of data's line":
        this.#size = 0
        return next === byte.lineFeed && this.#goTo("size")
      default:
        return false
    }
  }

  #stepSize(next: number): boolean {
    const digit = digitOf(next)
    if (digit !== undefined) {
      this.#size = this.#size * 16 + digit
      return ++this.#count <= digitsMax
    }
    // No space before the semicolon: some read the size to the first character that is no digit, some do not.
    if (this.#count === 0) return false
    if (next === byte.carriageReturn) return this.#goTo("end of line")
    return next === byte.semicolon && this.#goTo("extension")
  }

  #goTo(place: Place): true {
    this.#place = place
    if (place !== "data") this.#count = 0
    return true
  }

  /** Trailers are passed on when all of them are there and may be. */
  #readTrailers(bytes: Uint8Array, at: number, data: Uint8Array[]): ChunkedProgress {
    const before = this.#trailers.bytes
    const lines = this.#trailers.push(bytes.subarray(at))
    const passed = [bytes.subarray(0, at)]
    if (lines.kind !== "lines") return { passed, data, state: lines }
    const trailers = readFields(lines.lines)
    const refused = typeof trailers === "string" ? trailers : refusedTrailer(trailers)
    if (typeof trailers === "string" || refused !== undefined)
      return { passed, data, state: { kind: "malformed", why: `after its chunks ${refused}` } }
    const end = at + lines.length - before.length
    return {
      // One piece where nothing was held back.
      passed: before.length === 0 ? [bytes.subarray(0, end)] : [...passed, before, bytes.subarray(at, end)],
      data,
      state: { kind: "end", trailers, rest: bytes.subarray(end) },
    }
  }
}

function refusedTrailer(trailers: readonly HeaderField[]): string | undefined {
  return trailers.some(({ name }) => isHeadOnly(name)) ? "stands a field that belongs in a head" : undefined
}

function digitOf(next: number): number | undefined {
  if (next >= 0x30 && next <= 0x39) return next - 0x30
  const letter = next | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : undefined
}
