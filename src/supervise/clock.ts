/** The time limit of a session (timeout(1) is the model). */
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

  constructor(tell: (text: string) => void) {
    this.#tell = tell
  }

  /** Ends the command when the time is over, and bubblewrap with all that is in it when that is not enough. */
  start(timeMs: number | undefined, bubblewrap: number): void {
    if (timeMs === undefined) return
    after(timeMs, () => {
      this.isOver = true
      this.#tell(`the time limit of ${timeMs / 1000} s is over: the session is ended`)
      if (this.command === undefined) sendSignal(bubblewrap, "SIGKILL")
      else {
        sendSignal(this.command, "SIGTERM")
        // One that is stopped would not hear of it.
        sendSignal(this.command, "SIGCONT")
        after(graceMs, () => sendSignal(bubblewrap, "SIGKILL"))
      }
    })
  }
}
