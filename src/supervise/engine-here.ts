/**
 * The live engine in the main thread: it waits in the kernel for calls and for the event loop at once, and lets the loop
 * run whenever there is something for it: a signal, the end of bubblewrap, a deadline.
 */
import { Poll } from "../kernel/poll.ts"
import type { CallServer, Interruption } from "../live/engine.ts"
import { untilNextDeadline } from "./deadlines.ts"
import type { EngineHost } from "./engine.ts"
import type { FromEngine, Preparation } from "./messages.ts"

/** @param loop the event loop's descriptor */
export function engineHere(loop: number): EngineHost {
  return new EngineHere(loop)
}

class EngineHere implements EngineHost {
  readonly #interruption: Interruption
  #message: (from: FromEngine) => void = () => undefined
  #failed: (why: string) => void = () => undefined
  #isReleased = false
  #held: ReturnType<typeof setInterval> | undefined
  #begin: () => void = () => undefined

  constructor(loop: number) {
    this.#interruption = { descriptor: loop, remaining: untilNextDeadline }
  }

  readonly tell: EngineHost["tell"] = message => {
    if (message.kind === "begin") this.#begin()
    else this.#prepare(message).catch(this.#fail)
  }

  readonly hear: EngineHost["hear"] = (message, failed) => {
    this.#message = message
    this.#failed = failed
  }

  /** It has no turns before bubblewrap hands over, and none where nothing is decided on. */
  readonly hold = () => {
    this.#held = setInterval(() => undefined, 2 ** 31 - 1)
  }

  readonly release = () => {
    this.#isReleased = true
    clearInterval(this.#held)
  }

  async #prepare(preparation: Preparation): Promise<void> {
    // While bubblewrap builds the sandbox.
    const { EngineStart } = await import("./engine-start.ts")
    const start = new EngineStart(preparation, message => this.#message(message))
    const { socket } = preparation
    const poll = new Poll([socket, this.#interruption.descriptor])
    this.#begin = () => {
      const server = start.begin(this.#interruption)
      if (server !== undefined) this.#eachTurn(() => this.#serve(server))
    }
    this.#eachTurn(() => {
      poll.wait(this.#interruption.remaining())
      if (!poll.isReady(0)) return true
      if (start.takeOver() && !preparation.waits) this.#begin()
      return false
    })
  }

  #serve(server: CallServer): boolean {
    server.serve()
    return true
  }

  /** After whatever the loop has to do. @param turn whether there is to be another */
  #eachTurn(turn: () => boolean): void {
    setImmediate(() => {
      if (this.#isReleased) return
      try {
        if (turn()) this.#eachTurn(turn)
      } catch (cause) {
        this.#fail(cause)
      }
    })
  }

  readonly #fail = (cause: unknown) => this.#failed(cause instanceof Error ? cause.message : String(cause))
}
