/** A TCP client that does just what it is told. */

/** Bytes of a connection as they come, and its end. */
export class RawStream implements Disposable {
  #pieces: Uint8Array[] = []
  #length = 0
  #closed = false
  #wake: () => void = () => undefined
  readonly #socket: Bun.Socket

  private constructor(socket: Bun.Socket) {
    this.#socket = socket
  }

  static async connect(port: number): Promise<RawStream> {
    let stream: RawStream | undefined
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      allowHalfOpen: true,
      socket: {
        data(_, bytes) {
          stream?.take(bytes)
        },
        end: () => stream?.finish(),
        close: () => stream?.finish(),
        error: () => stream?.finish(),
      },
    })
    stream = new RawStream(socket)
    return stream
  }

  /** @returns how many bytes were taken */
  write(bytes: Uint8Array): number {
    return this.#socket.write(bytes)
  }

  /** Says that nothing more comes; reads on. */
  end(): void {
    this.#socket.shutdown()
  }

  /** Reads nothing more, until `resume`. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  get closed(): boolean {
    return this.#closed
  }

  get received(): Buffer {
    return Buffer.concat(this.#pieces)
  }

  /** Waits for so many bytes in all, or for the end. */
  async until(length: number): Promise<Buffer> {
    while (this.#length < length && !this.#closed)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    return this.received
  }

  [Symbol.dispose](): void {
    this.#socket.terminate()
  }

  take(bytes: Uint8Array): void {
    this.#pieces.push(bytes)
    this.#length += bytes.length
    this.#wake()
  }

  finish(): void {
    this.#closed = true
    this.#wake()
  }
}
