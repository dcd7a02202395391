/**
 * All output of Cordon. Rules: people are spoken to on stderr, prefix `cordon: `, no capital, no full stop, hints
 * are commands to paste; stdout belongs to the wrapped command, or to the one thing that was asked for; colour
 * only on a terminal and never under NO_COLOR; text from outside is escaped before it gets here.
 */
import { formatProblem, HostError, PolicyError, UserError } from "../base/error.ts"
import { exitCode } from "../base/exit-code.ts"
import { printable, printableJson } from "../base/printable.ts"
import { nodeFs } from "../kernel/node-fs.ts"
import { limitError } from "./limit-errors.ts"

export type Colour = "red" | "green" | "yellow" | "dim" | "bold"
const codes: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 }

/** `text` in a colour, where the stream is a terminal that wants colours. */
export function coloured(text: string, colour: Colour, stream: "stdout" | "stderr" = "stdout"): string {
  const wanted = process[stream].isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb"
  return wanted ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text
}

/** One line to the person. */
export function say(text: string): void {
  try {
    // Where nobody can be told anything, what is done and how it ends stays the same: a full disk is no other exit code.
    if (process.stderr.listenerCount("error") === 0) process.stderr.on("error", throwUnlessCoded)
    process.stderr.write(`cordon: ${text}\n`)
  } catch (cause) {
    throwUnlessCoded(cause as NodeJS.ErrnoException)
  }
}

/** One line to the person from a process that may end with its next call: nothing is left in a buffer. */
export function sayAtOnce(text: string): void {
  try {
    nodeFs().writeSync(2, `cordon: ${text}\n`)
  } catch (cause) {
    // Nobody reads it any more, or nobody in time, or the disk is full; that does not keep the process from ending.
    throwUnlessCoded(cause as NodeJS.ErrnoException)
  }
}

/** What has a code is the stream's error (errno(3)); anything else is a bug of ours. */
function throwUnlessCoded(cause: NodeJS.ErrnoException): void {
  if (cause.code === undefined) throw cause
}

export function warn(text: string): void {
  say(`${coloured("warning", "yellow", "stderr")}: ${text}`)
}

/** The thing that was asked for. */
export function print(text: string): void {
  try {
    if (process.stdout.listenerCount("error") === 0) process.stdout.on("error", endRefused)
    process.stdout.write(`${text}\n`)
  } catch (cause) {
    endRefused(cause as NodeJS.ErrnoException)
  }
}

let isRefused = false

/** The error comes while something is done, which is finished and tidied up; then the exit code tells that it was not heard. */
function endRefused(cause: NodeJS.ErrnoException): void {
  throwUnlessCoded(cause)
  if (cause.code === "EPIPE" || isRefused) return
  isRefused = true
  say(`standard output cannot be written: ${cause.code}`)
  say(`${coloured("→", "dim", "stderr")} make room where it goes, or send it elsewhere`)
  process.once("exit", () => {
    process.exitCode = exitCode.refused
  })
}

/** As `print`, at once. @returns false when nobody reads any more */
export function printAtOnce(text: string): boolean {
  const bytes = Buffer.from(`${text}\n`)
  try {
    for (let at = 0; at < bytes.length; ) at += nodeFs().writeSync(1, bytes, at)
    return true
  } catch (cause) {
    throwUnlessClosed(cause as NodeJS.ErrnoException)
    return false
  }
}

/** `cordon policy show | head`: the reader has seen enough, which is nobody's error. */
function throwUnlessClosed(cause: NodeJS.ErrnoException): void {
  if (cause.code !== "EPIPE") throw cause
}

/** The one JSON document of `--json`. */
export function printJson(kind: string, data: unknown): void {
  print(printableJson(JSON.stringify({ apiVersion: "cordon/v1", kind, data }, undefined, 2)))
}

/** Tells the person what went wrong and what to do, and gives the exit code. */
export function reportError(thrown: unknown): number {
  const error = limitError(thrown) ?? thrown
  if (error instanceof PolicyError) {
    for (const problem of error.problems) say(printable(formatProblem(problem)))
    return exitCode.refused
  }
  if (error instanceof UserError || error instanceof HostError) {
    say(printable(error.message))
    say(`${coloured("→", "dim", "stderr")} ${printable(error.hint)}`)
    return exitCode.refused
  }
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error)
  say(`this is a bug of Cordon's; please report it with the lines below\n${shown}`)
  return exitCode.refused
}
