/**
 * What `cordon verify` tries of the names that are decided on as they are used: they do not exist yet. What has to come of
 * it is what the policy says of the very path that is tried: a rule by itself may be lifted, or opened by another.
 */
import { isWithin, lineageOf, parentOf } from "../base/path.ts"
import { ruleText, whyOf } from "../plan/nodes.ts"
import type { Component } from "../policy/glob.ts"
import type { PathRule, Protection } from "../policy/layer.ts"
import { formatSource } from "../policy/source.ts"
import type { PathVerdict } from "../policy/verdict.ts"
import type { Prepared } from "../run.ts"
import type { Check } from "./verify-checks.ts"

type Launch = Pick<Prepared, "plan" | "rules" | "site" | "judge">

/**
 * Each protected name and each denied glob of plain names. What is allowed is tried in a new directory only: elsewhere a
 * name is somebody's.
 * @param newName a name that nothing in the project has
 */
export function nameChecks(launch: Launch, newName: string): Check[] {
  const { plan, rules, site, judge } = launch
  if (plan.live === undefined || judge.accessOf(site.project) !== "write") return []
  const fresh = `${site.project}/${newName}`
  const paths = [
    ...rules.protections.flatMap(protectedNames).map(names => `${fresh}/${names}`),
    ...rules.paths.flatMap(rule => deniedPlaces(rule, newName)),
  ]
  return [
    plainCheck(`${fresh}/nested/plain`, launch),
    ...[...new Set(paths)].flatMap(path => madeCheck(path, newName, launch) ?? []),
  ]
}

/** @returns undefined where nothing new can be tried, or nothing is denied and the place is not ours to write */
function madeCheck(path: string, newName: string, launch: Launch): Check | undefined {
  const { project } = launch.site
  const fresh = `${project}/${newName}`
  const shown = path.replace(`${fresh}/`, "").replace(`${project}/`, "").replaceAll(newName, "…")
  const forbidden = forbiddenBy(path, launch)
  const attempt = { kind: "make", path } as const
  if (forbidden !== undefined && isNew(path, launch))
    return {
      guarantee: `a new ${shown} cannot be made: ${whyOf(forbidden)}`,
      attempt,
      expected: "refused",
    }
  if (forbidden !== undefined || !isWithin(path, fresh)) return undefined
  return { guarantee: `a new ${shown} can be made: ${whyAllowed(path, launch)}`, attempt, expected: "done" }
}

function plainCheck(path: string, launch: Launch): Check {
  const forbidden = forbiddenBy(path, launch)
  return {
    guarantee:
      forbidden === undefined
        ? "a name that no rule is about can be made"
        : `a new name cannot be made: ${whyOf(forbidden)}`,
    attempt: { kind: "make", path },
    expected: forbidden === undefined ? "done" : "refused",
  }
}

/** What a rule takes away and does not exist, where the directory that it would be made in can be written. */
export function absentChecks(launch: Launch): Check[] {
  const { rules } = launch
  const named = [...rules.paths.flatMap(takenAway), ...rules.protections.flatMap(protectedPlace)]
  return [...new Set(named)].flatMap(path => {
    const forbidden = isNew(path, launch) ? forbiddenBy(path, launch) : undefined
    if (forbidden === undefined) return []
    return {
      guarantee: `${path} cannot be made: ${whyOf(forbidden)}`,
      attempt: { kind: "make", path },
      expected: "refused",
    }
  })
}

function takenAway({ access, value }: PathRule): string[] {
  return access !== "write" && value.kind === "exact" ? [value.path] : []
}

function protectedPlace({ value, effect }: Protection): string[] {
  const isExact = value.kind === "place" && value.pattern.kind === "exact" && effect === "protect"
  return isExact && value.pattern.kind === "exact" ? [value.pattern.path] : []
}

/** Whether nothing is there, in a directory that can be written: of what is there a mount shows more. */
function isNew(path: string, { site, judge }: Launch): boolean {
  if (site.facts(path).kind !== "missing") return false
  const above = existingAbove(path, site)
  return site.facts(above).kind === "directory" && judge.accessOf(above) === "write"
}

function existingAbove(path: string, site: Prepared["site"]): string {
  const parent = parentOf(path)
  return site.facts(parent).kind === "missing" ? existingAbove(parent, site) : parent
}

/** What speaks against making a file there with what directories it needs: the verdict on the first that may not be made. */
function forbiddenBy(path: string, { site, judge }: Launch): PathVerdict | undefined {
  return lineageOf(path)
    .filter(at => site.facts(at).kind === "missing")
    .map(judge.judge)
    .find(({ access }) => access !== "write")
}

function whyAllowed(path: string, { judge }: Launch): string {
  const lifting = judge.matchesOf(path).find(rule => "effect" in rule && rule.effect === "unprotect")
  return lifting === undefined
    ? whyOf(judge.judge(path))
    : `${ruleText(lifting)} (${formatSource(lifting.source)})`
}

/** Of the alternatives that a protection at any depth has, those that are plain names. */
function protectedNames({ value, effect }: Protection): string[] {
  if (value.kind !== "anywhere" || effect === "unprotect") return []
  return value.names.alternatives.flatMap(names => plainPath(names, undefined) ?? [])
}

/** A place for each alternative of a denied glob; `**` stands for one directory, the new one. */
function deniedPlaces({ access, value }: PathRule, newName: string): string[] {
  if (access !== "deny" || value.kind !== "glob") return []
  return value.glob.alternatives.flatMap(alternative => {
    const path = plainPath(alternative, newName)
    return path === undefined ? [] : `/${path}`
  })
}

function plainPath(components: readonly Component[], anyNames: string | undefined): string | undefined {
  const names = components.map(component => {
    if (component.kind === "literal") return component.name
    return component.kind === "names" ? anyNames : undefined
  })
  return names.every(name => name !== undefined) ? names.join("/") : undefined
}
