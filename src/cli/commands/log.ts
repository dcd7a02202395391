/** `cordon log [--json] [--follow] [--list] [SESSION | FILE]`: what happened in a session. */
import type { SessionEvent } from "../../audit/event.ts"
import { type LogName, sessionLogs } from "../../audit/log-directory.ts"
import { LogReader } from "../../audit/read-log.ts"
import { UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { absolutePath } from "../../base/path.ts"
import { printable, shellQuoted } from "../../base/printable.ts"
import { readAccount } from "../../host/account.ts"
import { createPathFacts } from "../../host/path-facts.ts"
import { boundSessions } from "../../host/sockets.ts"
import { xdgDirectories } from "../../host/xdg-directories.ts"
import { presentDirectory } from "../../kernel/present-directory.ts"
import type { ParsedArguments } from "../arguments.ts"
import { lineOf, rowOf, rowText, tableHead, widthsOf } from "../log-table.ts"
import { coloured, print, printAtOnce, printJson, say, warn } from "../output.ts"
import { homely, refuseInside, sessionNamed, shortSession } from "../outside.ts"
import { isGiven } from "../request.ts"

/** How often a log that is followed is looked at. */
const lookMs = 200
/** A session that is gone and wrote no end was killed; what it wrote is read by then. */
const graceMs = 1_000

export async function logCommand({ given, rest }: ParsedArguments): Promise<number> {
  refuseInside("log")
  const json = isGiven(given, "json")
  const [word, ...more] = rest
  if (more.length > 0) throw new UserError("log takes one session", "see the sessions: cordon log --list")
  if (isGiven(given, "list")) return listLogs(word, json)
  const follow = isGiven(given, "follow")
  const log = chosenLog(word)
  if (follow && json)
    throw new UserError(
      "--json prints one document, and what is followed has no end",
      `the log itself has a JSON document a line: tail -f ${shellQuoted(log.path)}`,
    )
  if (json) return printDocument(log)
  return follow ? followLog(log) : printTable(log)
}

type Chosen = { session: string | undefined; path: string }

/** A word with a slash, or of a file's kind, is a file, such as `--log` has written. */
function chosenLog(word: string | undefined): Chosen {
  if (word !== undefined && /\/|\.jsonl?$/.test(word))
    return { session: undefined, path: absolutePath(word, presentDirectory()) }
  const logs = ownLogs()
  const newest = logs[0]
  if (newest === undefined)
    throw new UserError(
      "there is no session with a log",
      "a session has one as soon as it connects somewhere; with --log FILE from its start",
    )
  return word === undefined ? newest : sessionNamed(word, logs, "session with a log")
}

function ownLogs(): LogName[] {
  const { home } = readAccount(process.env, createPathFacts())
  return sessionLogs(xdgDirectories(home, process.env).XDG_STATE_HOME ?? "")
}

function printDocument({ path }: Chosen): number {
  using reader = new LogReader(path)
  const events = [...reader.events()]
  printJson("SessionLog", {
    session: events[0]?.session ?? "",
    file: path,
    events,
    unreadable: reader.broken,
  })
  return exitCode.ok
}

function printTable({ path }: Chosen): number {
  using reader = new LogReader(path)
  const events = [...reader.events()]
  print(linesOf(events, widthsOf(rowsOf(events)), true).join("\n"))
  if (reader.broken > 0) warn(`${reader.broken} lines of ${printable(path)} are no events`)
  return exitCode.ok
}

function rowsOf(events: readonly SessionEvent[]) {
  return events.flatMap(event => {
    const row = rowOf(event)
    return row === undefined ? [] : [row]
  })
}

function linesOf(events: readonly SessionEvent[], widths: readonly number[], head: boolean): string[] {
  const lines = events.map(event => {
    const row = rowOf(event)
    return row === undefined ? (lineOf(event) ?? "") : rowText(row, widths)
  })
  const title = coloured(rowText(tableHead, widths), "dim")
  return head ? lines.toSpliced(events[0]?.kind === "start" ? 1 : 0, 0, title) : lines
}

/** Until the session ends, or nobody reads any more. */
async function followLog({ session, path }: Chosen): Promise<number> {
  using reader = new LogReader(path)
  let events = [...reader.events()]
  const widths = widthsOf(rowsOf(events))
  let isRead = printAtOnce(linesOf(events, widths, true).join("\n"))
  for (let silence = 0; isRead && events.at(-1)?.kind !== "end"; silence += lookMs) {
    await Bun.sleep(lookMs)
    events = [...reader.events()]
    if (events.length > 0) silence = 0
    isRead = events.length === 0 || printAtOnce(linesOf(events, widths, false).join("\n"))
    if (silence < graceMs || session === undefined || boundSessions().includes(session)) continue
    say(`session ${shortSession(session)} is gone, without a word about its end`)
    return exitCode.ok
  }
  return exitCode.ok
}

function listLogs(word: string | undefined, json: boolean): number {
  if (word !== undefined)
    throw new UserError("--list is about all sessions", "leave out the session, or --list")
  const running = new Set(boundSessions())
  const logs = ownLogs().map(log => ({ ...log, running: running.has(log.session), start: startOf(log.path) }))
  if (json) {
    const data = logs.map(({ session, path, running, start }) => ({
      session,
      file: path,
      running,
      started: start?.time,
      project: start?.project,
      command: start?.command,
    }))
    printJson("SessionLogs", data)
    return exitCode.ok
  }
  if (logs.length === 0) say("there is no session with a log")
  for (const { session, running, start } of logs) {
    const when = start === undefined ? "" : new Date(start.time).toLocaleString("sv")
    const what =
      start === undefined
        ? ""
        : `${printable(start.command.join(" "))}  ${coloured(homely(start.project), "dim")}`
    print(
      `${shortSession(session)}  ${when.padEnd(19)}  ${(running ? "running" : "").padEnd(7)}  ${what}`.trimEnd(),
    )
  }
  return exitCode.ok
}

/** The first event, when it tells how the session was started. */
function startOf(path: string) {
  using reader = new LogReader(path)
  const first = reader.events().next().value
  return first?.kind === "start" ? first : undefined
}
