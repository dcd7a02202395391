/**
 * Links that a launch comes across: what they lead to is denied or protected by way of their names. Below the project's own
 * entries a launch looks only so far, and what it does not come across leads where it may.
 */
import { isBelow, isWithin, nameOf, parentOf } from "../base/path.ts"
import { printable } from "../base/printable.ts"
import type { PathFacts } from "../host/path-facts.ts"
import type { PathRule, Protection } from "../policy/layer.ts"
import type { PathPolicy } from "../policy/policy.ts"
import { placeProtection } from "../policy/protection.ts"
import { type PathJudge, pathJudge } from "../policy/verdict.ts"

export type Places = {
  project: string
  /** canonical */
  home: string
  /** what the look found, links included */
  found: readonly string[]
  facts: PathFacts
}

export type BehindFound = { denials: PathRule[]; protections: Protection[]; warnings: string[] }

/** What the policy's globs and names mean for the targets of links, and what nothing else says of them. */
export function behindFound(policy: PathPolicy, places: Places): BehindFound {
  const links = places.found.filter(path => places.facts(path).canonical !== path)
  if (links.length === 0) return { denials: [], protections: [], warnings: [] }
  const { judge } = pathJudge(policy)
  const behind: BehindFound = { denials: [], protections: [], warnings: [] }
  const byChance: string[] = []
  for (const link of links) {
    const spellings = [link, ...namesBehind(link, policy.protections)]
    behind.denials.push(...deniedBehind(link, judge, places))
    for (const spelled of spellings) behind.protections.push(...protectedBehind(spelled, judge, places))
    const what = isAlwaysFound(link, places) ? undefined : whatIsLost(spellings, judge, places)
    if (what !== undefined) byChance.push(`${printable(link)} leads to ${what}`)
  }
  const [first, ...more] = byChance
  if (first !== undefined)
    behind.warnings.push(
      `${first} only while a launch finds the link${more.length > 0 ? `, and ${more.length} more like it` : ""}: name what it leads to in a rule of its own`,
    )
  return behind
}

type Judge = PathJudge["judge"]

/** A link that a glob denies: what it leads to is denied with it. */
function deniedBehind(link: string, judge: Judge, places: Places): PathRule[] {
  const { canonical } = places.facts(link)
  const { access, rule } = judge(link)
  return access === "deny" && mayDeny(canonical, places)
    ? [{ ...rule, value: { kind: "exact", path: canonical } }]
    : []
}

/**
 * A protected name that is a link, or stands behind one: what it leads to is protected with it, and the link on the way,
 * which could be replaced.
 */
function protectedBehind(spelled: string, judge: Judge, { facts }: Places): Protection[] {
  const { protection } = judge(spelled)
  if (protection === undefined) return []
  const reached = new Set([
    facts(spelled).canonical,
    `${facts(parentOf(spelled)).canonical}/${nameOf(spelled)}`,
  ])
  return [...reached].map(path => ({ ...protection, value: placeProtection(path) }))
}

/**
 * Whether a denial follows a link to that target. A link to the whole home, or to the project itself, denies all work
 * and hides no secret: an agent could leave one behind for the next launch to stumble over.
 */
export function mayDeny(target: string, { home, project }: Places): boolean {
  return !isWithin(home, target) && target !== project
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

/**
 * An earlier run can fill, move or close directories until a launch does not come across a link in them any more. Of the
 * project's own entries it always does.
 */
function isAlwaysFound(link: string, { project }: Places): boolean {
  return !isBelow(link, project) || parentOf(link) === project
}

/** What nothing but the link denies or protects; undefined when there is no such thing. */
function whatIsLost(spellings: readonly string[], judge: Judge, places: Places): string | undefined {
  for (const spelled of spellings) {
    const { canonical } = places.facts(spelled)
    const [own, target] = [judge(spelled), judge(canonical)]
    if (own.access === "deny" && target.access !== "deny" && mayDeny(canonical, places))
      return `${printable(canonical)}, which is denied`
    if (own.protection !== undefined && target.access === "write")
      return `${printable(canonical)}, which is protected`
  }
  return undefined
}
