/**
 * What the policy says about a path: the five "which rule wins" rules of docs/policy.md, in one place. The plan
 * that builds the sandbox and `explain` both ask here.
 */
import { componentsOf, depthOf, parentOf } from "../base/path.ts"
import { literalStart } from "./glob.ts"
import { GlobRules } from "./glob-rules.ts"
import { type Access, accesses, type PathRule, type Protection } from "./layer.ts"
import { type Specificity, specificityOf } from "./path-pattern.ts"
import type { Policy } from "./policy.ts"
import { decidingProtection, protectionMatcher } from "./protection-index.ts"
import { rankOf } from "./source.ts"

/** A rule that matched, and how closely. */
export type PathMatch = { rule: PathRule; specificity: Specificity }

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
  return growingJudge(policy).judge
}

/** A judge to which rules can be added, for those that depend on what it says. */
export function growingJudge(policy: Pick<Policy, "paths" | "protections">): {
  judge: PathJudge
  add: (rules: readonly PathRule[]) => void
} {
  const { match, add } = pathMatcher(policy.paths)
  const accessOf = (path: string) => winner(match(path)).access
  const protectionsOf = protectionMatcher(policy.protections, accessOf)
  const judge = (path: string): PathVerdict => {
    const rule = winner(match(path))
    const { access } = rule
    const protection = access === "write" ? decidingProtection(protectionsOf(path)) : undefined
    return { access: protection === undefined ? access : "read", rule, protection }
  }
  const matchesOf = (path: string) => [
    ...match(path)
      .sort(byPrecedence)
      .map(({ rule }) => rule),
    ...protectionsOf(path).map(({ protection }) => protection),
  ]
  return { judge: { judge, accessOf, matchesOf }, add }
}

/** Rules by how they match: exact ones at a place and below it, globs somewhere below the names they begin with. */
type Reach = { exact: readonly PathMatch[]; globs: readonly GlobRules[] }
type Place = { exact: PathMatch[]; globs: GlobRules; reach: Reach | undefined }

/**
 * All rules that match a path. They are found by its directories, not one by one: a policy has hundreds, and of the
 * directories above a path only a few have rules of their own.
 */
function pathMatcher(rules: readonly PathRule[]): {
  match: (path: string) => PathMatch[]
  add: (rules: readonly PathRule[]) => void
} {
  const places = new Map<string, Place>()
  const placeAt = (path: string): Place => {
    const place = places.get(path) ?? { exact: [], globs: new GlobRules(), reach: undefined }
    places.set(path, place)
    return place
  }
  const add = (more: readonly PathRule[]) => {
    for (const rule of more) {
      const { value } = rule
      if (value.kind === "glob") placeAt(literalStart(value.glob)).globs.add(rule)
      else placeAt(value.path).exact.push({ rule, specificity: { depth: depthOf(value.path), precision: 2 } })
    }
    for (const place of places.values()) place.reach = undefined
  }
  const reachOf = (path: string): Reach => {
    let at = path
    while (at !== "/" && !places.has(at)) at = parentOf(at)
    const place = placeAt(at)
    place.reach ??= joined(at === "/" ? undefined : reachOf(parentOf(at)), place)
    return place.reach
  }
  const match = (path: string) => {
    const { exact, globs } = reachOf(path)
    const matches = [...exact]
    if (globs.length === 0) return matches
    const components = componentsOf(path)
    for (const below of globs)
      for (const rule of below.candidates(components)) {
        const specificity = specificityOf(rule.value, components)
        if (specificity !== undefined) matches.push({ rule, specificity })
      }
    return matches
  }
  add(rules)
  return { match, add }
}

function joined(above: Reach | undefined, own: Place): Reach {
  const globs = own.globs.size === 0 ? [] : [own.globs]
  if (above === undefined) return { exact: own.exact, globs }
  return { exact: [...above.exact, ...own.exact], globs: [...above.globs, ...globs] }
}

/** Rule 5: what a locked rule denies, no other rule opens; the locked rules settle it among themselves. */
function winner(matches: readonly PathMatch[]): PathRule {
  let first: PathMatch | undefined
  let locked: PathMatch | undefined
  for (const match of matches) {
    if (first === undefined || byPrecedence(match, first) < 0) first = match
    if (match.rule.locked && (locked === undefined || byPrecedence(match, locked) < 0)) locked = match
  }
  if (first === undefined) throw new Error("bug: a merged policy has a rule for /")
  if (locked !== undefined && accesses.indexOf(locked.rule.access) < accesses.indexOf(first.rule.access))
    return locked.rule
  return first.rule
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
