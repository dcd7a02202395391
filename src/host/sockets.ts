/** Sockets of the host that a program could connect to by path. */
import { readFileSync } from "node:fs"

/**
 * Paths at which somebody on this host has a unix socket open (unix(7), /proc/net/unix). The kernel lists them all,
 * wherever they lie, so that no directory has to be looked at.
 */
export function boundSockets(list: string = readFileSync("/proc/net/unix", "utf8")): string[] {
  const paths = list.split("\n").flatMap(line => /^[0-9a-f]+: (?:\S+ +){5}\d+ (\/.*)$/i.exec(line)?.[1] ?? [])
  return [...new Set(paths)]
}
