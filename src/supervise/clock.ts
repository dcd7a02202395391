/** The time limit of a session (timeout(1) is the model). */
import { type EndTimer, endSelfAfter } from "../kernel/end-timer.ts"
import { after } from "./deadlines.ts"
import { sendSignal } from "./signals.ts"

/** Between SIGTERM for the command and SIGKILL for the sandbox. */
const graceMs = 2000

export class SessionClock {
  /** the time was over before the session was */
  isOver = false
  /** the PID of the command, once it starts */
  command: number | undefined
  readonly #tell: (text: string) => void
  #stopped: EndTimer | undefined

  constructor(tell: (text: string) => void) {
    this.#tell = tell
  }

  /** Ends the command when the time is over, and the sandbox with all that is in it when that is not enough. */
  start(timeMs: number | undefined, endSandbox: () => void): void {
    if (timeMs === undefined) return
    const end = () => {
      this.cancel()
      endSandbox()
    }
    // A program inside can stop our process group by way of the terminal (SIGTTOU), and go on in one of its own: then
    // the sandbox ends with this process.
    this.#stopped = endSelfAfter(timeMs + 2 * graceMs)
    after(timeMs, () => {
      this.isOver = true
      this.#tell(`the time limit of ${timeMs / 1000} s is over: the session is ended`)
      if (this.command === undefined) end()
      else {
        sendSignal(this.command, "SIGTERM")
        // One that is stopped would not hear of it.
        sendSignal(this.command, "SIGCONT")
        after(graceMs, end)
      }
    })
  }

  /** The session ends: that may take its time. */
  cancel(): void {
    this.#stopped?.cancel()
  }
}
