/** Bytes on their way to a socket that takes them when it can; one that never does is given up. */
export class Outbox {
  readonly #most: number
  #waiting: Uint8Array[] = []
  #length = 0

  /** @param most bytes that may wait */
  constructor(most: number) {
    this.#most = most
  }

  /** @returns false when more waits than may: the other end does not read */
  send(socket: Writable, bytes: Uint8Array): boolean {
    this.#waiting.push(bytes)
    this.#length += bytes.length
    this.drain(socket)
    return this.#length <= this.#most
  }

  /** The socket takes bytes again. */
  drain(socket: Writable): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const written = Math.max(socket.write(next), 0)
      this.#length -= written
      if (written === next.length) continue
      this.#waiting.unshift(next.subarray(written))
      return
    }
  }
}

/** As much of Bun's sockets as is needed: `write` says how many bytes were taken. */
type Writable = { write(bytes: Uint8Array): number }
