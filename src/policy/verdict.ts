/**
 * What the policy says about a path: the five "which rule wins" rules of docs/policy.md, in one place. The plan
 * that builds the sandbox and `explain` both ask here.
 */
import { componentsOf, lineageOf } from "../base/path.ts"
import { isLiteral, literalStart, matchedDepth } from "./glob.ts"
import { type Access, accesses, type PathRule, type Protection } from "./layer.ts"
import { type Specificity, specificityOf } from "./path-pattern.ts"
import type { Policy } from "./policy.ts"
import { rankOf } from "./source.ts"

/** A rule that matched, and how closely. */
export type PathMatch = { rule: PathRule; specificity: Specificity }
export type ProtectionMatch = { protection: Protection; depth: number }

export type PathVerdict = {
  access: Access
  /** the rule that decided the access, before protection */
  rule: PathRule
  /** the protection that took writing away */
  protection: Protection | undefined
}

/** The policy as a question that can be asked often. */
export type PathJudge = {
  /** the verdict on a canonical absolute path */
  judge: (path: string) => PathVerdict
  /** the access without protections */
  accessOf: (path: string) => Access
  /** everything that matched, closest first, the deciding ones included */
  matchesOf: (path: string) => (PathRule | Protection)[]
}

/** @param policy must hold a rule for `/`, which every merged policy does */
export function pathJudge(policy: Pick<Policy, "paths" | "protections">): PathJudge {
  const matcher = pathMatcher(policy.paths)
  const accessOf = (path: string) => winner(matcher(path)).access
  const protectionsOf = protectionMatcher(policy.protections, accessOf)
  const judge = (path: string): PathVerdict => {
    const { rule, access } = winner(matcher(path))
    const protection = access === "write" ? decidingProtection(protectionsOf(path)) : undefined
    return { access: protection === undefined ? access : "read", rule, protection }
  }
  const matchesOf = (path: string) => [
    ...matcher(path).map(match => match.rule),
    ...protectionsOf(path).map(match => match.protection),
  ]
  return { judge, accessOf, matchesOf }
}

/**
 * All rules that match a path, by precedence but for locks. Exact rules are found by their path and globs by the plain
 * names they begin with, not one by one: a policy has hundreds of both.
 */
function pathMatcher(rules: readonly PathRule[]): (path: string) => PathMatch[] {
  const byPlace = Map.groupBy(rules, rule =>
    rule.value.kind === "exact" ? rule.value.path : literalStart(rule.value.glob),
  )
  return path => {
    const components = componentsOf(path)
    const matches: PathMatch[] = []
    for (const [depth, ancestor] of lineageOf(path).entries())
      for (const rule of byPlace.get(ancestor) ?? []) {
        const specificity =
          rule.value.kind === "exact"
            ? ({ depth, precision: 2 } as const)
            : specificityOf(rule.value, components)
        if (specificity !== undefined) matches.push({ rule, specificity })
      }
    return matches.sort(byPrecedence)
  }
}

/** Rule 5: what a locked rule denies, no other rule opens; the locked rules settle it among themselves. */
function winner(matches: readonly PathMatch[]): { rule: PathRule; access: Access } {
  const first = matches[0]
  if (first === undefined) throw new Error("bug: a merged policy has a rule for /")
  const locked = matches.find(match => match.rule.locked)
  const lockedDecides =
    locked !== undefined && accesses.indexOf(locked.rule.access) < accesses.indexOf(first.rule.access)
  const { rule } = lockedDecides ? locked : first
  return { rule, access: rule.access }
}

/** Rules 1 to 3: most specific, then the higher layer, then the more restrictive. */
function byPrecedence(a: PathMatch, b: PathMatch): number {
  return (
    b.specificity.depth - a.specificity.depth ||
    b.specificity.precision - a.specificity.precision ||
    rankOf(b.rule.layer) - rankOf(a.rule.layer) ||
    accesses.indexOf(a.rule.access) - accesses.indexOf(b.rule.access)
  )
}

/**
 * Rule 4: the protections and liftings that match. A name is protected below a writable directory only, so that
 * `.codex` in a project is protected and `~/.codex` below a read-only home is not.
 */
function protectionMatcher(
  protections: readonly Protection[],
  accessOf: (path: string) => Access,
): (path: string) => ProtectionMatch[] {
  const index = indexProtections(protections)
  return path => {
    const components = componentsOf(path)
    const isBelowWritable = (depth: number) =>
      lineageOf(path)
        .slice(0, depth)
        .some(ancestor => accessOf(ancestor) === "write")
    const matches: ProtectionMatch[] = lineageOf(path).flatMap((ancestor, depth) =>
      (index.exact.get(ancestor) ?? []).map(protection => ({ protection, depth })),
    )
    for (const protection of index.globs) {
      const pattern = protection.value
      const depth = pattern.kind === "place" ? (specificityOf(pattern.pattern, components)?.depth ?? -1) : -1
      if (depth >= 0) matches.push({ protection, depth })
    }
    for (const [start, name] of components.entries()) {
      const candidates = [...(index.named.get(name) ?? []), ...index.patterned]
      for (const protection of candidates) {
        if (protection.value.kind !== "anywhere") continue
        const length = matchedDepth(protection.value.names, components.slice(start))
        if (length > 0 && isBelowWritable(start + length)) matches.push({ protection, depth: start + length })
      }
    }
    return matches.sort(byProtectionPrecedence)
  }
}

/** Protections by how they can be found: by path, by their first name, and those that have to be tried. */
type ProtectionIndex = {
  exact: Map<string, Protection[]>
  globs: Protection[]
  named: Map<string, Protection[]>
  patterned: Protection[]
}

function indexProtections(protections: readonly Protection[]): ProtectionIndex {
  const index: ProtectionIndex = { exact: new Map(), globs: [], named: new Map(), patterned: [] }
  const add = (map: Map<string, Protection[]>, key: string, protection: Protection) => {
    map.set(key, [...(map.get(key) ?? []), protection])
  }
  for (const protection of protections) {
    const { value } = protection
    if (value.kind === "place") {
      if (value.pattern.kind === "exact") add(index.exact, value.pattern.path, protection)
      else index.globs.push(protection)
      continue
    }
    const [alternative, ...others] = value.names.alternatives
    const first = alternative?.[0]
    if (first?.kind === "literal" && others.every(other => isLiteral(other[0], first.name)))
      add(index.named, first.name, protection)
    else index.patterned.push(protection)
  }
  return index
}

function byProtectionPrecedence(a: ProtectionMatch, b: ProtectionMatch): number {
  return (
    b.depth - a.depth ||
    rankOf(b.protection.layer) - rankOf(a.protection.layer) ||
    Number(a.protection.effect === "unprotect") - Number(b.protection.effect === "unprotect")
  )
}

/** A locked protection holds whatever lifts the others. */
function decidingProtection(matches: readonly ProtectionMatch[]): Protection | undefined {
  const locked = matches.find(match => match.protection.locked && match.protection.effect === "protect")
  if (locked !== undefined) return locked.protection
  const first = matches[0]?.protection
  return first?.effect === "protect" ? first : undefined
}
