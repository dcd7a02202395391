/** Where the logs of sessions lie: `$XDG_STATE_HOME/cordon/sessions/<time>-<session>.jsonl`, out of every sandbox's reach. */

import { readdirSync, statSync, unlinkSync } from "node:fs"
import { UserError } from "../base/error.ts"
import { boundSessions } from "../host/sockets.ts"

export type LogName = {
  session: string
  /** when the first event was written, UTC, to the millisecond: `20251121T144501.123Z` */
  time: string
  path: string
}

const keptMax = 200
const daysMax = 30
const dayMs = 86_400_000

export function logDirectory(stateHome: string): string {
  return `${stateHome}/cordon/sessions`
}

/** The path for a log that begins now. */
export function newLogPath(stateHome: string, session: string, now: Date): string {
  const time = now.toISOString().replace(/[-:]/g, "")
  return `${logDirectory(stateHome)}/${time}-${session}.jsonl`
}

/** All logs, newest first. */
export function sessionLogs(stateHome: string): LogName[] {
  const directory = logDirectory(stateHome)
  return namesIn(directory)
    .flatMap(name => {
      const [, time, session] = /^(\d{8}T\d{6}\.\d{3}Z)-([\w-]{1,64})\.jsonl$/.exec(name) ?? []
      if (time === undefined || session === undefined) return []
      return [{ session, time, path: `${directory}/${name}` }]
    })
    .sort((a, b) => (a.path < b.path ? 1 : -1))
}

/**
 * Makes room for one more log: of those that are there the newest 199 stay, unless their last event is older than 30
 * days. The log of a running session always stays.
 */
export function pruneLogs(stateHome: string, now: Date): void {
  const logs = sessionLogs(stateHome)
  const isOld = ({ path }: LogName) => now.getTime() - lastChange(path) > daysMax * dayMs
  const old = logs.filter((log, index) => index >= keptMax - 1 || isOld(log))
  if (old.length === 0) return
  const running = new Set(boundSessions())
  for (const { path } of old.filter(({ session }) => !running.has(session))) remove(path)
}

/** @throws UserError where this account may not look */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === "EACCES")
      throw new UserError(`the logs in ${directory} cannot be listed`, "make it readable")
    if (code !== "ENOENT" && code !== "ENOTDIR") throw cause
    return []
  }
}

function lastChange(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (cause) {
    // Another session is removing them too.
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
  }
}
