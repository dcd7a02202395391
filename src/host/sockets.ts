/** Sockets of the host that a program could connect to by path. */
import { readFileSync } from "node:fs"
import { ask } from "../base/journal.ts"

/**
 * Paths at which somebody on this host has a unix socket open (unix(7), /proc/net/unix). The kernel lists them all,
 * wherever they lie, so that no directory has to be looked at.
 */
export function boundSockets(): readonly string[] {
  return ask("bound sockets", "", askBoundSockets)
}

function askBoundSockets(): readonly string[] {
  return boundIn(readFileSync("/proc/net/unix", "utf8"))
}

/** @param list what /proc/net/unix says */
function boundIn(list: string): readonly string[] {
  const paths = list.split("\n").flatMap(line => /^[0-9a-f]+: (?:\S+ +){5}\d+ (\/.*)$/i.exec(line)?.[1] ?? [])
  return [...new Set(paths)]
}

/** Sessions that seem to be running: anybody can give a socket such a name, so whoever talks to one asks who listens. */
export function boundSessions(list: string = readFileSync("/proc/net/unix", "utf8")): string[] {
  // Listening ones only: an accepted connection carries the name too.
  const listening = /^[0-9a-f]+: \S+ \S+ 00010000 \S+ \S+ +\d+ @cordon\/([0-9a-f-]{36})$/i
  return [...new Set(list.split("\n").flatMap(line => listening.exec(line)?.[1] ?? []))]
}
