/** Gives back what connections leave behind in our memory: soon after something happened, and not while nothing does. */
import { collectGarbage, releaseCode } from "../kernel/memory.ts"

/** Each time costs ten milliseconds. */
const restMs = 500
/** In a flood of connections garbage gathers faster. */
const eventsMax = 500

export class Tidying {
  #events = 0
  #timer: Timer | undefined
  readonly #tidy: () => void

  constructor(tidy: () => void = giveBack) {
    this.#tidy = tidy
  }

  /** A connection or a request is over. */
  happened(): void {
    this.#timer ??= setTimeout(() => this.#now(), restMs)
    if (++this.#events >= eventsMax) this.#now()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#events = 0
  }

  #now(): void {
    this.close()
    this.#tidy()
  }
}

function giveBack(): void {
  collectGarbage()
  try {
    releaseCode()
  } catch (cause) {
    // A program inside may have taken the last descriptor for a moment: the code stays until the next time.
    if (!["EMFILE", "ENFILE"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause
  }
}
