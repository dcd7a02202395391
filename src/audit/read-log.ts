/** A log as it was written → events. What it holds is not believed: a line that is no event is counted and left out. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs"
import * as v from "valibot"
import { BoundedLines } from "../base/bounded-lines.ts"
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import { askAnswers, type SessionEvent } from "./event.ts"

/** Longer than any line that we write. */
const lineMax = 1 << 20
const chunkSize = 1 << 18

const text = v.string()
const amount = v.pipe(v.number(), v.finite(), v.minValue(0))
const verdict = v.picklist(["allow", "deny"])
const common = { time: v.pipe(text, v.isoTimestamp()), session: text }

const eventSchema = v.variant("kind", [
  v.object({
    ...common,
    kind: v.literal("connection"),
    process: amount,
    program: text,
    host: text,
    address: text,
    port: amount,
    verdict,
    rule: text,
    sent: amount,
    received: amount,
    milliseconds: amount,
    failure: v.exactOptional(text),
    request: v.exactOptional(v.object({ method: text, path: text, status: amount })),
  }),
  v.object({
    ...common,
    kind: v.literal("ask"),
    host: text,
    port: amount,
    program: text,
    answer: v.picklist(askAnswers),
    pattern: text,
  }),
  v.object({ ...common, kind: v.literal("rule"), verdict, pattern: text, by: text }),
  v.object({ ...common, kind: v.literal("start"), command: v.array(text), project: text, network: text }),
  v.object({ ...common, kind: v.literal("end"), status: amount, lost: v.exactOptional(amount) }),
])

/** @returns undefined for a line that is no event of ours */
export function parseEvent(line: string): SessionEvent | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    return undefined
  }
  const result = v.safeParse(eventSchema, value)
  return result.success ? result.output : undefined
}

/** A log that is read as it grows. */
export class LogReader implements Disposable {
  readonly #descriptor: number
  readonly #lines = new BoundedLines(lineMax)
  readonly #chunk = Buffer.alloc(chunkSize)
  #broken = 0

  /** @throws UserError when it cannot be read */
  constructor(path: string) {
    this.#descriptor = openLog(path)
  }

  /** Lines that are no events. */
  get broken(): number {
    return this.#broken + this.#lines.tooLong
  }

  /** What was written since the last call, one event after the other. */
  *events(): Generator<SessionEvent> {
    for (let got = this.#read(); got > 0; got = this.#read())
      for (const line of this.#lines.push(this.#chunk.subarray(0, got))) {
        const event = parseEvent(line)
        if (event !== undefined) yield event
        // A line that was written in part when the disk was full ends with an empty one.
        else if (line !== "") this.#broken++
      }
  }

  #read(): number {
    return readSync(this.#descriptor, this.#chunk, 0, chunkSize, null)
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}

function openLog(path: string): number {
  const refuse = (why: string): never => {
    throw new UserError(`the log ${printable(path)} cannot be read: ${why}`, "see `cordon log --list`")
  }
  try {
    // Without O_NONBLOCK a FIFO would hold us until somebody writes.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    if (fstatSync(descriptor).isFile()) return descriptor
    closeSync(descriptor)
    return refuse("it is not a regular file")
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (cause instanceof UserError || code === undefined) throw cause
    return refuse(code === "ENOENT" ? "it does not exist" : code)
  }
}
