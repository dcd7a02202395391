/** The places of the file system at which the policy's answer may change, each with its answer. */
import { depthOf, isWithin, lineageOf, nameOf, parentOf } from "../base/path.ts"
import type { PathFacts, PathKind, SymbolicLink } from "../host/path-facts.ts"
import type { Access, PathRule, Protection } from "../policy/layer.ts"
import { privateDirectories } from "../policy/merge.ts"
import { isWritten } from "../policy/merge-network.ts"
import { patternText } from "../policy/path-pattern.ts"
import { protectionText } from "../policy/protection.ts"
import { formatSource } from "../policy/source.ts"
import type { PathVerdict } from "../policy/verdict.ts"

export type Node = {
  path: string
  kind: PathKind
  access: Access
  /** the rules that decide here */
  verdict: PathVerdict
}

export type NodeContext = {
  judge: (path: string) => PathVerdict
  facts: PathFacts
}

export type PlacesRequest = {
  paths: readonly PathRule[]
  protections: readonly Protection[]
  /** what the look found */
  found: readonly string[]
  facts: PathFacts
}

/**
 * Canonical places at which something has to be decided, shallow first, each once. Of the built-in rules only
 * those whose place exists or is a directory of ours: most of them name what this machine does not have.
 */
export function placesOf({ paths, protections, found, facts }: PlacesRequest): string[] {
  const places = new Set<string>()
  // Of hundreds of rules each is asked about once, so the cheap questions come first.
  for (const rule of paths) {
    const { value } = rule
    if (value.kind === "glob") continue
    const { canonical, kind } = facts(value.path)
    if (canonical === value.path && (kind !== "missing" || isWritten(rule) || isInOurs(canonical)))
      places.add(canonical)
  }
  const addPresent = (path: string) => {
    const { canonical, kind } = facts(path)
    if (canonical === path && kind !== "missing") places.add(path)
  }
  for (const { value } of protections)
    if (value.kind === "place" && value.pattern.kind === "exact") addPresent(value.pattern.path)
  for (const path of found) addPresent(path)
  return shallowFirst(places)
}

function isInOurs(path: string): boolean {
  return privateDirectories.some(tree => isWithin(path, tree))
}

/** The policy's answer at one place. */
export function nodeAt(path: string, { judge, facts }: NodeContext): Node {
  const verdict = judge(path)
  const { kind } = facts(path)
  // A `.git` file points git at the directory whose hooks and config it obeys: whoever rewrites it chooses those.
  const pointer = verdict.access === "write" && nameOf(path) === ".git" && kind === "file"
  return { path, kind, access: pointer ? "read" : verdict.access, verdict }
}

/** `deny ~/.aws (built-in:00-base.yaml:12)` */
export function whyOf({ rule, protection }: PathVerdict): string {
  const deciding = protection ?? rule
  return `${ruleText(deciding)} (${formatSource(deciding.source)})`
}

/** `deny ~/.aws`, `protect .git/hooks` */
export function ruleText(rule: PathRule | Protection): string {
  return "access" in rule
    ? `${rule.access} ${patternText(rule.value)}`
    : `${rule.effect} ${protectionText(rule.value)}`
}

/** Shallow first, then by name, so that a plan is the same every time. */
export function shallowFirst(paths: Iterable<string>): string[] {
  const levels: string[][] = []
  for (const path of paths) {
    const depth = depthOf(path)
    const level = levels[depth]
    if (level === undefined) levels[depth] = [path]
    else level.push(path)
  }
  // Without a comparison of our own, which would be called for every pair; absent levels are left out.
  return levels.flatMap(level => level.sort())
}

/** Directories strictly between a tree and a path below it. */
export function between(tree: string, path: string): string[] {
  return lineageOf(parentOf(path)).slice(depthOf(tree) + 1)
}

/** Links on the way to the paths of rules: they have to be made again where their place is not the host's. */
export function linksOf(rules: readonly PathRule[], facts: PathFacts): SymbolicLink[] {
  const links = new Map<string, SymbolicLink>()
  for (const { access, value } of rules)
    if (access !== "deny" && value.kind === "exact")
      for (const link of facts(value.path).links) links.set(link.path, link)
  return shallowFirst(links.keys()).flatMap(path => links.get(path) ?? [])
}
