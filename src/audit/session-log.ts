/**
 * The record of one session: JSON lines, one write(2) each, into a file below the XDG state directory and into `--log
 * FILE`. The first is made by the first event that says something: a session in which nothing happened leaves nothing.
 */
import { constants, mkdirSync, openSync } from "node:fs"
import { printable } from "../base/printable.ts"
import type { RecordEvent } from "./event.ts"
import { logDirectory, newLogPath, pruneLogs } from "./log-directory.ts"
import { type LogFile, LogWriter, type Timed } from "./log-writer.ts"

export type SessionLogRequest = {
  session: string
  /** $XDG_STATE_HOME; undefined = no log but the one of `--log` */
  stateHome: string | undefined
  /** of `--log`, as `openLogFile` opened it; closed with the log */
  file: LogFile | undefined
  /** says a line to the person */
  tell: (text: string) => void
  /** the most of a log that nobody asked for, in bytes */
  bytesMax?: number
}

export type SessionLog = {
  record: RecordEvent
  close(): void
}

/** A program that makes connections all day must not fill the disk. */
const defaultBytesMax = 64 << 20

/** Opens nothing: that is done when there is something to write. */
export function openSessionLog(request: SessionLogRequest): SessionLog {
  const { session, tell, file, stateHome } = request
  const chosen = file && new LogWriter({ session, tell, file, bytesMax: Number.POSITIVE_INFINITY })
  const own = stateHome === undefined ? undefined : new OwnLog({ ...request, stateHome })
  return {
    record: body => {
      const event = { body, time: new Date() }
      chosen?.write(event)
      own?.write(event)
    },
    close: () => {
      chosen?.close()
      own?.close()
    },
  }
}

type OwnLogRequest = SessionLogRequest & { stateHome: string }

/** Events that are kept as long as there is no descriptor for a log. */
const earlyMax = 200
/** No descriptor is left (open(2)). A program inside may have taken them: that must not be the end of its record. */
const passing = ["EMFILE", "ENFILE"]

/** The log in our own directory: that a command started and ended is no reason to make one. */
class OwnLog {
  readonly #request: OwnLogRequest
  /** how the session was started, and what happened before the log could be made */
  readonly #early: Timed[] = []
  #lost = 0
  #happened = false
  /** why it could not be made */
  #failure: string | undefined
  #writer: LogWriter | undefined

  constructor(request: OwnLogRequest) {
    this.#request = request
  }

  write(event: Timed): void {
    const { kind } = event.body
    this.#happened ||= kind !== "start" && kind !== "end"
    if (this.#happened && this.#mayTry) this.#writer ??= this.#make()
    if (this.#writer !== undefined)
      for (const each of [...this.#early.splice(0), event]) this.#writer.write(each)
    else if (this.#early.length < earlyMax) this.#early.push(event)
    else this.#lost++
  }

  close(): void {
    if (this.#writer === undefined && this.#failure !== undefined && this.#mayTry)
      this.#request.tell(`the log could not be made (${this.#failure}): what happened is not recorded`)
    this.#writer?.close()
  }

  get #mayTry(): boolean {
    return this.#failure === undefined || passing.includes(this.#failure)
  }

  #make(): LogWriter | undefined {
    const { session, stateHome, tell, bytesMax = defaultBytesMax } = this.#request
    const now = new Date()
    const path = newLogPath(stateHome, session, now)
    try {
      mkdirSync(logDirectory(stateHome), { recursive: true, mode: 0o700 })
      pruneLogs(stateHome, now)
      const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
      const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
      return new LogWriter({ session, tell, file: { descriptor, path }, bytesMax, lost: this.#lost })
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === undefined) throw cause
      this.#failure = code
      if (!this.#mayTry)
        tell(`the log ${printable(path)} cannot be made (${code}): what happens is not recorded`)
      return undefined
    }
  }
}
