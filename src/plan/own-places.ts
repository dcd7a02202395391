/** What the sandbox has of its own in /proc, /dev and /run, and what a rule cannot make of it. */
import { isBelow, isWithin } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { isWritten } from "../policy/merge-network.ts"
import { patternText } from "../policy/path-pattern.ts"
import type { PathPolicy } from "../policy/policy.ts"
import { RuleError } from "../policy/rule-error.ts"
import type { PathJudge } from "../policy/verdict.ts"
import type { Mount } from "./launch-plan.ts"

/** Another directory for whoever looks. */
const ofEachProcess = ["/proc/self", "/proc/thread-self"]
/** The first process has the same number inside; every other one is somebody else there, and terminals are too. */
const numbered = /^\/(proc\/(?!1(\/|$))|dev\/pts\/)\d+(\/|$)/
/** Devices that every program has, and that keep nothing. */
const everybodys = /^\/dev\/(null|zero|full|random|urandom|tty|ptmx)$/

/** Whether a path names a process or a terminal by its number on the host. */
export function isNumberedByHost(path: string): boolean {
  return numbered.test(path)
}

/**
 * The disk without links to devices and to what is another thing inside. Whoever links ~/.bash_history to /dev/null means
 * the history: a rule about the link is none about the device, without which no program does.
 */
export function withoutDeviceLinks(facts: PathFacts): PathFacts {
  return path => {
    const fact = facts(path)
    const { canonical, kind, links } = fact
    if (links.length === 0) return fact
    const isElsewhere = everybodys.test(canonical) || isNumberedByHost(canonical)
    return isElsewhere ? { canonical: path, kind, links: [] } : fact
  }
}

/** @throws RuleError for a rule about what is another thing for each process, or inside */
export function refuseUnsettled({ paths }: Pick<PathPolicy, "paths">, facts: PathFacts): void {
  for (const rule of paths) {
    const { value, source } = rule
    if (value.kind === "glob" || !isWritten(rule)) continue
    const what = unsettled(value.path, facts)
    if (what !== undefined) throw new RuleError(source, `no rule can be about ${what}`, "leave the rule out")
  }
}

/** Links that people have elsewhere are theirs, and no reason to refuse anything. */
function unsettled(path: string, facts: PathFacts): string | undefined {
  if (!["/proc", "/dev", "/etc"].some(tree => isWithin(path, tree))) return undefined
  if (isNumberedByHost(path)) return `${path}: processes and terminals have other numbers inside`
  const link = facts(path).links.find(each => ofEachProcess.includes(each.path))
  if (link === undefined) return undefined
  const leading = path === link.path ? path : `${path}, which leads through ${link.path}`
  return `${leading}: it is another place for each process`
}

type Planned = { mounts: readonly Mount[]; judge: PathJudge; facts: PathFacts }

/** @throws RuleError where bubblewrap could not build the sandbox, or would make what is the sandbox's own on the host */
export function refuseWithoutOwnPlaces({ mounts, judge, facts }: Planned): void {
  const ruleAt = (path: string) => judge.judge(path).rule
  const ground = groundOf("/proc/self", mounts)
  if (ground?.kind !== "proc" && ground?.kind !== "host")
    throw new RuleError(
      ruleAt("/proc").source,
      "nothing starts without /proc, so it cannot be denied as a whole",
      "deny what is in it, such as /proc/NAME",
    )
  for (const { kind, path } of mounts) {
    const isMade = kind === "file" || (kind === "directory" && facts(path).kind === "missing")
    if (!isMade || groundOf(path, mounts)?.kind !== "host") continue
    const { value, source } = ruleAt(path)
    throw new RuleError(
      source,
      `${path} is the sandbox's own, so ${patternText(value)} cannot be opened as a whole`,
      "name what is needed of it, such as /run/NAME",
    )
  }
}

/** What is mounted where something is made: the last mount above it. */
function groundOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  const isGround = ({ kind }: Mount) => kind !== "directory" && kind !== "file" && kind !== "sealed"
  return mounts.findLast(mount => isGround(mount) && isBelow(path, mount.path))
}
