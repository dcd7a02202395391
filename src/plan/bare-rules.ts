/**
 * Rules on paths for a sandbox without mounts (the landlock backend). It has no directories of its own: the host's `/tmp`,
 * `/var/tmp`, `/run` and `/dev` are closed, but for devices that are nobody's, and one directory of the session's stands in
 * for them. `/proc` is the host's: what of it belongs to other processes, the live engine refuses.
 */
import type { Access, PathRule } from "../policy/layer.ts"
import { sourceOf } from "../policy/source.ts"

/** What else tells of the network, `/proc/PID/net`, the live engine refuses. */
const interfaces = "/sys/class/net"

/** Of the host, and in every sandbox (null(4), random(4), tty(4), ptmx(4)). */
const devices = ["null", "zero", "full", "random", "urandom", "tty", "ptmx"]

export type BarePlaces = {
  /** the session's own directory */
  directory: string
  /** terminals that the command is given: those of others are devices of the same user */
  terminals: readonly string[]
  /** there is to be no network: then the host's is none of the sandbox's business either */
  offline: boolean
}

/** Directories of sessions are made here. */
export const sessionParent = "/tmp"

/** @param owner PID of the process that makes and removes it */
export function sessionDirectory(session: string, owner: number): string {
  return `${sessionParent}/cordon-${owner}-${session}`
}

/** Where things lie in the session's own directory. */
export function placesIn(directory: string): { temporary: string; runtime: string; preload: string } {
  return {
    temporary: `${directory}/tmp`,
    runtime: `${directory}/run`,
    preload: `${directory}/no-sandbox.cjs`,
  }
}

export function bareRules(
  paths: readonly PathRule[],
  { directory, terminals, offline }: BarePlaces,
): PathRule[] {
  const { temporary, runtime, preload } = placesIn(directory)
  const own = [
    ...[...devices.map(name => `/dev/${name}`), ...terminals].map(path => ownRule(path, "write")),
    ...[temporary, runtime].map(path => ownRule(path, "write")),
    ownRule(preload, "read"),
    ...(offline ? [ownRule(interfaces, "deny")] : []),
  ]
  return [...paths.map(closed), ...own]
}

function closed(rule: PathRule): PathRule {
  if (rule.access !== "private") return rule
  const isProc = rule.value.kind === "exact" && rule.value.path === "/proc"
  return {
    ...rule,
    access: isProc ? "read" : "deny",
    source: sourceOf("built-in: the host's, which has no stand-in"),
  }
}

function ownRule(path: string, access: Access): PathRule {
  return {
    value: { kind: "exact", path },
    access,
    role: "state",
    source: sourceOf("built-in: what stands in for private directories"),
    layer: "base",
    locked: false,
  }
}
