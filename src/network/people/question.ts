import { printable } from "../../base/printable.ts"

/** A connection that nobody has decided on yet, and what a person may want to say about it. */
export type Question = {
  /** canonical name or address */
  host: string
  port: number
  /** executable, or "" when it is not known */
  program: string
  /** PID in our namespace */
  process: number
}

/** A question as people see it. */
export type OpenQuestion = Question & {
  /** counts from 1 in a session */
  id: number
  /** how many connections wait for the answer */
  connections: number
  /** when it is answered by itself, with no; ISO 8601 */
  until: string
  /** what may be allowed, narrowest first */
  patterns: readonly string[]
}

const programMax = 40

/** The program as people are told of it: its name can be a sentence, and must not pass for one of ours. */
export function programText(program: string): string {
  const name = program.slice(program.lastIndexOf("/") + 1)
  if (name === "") return "a program"
  if (/^[\w.+-]+$/.test(name) && name.length <= programMax) return name
  const shown = printable(name)
  const cut = shown.length > programMax ? `${shown.slice(0, programMax)}…` : shown
  return `"${cut.replaceAll('"', String.raw`\"`)}"`
}

/** Below these anybody has names: `*.co.uk` is no one's. */
const publicSuffix = /^(?:ac|co|com|edu|go|gov|ne|net|or|org)\.[a-z]{2}$/

/** Patterns that the question fits, narrowest first. */
export function patternsFor({ host, port }: Pick<Question, "host" | "port">): string[] {
  const address = host.includes(":")
  const exact = address ? [`[${host}]:${port}`, host] : [`${host}:${port}`, host]
  const parent = host.slice(host.indexOf(".") + 1)
  const isName = !address && /[a-z]/.test(parent)
  const wide = isName && parent.includes(".") && !publicSuffix.test(parent) ? [`*.${parent}`] : []
  return [...exact, ...wide]
}
