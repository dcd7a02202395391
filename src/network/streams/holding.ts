/** A stream of which nothing is decided yet: what it says is kept, up to a bound. */
import { HeldBytes } from "./held-bytes.ts"
import type { Peer, Stream } from "./peer.ts"
import type { Reserve } from "./reserve.ts"

/** A ClientHello with its largest keys, and the head of a request; what a read brings is kept all the same. */
const heldMax = 64 * 1024

export class Holding implements Peer {
  readonly held = new HeldBytes()
  readonly #reserve: Reserve | undefined
  #reserved = 0
  /** the other end sends no more */
  ended = false
  /** set when the stream is no more */
  closed: { error: Error | undefined } | undefined
  #isPaused = false
  #gone: AbortController | undefined
  #waiting: (() => void)[] = []

  /** @param reserve where what is held counts; undefined for a server's, of which none waits for long */
  constructor(reserve?: Reserve) {
    this.#reserve = reserve
  }

  data(bytes: Buffer, stream: Stream): void {
    if (this.#reserve?.take(bytes.length) === false) {
      stream.terminate()
      return
    }
    if (this.#reserve !== undefined) this.#reserved += bytes.length
    this.held.add(bytes)
    if (this.held.length >= heldMax) {
      this.#isPaused = true
      stream.pause()
    }
    this.#wake()
  }

  drain(): void {
    this.#wake()
  }

  end(): void {
    this.ended = true
    this.#wake()
  }

  close(error: Error | undefined): void {
    this.closed = { error }
    this.#gone?.abort()
    this.#giveBack()
    this.#wake()
  }

  /** Aborts when the stream is no more, as long as nobody else attends to it. */
  get gone(): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.closed !== undefined) this.#gone.abort()
    return this.#gone.signal
  }

  /** Resolves when there is something new to look at. */
  changed(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** As `changed`, or when the time is over. @param milliseconds */
  async changedWithin(milliseconds: number): Promise<void> {
    let timer: Timer | undefined
    const over = new Promise<void>(resolve => {
      timer = setTimeout(resolve, milliseconds)
    })
    await Promise.race([this.changed(), over])
    clearTimeout(timer)
  }

  /** Hands the stream over to another peer, who is told what this one heard. */
  release(stream: Stream, peer: Peer): void {
    stream.data = peer
    // Before the peer hears of anything: it may have its own reason to pause.
    if (this.#isPaused && this.closed === undefined) stream.resume()
    const { bytes } = this.held
    this.discard()
    if (bytes.length > 0) peer.data(bytes, stream)
    if (this.ended) peer.end(stream)
    if (this.closed !== undefined) peer.close(this.closed.error)
  }

  /** Nobody asks for what is held any more. */
  discard(): void {
    this.#giveBack()
    this.held.drop(this.held.length)
  }

  #giveBack(): void {
    this.#reserve?.giveBack(this.#reserved)
    this.#reserved = 0
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
