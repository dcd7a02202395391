/** Waiting for the first of several descriptors (poll(2)): no memory is allocated while they are the same each time. */
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const { ppoll } = callNumbers(presentArchitecture())
/** struct timespec and struct pollfd */
const [timeSize, polledSize] = [16, 8]
const [readable, writable, hungUp] = [1, 4, 16] // POLLIN, POLLOUT, POLLHUP
const none: readonly number[] = []

/** How many descriptors one Poll waits for at most; those beyond are not looked at. */
export const polledMax = 502

export class Poll {
  readonly #lasting: readonly number[]
  readonly #memory = pinned(timeSize + polledSize * polledMax)

  /** @param lasting what may become readable, each time */
  constructor(lasting: readonly number[]) {
    this.#lasting = lasting
    for (const [index, descriptor] of lasting.entries()) this.#ask(index, descriptor, readable)
  }

  /**
   * @param milliseconds at most; undefined = for ever
   * @param connecting what may become writable, this time
   * @returns whether anything has; a signal ends the wait as well
   */
  wait(milliseconds: number | undefined, connecting: readonly number[] = none): boolean {
    const { bytes, address } = this.#memory
    const room = polledMax - this.#lasting.length
    const asked = connecting.length > room ? connecting.slice(0, room) : connecting
    for (const [index, descriptor] of asked.entries())
      this.#ask(this.#lasting.length + index, descriptor, writable)
    if (milliseconds !== undefined) {
      const seconds = Math.floor(milliseconds / 1000)
      bytes.writeBigInt64LE(BigInt(seconds), 0)
      bytes.writeBigInt64LE(BigInt(Math.floor((milliseconds - seconds * 1000) * 1e6)), 8)
    }
    const time = milliseconds === undefined ? 0 : address
    const isAny = rawCall(ppoll, address + timeSize, this.#lasting.length + asked.length, time, 0) > 0
    if (!isAny) this.#forget()
    return isAny
  }

  /** A wait that was interrupted leaves what the one before it found. */
  #forget(): void {
    for (const index of this.#lasting.keys())
      this.#memory.bytes.writeInt16LE(0, timeSize + polledSize * index + 6)
  }

  /** Whether the last wait ended with something to be taken from this one of the lasting descriptors. */
  isReady(index: number): boolean {
    return (this.#found(index) & readable) !== 0
  }

  /** Whether the last wait found that nothing will come of a lasting descriptor any more; then no later one ends for it. */
  isOver(index: number): boolean {
    const isOver = this.#found(index) === hungUp
    // One below 0 is not looked at (poll(2)).
    if (isOver) this.#ask(index, -1, readable)
    return isOver
  }

  /** What the last wait found (revents). */
  #found(index: number): number {
    return this.#memory.bytes.readInt16LE(timeSize + polledSize * index + 6)
  }

  #ask(index: number, descriptor: number, events: number): void {
    const { bytes } = this.#memory
    const at = timeSize + polledSize * index
    bytes.writeInt32LE(descriptor, at)
    bytes.writeInt32LE(events, at + 4)
  }
}
