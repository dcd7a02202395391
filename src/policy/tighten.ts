/**
 * A repository's policy is not trusted: it may deny and limit, and whatever in it would open more than the other
 * layers do is left out, until a person trusts that exact content (`cordon policy trust`).
 */

import { credentialText } from "./credential.ts"
import { hostText } from "./host-pattern.ts"
import { accesses, type Layer, type PathRule, type SettingName, type Settings } from "./layer.ts"
import { decideSetting, defaultSettings, type MergeFacts, mergeLayers } from "./merge.ts"
import { patternText } from "./path-pattern.ts"
import { protectionText } from "./protection.ts"
import { permissiveness } from "./restrictiveness.ts"
import { type Source, type Sourced, sourceOf } from "./source.ts"
import { pathJudge } from "./verdict.ts"

/** Something that a project's policy said and that does not hold; `always`: however much it is trusted. */
export type LeftOut = { text: string; source: Source; always: boolean }

export type Tightened = { layer: Layer; leftOut: LeftOut[] }

/**
 * @param project the layer of the repository
 * @param others every other layer that is in force
 */
export function tightenOnly(project: Layer, others: readonly Layer[], facts: MergeFacts): Tightened {
  const leftOut: LeftOut[] = []
  const leave = (text: string, source: Source) => {
    const profile = /^built-in:(.*)\.yaml$/.exec(source.file)?.[1]
    const item =
      profile === undefined
        ? { text, source, always: false }
        : { text: `extends: ${profile}`, source: sourceOf("the project's policy"), always: false }
    if (!leftOut.some(other => other.text === item.text && other.source.line === item.source.line))
      leftOut.push(item)
  }
  const keepNone = <T>(values: readonly Sourced<T>[], name: string): never[] => {
    for (const { value, source } of values) leave(`${name}: ${String(value)}`, source)
    return []
  }
  const layer: Layer = {
    ...project,
    paths: tighterPaths(project, others, facts, leave),
    protections: project.protections.filter(({ effect, value, source }) => {
      if (effect === "unprotect") leave(`unprotect: ${protectionText(value)}`, source)
      return effect === "protect"
    }),
    hosts: project.hosts.filter(({ verdict, value, source }) => {
      if (verdict === "allow") leave(`network.allow: ${hostText(value)}`, source)
      return verdict === "deny"
    }),
    credentials: project.credentials.filter(({ value, source }) => {
      leave(`credentials: ${credentialText(value)}`, source)
      return false
    }),
    variables: project.variables.filter(({ verdict, value, source }) => {
      if (verdict === "pass") leave(`environment.pass: ${value}`, source)
      return verdict === "remove"
    }),
    sockets: keepNone(project.sockets, "network.unix_sockets"),
    hostPorts: keepNone(project.hostPorts, "network.host_ports"),
    expose: keepNone(project.expose, "network.expose"),
    assignments: project.assignments.filter(({ name, source }) => {
      leave(`environment.set: ${name}`, source)
      return false
    }),
    optional: keepNone(project.optional, "optional"),
    state: keepNone(project.state, "state"),
    settings: tighterSettings(project, others, leave),
  }
  return { layer, leftOut }
}

type Leave = (text: string, source: Source) => void

/**
 * An exact rule decides only where no deeper rule does, and there the other layers say what they say about its own
 * path: comparing at that path is enough. A glob reaches many places, so none that opens is kept.
 */
function tighterPaths(project: Layer, others: readonly Layer[], facts: MergeFacts, leave: Leave): PathRule[] {
  const without = pathJudge(mergeLayers(others, facts))
  return project.paths.filter(rule => {
    if (rule.access === "deny") return true
    const opens =
      rule.value.kind === "glob" ||
      accesses.indexOf(rule.access) > accesses.indexOf(without.accessOf(rule.value.path))
    if (opens) leave(`filesystem.${rule.access}: ${patternText(rule.value)}`, rule.source)
    return !opens
  })
}

function tighterSettings(project: Layer, others: readonly Layer[], leave: Leave): Layer["settings"] {
  const names = Object.keys(project.settings) as SettingName[]
  return Object.fromEntries(
    names.flatMap(name => {
      const own = project.settings[name]
      if (own === undefined) return []
      if (isTighter(name, own, others)) return [[name, own]]
      leave(`${settingNames[name]}: ${own.value}`, own.source)
      return []
    }),
  )
}

function isTighter(
  name: SettingName,
  own: Sourced<Settings[SettingName]>,
  others: readonly Layer[],
): boolean {
  const fallback = name in defaultSettings ? defaultSettings[name as keyof typeof defaultSettings] : undefined
  const other = decideSetting(others, name)?.value ?? fallback
  // Only a limit has no value of its own: one that nobody else sets is tighter than none.
  if (other === undefined) return true
  const amount = permissiveness as (name: SettingName, value: Settings[SettingName]) => number
  return amount(name, own.value) <= amount(name, other)
}

/** Settings as they are written in a policy. */
export const settingNames: { readonly [Name in SettingName]: string } = {
  strict: "filesystem.strict",
  readonly: "filesystem.readonly",
  home: "filesystem.home",
  live: "filesystem.live",
  networkMode: "network.mode",
  ask: "network.ask",
  askTimeout: "network.ask_timeout",
  environmentMode: "environment.mode",
  nestedUserns: "nested_userns",
  memory: "limits.memory",
  cpus: "limits.cpus",
  processes: "limits.processes",
  time: "limits.time",
}
