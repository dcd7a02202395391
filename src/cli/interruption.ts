/** A command of ours that makes something for a moment takes it back when a signal ends it. */
import { signalNumbers } from "../kernel/signals.ts"

const ending = ["SIGHUP", "SIGINT", "SIGTERM"] as const

export class Interruption implements Disposable {
  readonly #controller = new AbortController()
  readonly #handlers = ending.map(signal => ({ signal, handle: () => this.#interrupt(signal) }))
  #exitCode: number | undefined

  constructor() {
    for (const { signal, handle } of this.#handlers) process.on(signal, handle)
  }

  /** 128+N as soon as signal N has come */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  /** aborted as soon as one has come */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    for (const { signal, handle } of this.#handlers) process.off(signal, handle)
  }

  #interrupt(signal: (typeof ending)[number]): void {
    this.#exitCode ??= 128 + signalNumbers[signal]
    this.#controller.abort()
  }
}
