/** A server's settings come before all else that a client hears (RFC 9113 section 3.4): what we answer waits for them. */

/** A refusal is one piece, and so is the credit for what was thrown away. */
const piecesMax = 200

export class Greeting {
  readonly #toClient: (bytes: Buffer) => void
  #waiting: Buffer[] | undefined = []

  constructor(toClient: (bytes: Buffer) => void) {
    this.#toClient = toClient
  }

  get isOver(): boolean {
    return this.#waiting === undefined
  }

  get isFull(): boolean {
    return (this.#waiting?.length ?? 0) > piecesMax
  }

  /** @param settings the server's first frame, as the client may have it */
  greet(settings: Buffer): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const bytes of [settings, ...waiting]) this.#toClient(bytes)
  }

  send(bytes: Buffer): void {
    if (this.#waiting === undefined) this.#toClient(bytes)
    else this.#waiting.push(bytes)
  }
}
