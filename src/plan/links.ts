/**
 * A rule holds for the path as written and for what it resolves to. Denials and protections hold for both. A link
 * never opens more than its target's own rules say, and a link that the agent could have put there opens nothing.
 */
import { isWithin } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { isPersons } from "../host/persons-link.ts"
import { accesses, type PathRule, type Protection } from "../policy/layer.ts"
import type { PathPattern } from "../policy/path-pattern.ts"
import type { PathPolicy } from "../policy/policy.ts"
import { placeProtection } from "../policy/protection.ts"
import { formatSource } from "../policy/source.ts"
import { growingJudge, type PathJudge } from "../policy/verdict.ts"
import { behindFound, mayDeny, type Places } from "./found-links.ts"

/** The rules in full, and the judge over them. */
export type Resolved = PathPolicy & { warnings: string[]; judge: PathJudge }

/** The policy's rules together with those for the targets of links. */
export function resolveRules(policy: PathPolicy, places: Places): Resolved {
  const behind = behindLinks(policy, places.facts)
  const denials = behind.denials.filter(target => mayDeny(exactPath(target), places))
  const found = behindFound(policy, places)
  const paths = [...policy.paths, ...denials, ...found.denials]
  const protections = [...policy.protections, ...found.protections, ...behind.protections]
  const { judge, add } = growingJudge({ paths, protections })
  const { warnings } = found
  const openings: PathRule[] = []
  for (const { rule, target } of behind.openings) {
    const refusal = refusalOf({ rule, target, judge }, places)
    if (refusal === undefined) openings.push(target)
    else warnings.push(refusal)
  }
  add(openings)
  return { paths: [...paths, ...openings], protections, warnings, judge }
}

/** What the exact rules mean for the targets of links: most of hundreds of rules have none. */
type BehindLinks = {
  denials: PathRule[]
  protections: Protection[]
  openings: { rule: PathRule; target: PathRule }[]
}

function behindLinks({ paths, protections }: PathPolicy, facts: PathFacts): BehindLinks {
  const behind: BehindLinks = { denials: [], protections: [], openings: [] }
  for (const rule of paths) {
    const target = targetOf(rule.value, facts)
    if (target === undefined) continue
    const moved: PathRule = { ...rule, value: target }
    if (rule.access === "deny") {
      behind.denials.push(moved)
      behind.protections.push(...linksKept(rule, exactPath(rule), facts))
    } else behind.openings.push({ rule, target: moved })
  }
  for (const rule of protections) {
    if (rule.effect === "unprotect" || rule.value.kind !== "place") continue
    const { pattern } = rule.value
    const target = targetOf(pattern, facts)
    if (target === undefined || pattern.kind === "glob") continue
    behind.protections.push({ ...rule, value: { kind: "place", pattern: target } })
    behind.protections.push(...linksKept(rule, pattern.path, facts))
  }
  return behind
}

/** Without the links on the way to it, the next launch would not know the target of a rule that takes something away. */
function linksKept(rule: PathRule | Protection, path: string, facts: PathFacts): Protection[] {
  const { source, layer, locked } = rule
  const kept = { source, layer, locked, effect: "protect" } as const
  return facts(path).links.map(link => ({ ...kept, value: placeProtection(link.path) }))
}

/** Where a link leads to; undefined for a glob, and for a path without a link in it. */
function targetOf(pattern: PathPattern, facts: PathFacts): PathPattern | undefined {
  if (pattern.kind === "glob") return undefined
  const { canonical } = facts(pattern.path)
  return canonical === pattern.path ? undefined : { kind: "exact", path: canonical }
}

type Opening = { rule: PathRule; target: PathRule; judge: PathJudge }

/** Why a link's target stays as its own rules have it, or undefined when the rule may hold for it too. */
function refusalOf({ rule, target, judge }: Opening, places: Places): string | undefined {
  const { home, facts } = places
  const [link, path] = [exactPath(rule), exactPath(target)]
  const own = judge.judge(path)
  if (accesses.indexOf(rule.access) <= accesses.indexOf(own.access)) return undefined
  const planted = facts(link).links.some(({ path: place }) => !isPersons(place, places))
  // Strict hides the root and the home as a whole; that is no denial of what the link leads to.
  const denied = own.access === "deny" && !["/", home].includes(exactPath(own.rule))
  const everything = isWithin(home, path)
  if (everything)
    return `${formatSource(rule.source)}: ${link} leads to ${path}, which is more than a link may open`
  if (!planted && !denied) return undefined
  const why = planted
    ? "and only a link directly in the home, or of the system, opens anything: name its target"
    : "which is denied"
  return `${formatSource(rule.source)}: ${link} leads to ${path}, ${why}`
}

/** "" for a glob: no path is called so. */
function exactPath(rule: PathRule): string {
  return rule.value.kind === "exact" ? rule.value.path : ""
}
