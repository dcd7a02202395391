/** Reads numbers and vectors (RFC 8446, 3.4) from front to back. Past the end everything is undefined. */
export class ByteCursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** bytes that have not been read */
  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Buffer | undefined {
    const start = this.#at
    // What is cut short is over: what is left of it must not be read as something else.
    const isWhole = length <= this.left
    this.#at = isWhole ? start + length : this.#bytes.length
    return isWhole ? this.#bytes.subarray(start, this.#at) : undefined
  }

  /** An unsigned number of so many bytes, the first one the highest. */
  number(size: 1 | 2): number | undefined {
    const bytes = this.take(size)
    return bytes?.readUIntBE(0, size)
  }

  /** Bytes with their length before them, a number of so many bytes. */
  vector(size: 1 | 2): Buffer | undefined {
    const length = this.number(size)
    return length === undefined ? undefined : this.take(length)
  }
}
