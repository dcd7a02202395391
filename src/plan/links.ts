/**
 * A rule holds for the path as written and for what it resolves to. Denials and protections hold for both. A link
 * never opens more than its target's own rules say, and a link that the agent could have put there opens nothing.
 */
import { isWithin, nameOf, parentOf } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { isPersons } from "../host/persons-link.ts"
import { accesses, type PathRule, type Protection } from "../policy/layer.ts"
import type { PathPattern } from "../policy/path-pattern.ts"
import type { PathPolicy } from "../policy/policy.ts"
import { placeProtection } from "../policy/protection.ts"
import { formatSource } from "../policy/source.ts"
import { growingJudge, type PathJudge, pathJudge } from "../policy/verdict.ts"

/** The rules in full, and the judge over them. */
export type Resolved = PathPolicy & { warnings: string[]; judge: PathJudge }

export type Places = {
  project: string
  /** canonical */
  home: string
  /** what the look found, links included */
  found: readonly string[]
  facts: PathFacts
}

/** The policy's rules together with those for the targets of links. */
export function resolveRules(policy: PathPolicy, places: Places): Resolved {
  const behind = behindLinks(policy, places.facts)
  const denials = behind.denials.filter(target => mayDeny(exactPath(target), places))
  const paths = [...policy.paths, ...denials, ...deniedByGlob(policy, places)]
  const protections = [...policy.protections, ...protectedByName(policy, places), ...behind.protections]
  const { judge, add } = growingJudge({ paths, protections })
  const warnings: string[] = []
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

/**
 * Whether a denial follows a link to that target. A link to the whole home, or to the project itself, denies all work
 * and hides no secret: an agent could leave one behind for the next launch to stumble over.
 */
function mayDeny(target: string, { home, project }: Places): boolean {
  return !isWithin(home, target) && target !== project
}

/** A link that a glob denies: what it leads to is denied with it. */
function deniedByGlob(policy: PathPolicy, places: Places): PathRule[] {
  const { found, facts } = places
  const links = found.filter(path => facts(path).canonical !== path && mayDeny(facts(path).canonical, places))
  if (links.length === 0) return []
  const { judge } = pathJudge(policy)
  return links.flatMap(path => {
    const { access, rule } = judge(path)
    return access === "deny"
      ? [{ ...rule, value: { kind: "exact" as const, path: facts(path).canonical } }]
      : []
  })
}

/** A protected name that is a link, or stands behind one: what it leads to is protected with it. */
function protectedByName(policy: PathPolicy, { found, facts }: Places): Protection[] {
  const links = found.filter(path => facts(path).canonical !== path)
  if (links.length === 0) return []
  const { judge } = pathJudge(policy)
  return links.flatMap(path =>
    [path, ...namesBehind(path, policy.protections)].flatMap(spelled => {
      const { protection } = judge(spelled)
      if (protection === undefined) return []
      // What it leads to in the end, and the link on the way, which could be replaced.
      const reached = new Set([
        facts(spelled).canonical,
        `${facts(parentOf(spelled)).canonical}/${nameOf(spelled)}`,
      ])
      return [...reached].map(reachedPath => ({
        ...protection,
        value: { kind: "place" as const, pattern: { kind: "exact" as const, path: reachedPath } },
      }))
    }),
  )
}

/** `.git` may lead elsewhere, and `.git/hooks` is protected there too. */
function namesBehind(path: string, protections: readonly Protection[]): string[] {
  return protections.flatMap(({ effect, value }) => {
    if (effect !== "protect" || value.kind !== "anywhere") return []
    return value.names.alternatives.flatMap(([first, ...rest]) => {
      const names = rest.flatMap(component => (component.kind === "literal" ? [component.name] : []))
      const follows = first?.kind === "literal" && first.name === nameOf(path)
      return follows && names.length > 0 && names.length === rest.length ? [`${path}/${names.join("/")}`] : []
    })
  })
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
