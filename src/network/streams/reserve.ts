/** What is held for peers that take nothing, of all connections together: hostile ones could be thousands. */
export class Reserve {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax = 256 * 1024 * 1024) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Less should be read at once. */
  get isScarce(): boolean {
    return this.#bytes > this.#bytesMax / 16
  }

  /** @returns false when there is no room: then nothing is taken */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false
    this.#bytes += bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes
  }
}
