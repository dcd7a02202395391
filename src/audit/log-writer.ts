/** Appends events to one file. A disk that is full ends no session: it is said once, and what was lost is counted. */
import { closeSync, writeSync } from "node:fs"
import { printable } from "../base/printable.ts"
import type { EventBody } from "./event.ts"
import { eventLine } from "./event-line.ts"

export type LogFile = { descriptor: number; path: string }

/** An event, and when it happened. */
export type Timed = { body: EventBody; time: Date }

export type WriterRequest = {
  session: string
  file: LogFile
  /** says a line to the person */
  tell: (text: string) => void
  /** how large the file may become, in bytes */
  bytesMax: number
  /** events that were lost before */
  lost?: number
}

export class LogWriter {
  readonly #request: WriterRequest
  #bytes = 0
  #lost: number
  /** the last line was written in part */
  #torn = false
  #told = false

  constructor(request: WriterRequest) {
    this.#request = request
    this.#lost = request.lost ?? 0
  }

  write({ body, time }: Timed): void {
    const { session, file, bytesMax } = this.#request
    // How it ended is worth a few bytes more, and that something is missing.
    const ends = body.kind === "end"
    const said = ends && this.#lost > 0 ? { ...body, lost: this.#lost } : body
    const line = Buffer.from(`${this.#torn ? "\n" : ""}${eventLine(session, said, time)}`)
    const isFull = this.#bytes + line.length > bytesMax && !ends
    const why = isFull ? `it has ${Math.round(bytesMax / 2 ** 20)} MiB` : this.#append(file.descriptor, line)
    if (why !== undefined) this.#lose(why)
  }

  /** @returns why the line was not written, or not all of it */
  #append(descriptor: number, line: Buffer): string | undefined {
    const full = "no space is left on the device"
    try {
      const written = writeSync(descriptor, line)
      this.#bytes += written
      if (written === 0) return full
      this.#torn = written < line.length
      return this.#torn ? full : undefined
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === undefined) throw cause
      return code === "ENOSPC" ? full : code
    }
  }

  close(): void {
    closeSync(this.#request.file.descriptor)
  }

  #lose(why: string): void {
    this.#lost++
    if (this.#told) return
    this.#told = true
    const { file, tell } = this.#request
    tell(`the log ${printable(file.path)} cannot be continued: ${why}; what happens now is not recorded`)
  }
}
