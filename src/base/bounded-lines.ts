/** Bytes as they come in → lines, of which none is longer than a bound: what sends them may never end one. */
export class BoundedLines {
  readonly #most: number
  #parts: Uint8Array[] = []
  #length = 0
  /** lines that were longer than the bound, and were left out */
  tooLong = 0

  /** @param most bytes of a line, without its line break */
  constructor(most: number) {
    this.#most = most
  }

  /** @returns the lines that are complete now, without their line breaks */
  push(bytes: Uint8Array): string[] {
    const lines: string[] = []
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      this.#add(bytes.subarray(start, end))
      const line = this.#take()
      if (line !== undefined) lines.push(line)
      start = end + 1
    }
    this.#add(bytes.subarray(start))
    return lines
  }

  /** Whether the line that is not complete yet is longer than the bound. */
  get isOverfull(): boolean {
    return this.#length > this.#most
  }

  /** What follows the last line break; undefined when there is nothing, or too much. */
  rest(): string | undefined {
    return this.#length === 0 ? undefined : this.#take()
  }

  /** Of a line that is too long only its length is kept. */
  #add(bytes: Uint8Array): void {
    this.#length += bytes.length
    if (this.isOverfull) this.#parts = []
    // A copy: the caller may use the memory again. (A Buffer's slice() would be none.)
    else if (bytes.length > 0) this.#parts.push(Uint8Array.from(bytes))
  }

  #take(): string | undefined {
    const [parts, overfull] = [this.#parts, this.isOverfull]
    this.#parts = []
    this.#length = 0
    if (overfull) this.tooLong++
    return overfull ? undefined : Buffer.concat(parts).toString("utf8")
  }
}
