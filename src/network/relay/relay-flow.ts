/** One direction of a relayed connection: passes bytes on as fast as they are taken, and no faster. */
import { copyStream, pieceMax } from "../../kernel/stream-copy.ts"
import { HeldBytes } from "../streams/held-bytes.ts"
import { descriptorOf, type Stream } from "../streams/peer.ts"
import type { Reserve } from "../streams/reserve.ts"

/** A read that brings so much says that more is on its way. */
const muchBytes = 64 * 1024
/** What may be left over from a piece, when much is held already. */
const smallPiece = 64 * 1024

export type FlowEnds = {
  from: Stream
  to: Stream
  reserve: Reserve
  /** bytes may be copied from socket to socket: there is no TLS of ours in between, and nobody has to see them */
  isDirect: () => boolean
  /** the connection cannot go on: an end of it is broken, or there is no memory for it */
  broken: () => void
}

export class Flow {
  /** bytes that went on */
  bytes = 0
  /** nothing more comes, and everything has gone on */
  isOver = false
  readonly #ends: FlowEnds
  readonly #held = new HeldBytes()
  #ended = false

  constructor(ends: FlowEnds) {
    this.#ends = ends
  }

  get held(): number {
    return this.#held.length
  }

  /** Passes bytes on, or holds those that are not taken and reads no more until they are. */
  send(bytes: Uint8Array): void {
    const taken = this.#held.length > 0 ? 0 : this.#write(bytes)
    if (taken < bytes.length) this.#hold(bytes.subarray(taken))
    else if (bytes.length >= muchBytes) this.#copyOn()
  }

  /** The receiver has room. */
  drained(): void {
    const { from } = this.#ends
    if (this.#held.length === 0) return
    const taken = this.#write(this.#held.bytes)
    this.#held.drop(taken)
    this.#ends.reserve.giveBack(taken)
    if (this.#held.length > 0) return
    if (this.#ended) {
      this.#finish()
      return
    }
    this.#copyOn()
    if (this.#held.length === 0) from.resume()
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#held.length === 0) this.#finish()
  }

  /** Forgets what is held: nobody takes it any more. */
  drop(): void {
    this.#ends.reserve.giveBack(this.#held.length)
    this.#held.drop(this.#held.length)
  }

  #finish(): void {
    this.isOver = true
    this.#ends.to.shutdown()
  }

  /** @returns how much was taken; what was not makes the stream call `drain` later */
  #write(bytes: Uint8Array): number {
    const taken = Math.max(this.#ends.to.write(bytes), 0)
    this.bytes += taken
    return taken
  }

  #hold(bytes: Uint8Array): void {
    if (!this.#ends.reserve.take(bytes.length)) {
      this.#ends.broken()
      return
    }
    this.#held.add(bytes)
    this.#ends.from.pause()
  }

  /** What has come meanwhile goes on without the event loop. */
  #copyOn(): void {
    const { from, to, reserve, isDirect, broken } = this.#ends
    if (this.#ended || !isDirect()) return
    const size = reserve.isScarce ? smallPiece : pieceMax
    const { count, left, failure } = copyStream(descriptorOf(from), descriptorOf(to), size)
    this.bytes += count
    if (failure !== undefined) broken()
    if (left === undefined) return
    const taken = this.#write(left)
    if (taken < left.length) this.#hold(left.subarray(taken))
  }
}
