/** Events of a session as lines for people. What came from inside is made printable here. */
import type { ConnectionEvent, SessionEvent } from "../audit/event.ts"
import { printable } from "../base/printable.ts"
import { coloured } from "./output.ts"
import { homely, shortSession } from "./outside.ts"

/** Columns of a row: time, verdict, host, program, sent, received, duration, and last what explains it. */
type Row = readonly string[]

/** Wider values push their row to the right, and no other. */
const widthsMax = [8, 7, 44, 24, 8, 8, 8]
const widthsMin = [8, 7, 24, 10, 7, 8, 8]
const toTheRight = [false, false, false, false, true, true, true]

export const tableHead: Row = ["time", "verdict", "host", "program", "sent", "received", "duration", "rule"]

/** @returns undefined for an event that is no row of the table: see `lineOf` */
export function rowOf(event: SessionEvent): Row | undefined {
  switch (event.kind) {
    case "connection":
      return connectionRow(event)
    case "ask":
      return [
        clock(event.time),
        "ask",
        place(event),
        programName(event.program),
        "",
        "",
        "",
        `${event.answer}${event.pattern === "" ? "" : `: ${printable(event.pattern)}`}`,
      ]
    case "rule":
      return [
        clock(event.time),
        "rule",
        printable(event.pattern),
        "",
        "",
        "",
        "",
        `${event.verdict}: ${printable(event.by)}`,
      ]
    case "start":
    case "end":
      return undefined
  }
}

function connectionRow(event: ConnectionEvent & { time: string }): Row {
  const { request, failure } = event
  const asked = request && `${printable(request.method)} ${printable(request.path)} ${request.status}; `
  return [
    clock(event.time),
    event.verdict,
    place(event),
    `${programName(event.program)} ${event.process}`.trim(),
    size(event.sent),
    size(event.received),
    duration(event.milliseconds),
    `${asked ?? ""}${failure === undefined ? "" : `${printable(failure)}; `}${printable(event.rule)}`,
  ]
}

/** The beginning and the end, which are about the session as a whole. */
export function lineOf(event: SessionEvent): string | undefined {
  if (event.kind === "start") {
    const when = new Date(event.time).toLocaleString("sv")
    const command = printable(event.command.join(" "))
    return `session ${shortSession(event.session)}, ${when}, network ${printable(event.network)}, in ${homely(event.project)}: ${command}`
  }
  if (event.kind !== "end") return undefined
  const lost = event.lost === undefined ? "" : `; ${event.lost} events could not be written`
  return `${clock(event.time)}  ended with status ${event.status}${lost}`
}

export function widthsOf(rows: readonly Row[]): number[] {
  return widthsMin.map((least, column) =>
    rows.reduce(
      (width, row) => Math.max(width, Math.min(lengthOf(row[column] ?? ""), widthsMax[column] ?? 0)),
      least,
    ),
  )
}

export function rowText(row: Row, widths: readonly number[]): string {
  const cells = row.map((cell, column) => {
    const padding = " ".repeat(Math.max((widths[column] ?? 0) - lengthOf(cell), 0))
    return toTheRight[column]
      ? `${padding}${cell}`
      : `${shown(cell, column)}${column < row.length - 1 ? padding : ""}`
  })
  return cells.join("  ").trimEnd()
}

const verdictColumn = 1
function shown(cell: string, column: number): string {
  if (column !== verdictColumn) return cell
  if (cell === "deny") return coloured(cell, "red")
  return cell === "ask" || cell === "rule" ? coloured(cell, "yellow") : cell
}

function lengthOf(cell: string): number {
  return [...cell].length
}

/** In the time of the person who reads it. */
function clock(time: string): string {
  return new Date(time).toLocaleTimeString("sv")
}

function place({ host, port }: { host: string; port: number }): string {
  return host.includes(":") ? `[${printable(host)}]:${port}` : `${printable(host)}:${port}`
}

function programName(program: string): string {
  return printable(program.slice(program.lastIndexOf("/") + 1))
}

/** Bytes: `0 B`, `1.2 kB`, `34 MB`. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"]
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1)
  return `${short(bytes / 1000 ** step)} ${units[step]}`
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 100) return `${short(seconds)} s`
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${short(seconds / 3600)} h`
}

function short(value: number): string {
  return value < 9.95 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value))
}
