/** The places of the file system at which the policy's answer may change, each with its answer. */
import { componentsOf, isWithin, lineageOf, nameOf, parentOf } from "../base/path.ts"
import type { PathFacts, PathKind, SymbolicLink } from "../host/path-facts.ts"
import type { Access, PathRule, Protection } from "../policy/layer.ts"
import { privateDirectories } from "../policy/merge.ts"
import { patternText } from "../policy/path-pattern.ts"
import { protectionText } from "../policy/protection.ts"
import { formatSource, type LayerName, type Source } from "../policy/source.ts"
import type { PathVerdict } from "../policy/verdict.ts"

export type Node = {
  path: string
  kind: PathKind
  access: Access
  /** the rule that decides here, for people */
  why: string
  source: Source
  layer: LayerName
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
  const exact = paths.flatMap(rule =>
    rule.value.kind === "exact" && matters(rule, facts) ? [rule.value.path] : [],
  )
  const places = protections.flatMap(({ value }) =>
    value.kind === "place" && value.pattern.kind === "exact" ? [value.pattern.path] : [],
  )
  const canonical = [...exact, ...places, ...found].filter(path => facts(path).canonical === path)
  const named = new Set(exact)
  const present = canonical.filter(path => named.has(path) || facts(path).kind !== "missing")
  return [...new Set(present)].sort(byDepth)
}

function matters({ value, layer }: PathRule, facts: PathFacts): boolean {
  if (value.kind === "glob") return false
  const inOurs = privateDirectories.some(tree => isWithin(value.path, tree))
  return inOurs || !isBuiltin(layer) || facts(value.path).kind !== "missing"
}

/** Whether the rules of a layer came with Cordon, so that nobody expects each of them to find its place. */
export function isBuiltin(layer: LayerName): boolean {
  return layer === "base" || layer === "preset" || layer === "toolchain" || layer === "agent"
}

/** The policy's answer at one place. */
export function nodeAt(path: string, { judge, facts }: NodeContext): Node {
  const verdict = judge(path)
  const { kind } = facts(path)
  const rule = verdict.protection ?? verdict.rule
  const node = { path, kind, source: rule.source, layer: rule.layer, why: whyOf(verdict) }
  // A `.git` file points git at the directory whose hooks and config it obeys: whoever rewrites it chooses those.
  const pointer = verdict.access === "write" && nameOf(path) === ".git" && kind === "file"
  return { ...node, access: pointer ? "read" : verdict.access }
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
export function byDepth(a: string, b: string): number {
  return componentsOf(a).length - componentsOf(b).length || (a < b ? -1 : a > b ? 1 : 0)
}

/** Directories strictly between a tree and a path below it. */
export function between(tree: string, path: string): string[] {
  const depth = componentsOf(tree).length
  return lineageOf(parentOf(path)).slice(depth + 1)
}

/** Links on the way to the paths of rules: they have to be made again where their place is not the host's. */
export function linksOf(rules: readonly PathRule[], facts: PathFacts): SymbolicLink[] {
  const links = rules.flatMap(rule =>
    rule.access !== "deny" && rule.value.kind === "exact" ? facts(rule.value.path).links : [],
  )
  return [...new Map(links.map(link => [link.path, link])).values()].sort((a, b) => byDepth(a.path, b.path))
}
