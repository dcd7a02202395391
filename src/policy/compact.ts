/**
 * Built-in layers as they lie in the program: the same data without repeated names. A launch parses all of it, and
 * JSON with its field names is four times as long and takes 1.5 ms more.
 */
import type { Component } from "./glob.ts"
import type { Access, HostRule, Layer, PathRule, Protection, StateEntry, VariableRule } from "./layer.ts"
import type { LayerName, Sourced } from "./source.ts"

/** line, column, locked */
type Place = readonly [number, number, 0 | 1]

/** Where rules for single places stand; keys are names, `""` holds the rules of the place itself. */
export type PlaceTree = { [name: string]: PlaceTree | PlaceRule[] }
export type PlaceRule = readonly [Access | "protect" | "unprotect", ...Place]

type CompactGlob = readonly [text: string, alternatives: readonly (readonly Component[])[]]

export type CompactLayer = {
  name: LayerName
  file: string
  globs: readonly (readonly [PathRule["access"], CompactGlob, ...Place])[]
  /** protected names; without alternatives when all of them are plain */
  names: readonly (readonly [Protection["effect"], string, CompactGlob | 0, ...Place])[]
  globProtections: readonly (readonly [Protection["effect"], CompactGlob, ...Place])[]
  variables: readonly (readonly [VariableRule["verdict"], string, ...Place])[]
  hosts: readonly (readonly [HostRule["verdict"], HostRule["value"], ...Place])[]
  state: readonly (readonly [string, string | null, string, StateEntry["absent"], ...Place])[]
  settings: Layer["settings"]
}

/** A layer that the build has read, in two parts: the rules for single places, and the rest. */
export function compactLayer(layer: Layer, file: string): { rest: CompactLayer; places: PlaceTree } {
  const rest: CompactLayer = {
    name: layer.name,
    file,
    globs: layer.paths.flatMap(rule =>
      rule.value.kind === "glob"
        ? [[rule.access, compactGlob(rule.value.glob), ...placeOf(rule)] as const]
        : [],
    ),
    names: layer.protections.flatMap(rule =>
      rule.value.kind === "anywhere"
        ? [
            [
              rule.effect,
              rule.value.text,
              isPlain(rule.value.text) ? 0 : compactGlob(rule.value.names),
              ...placeOf(rule),
            ] as const,
          ]
        : [],
    ),
    globProtections: layer.protections.flatMap(rule =>
      rule.value.kind === "place" && rule.value.pattern.kind === "glob"
        ? [[rule.effect, compactGlob(rule.value.pattern.glob), ...placeOf(rule)] as const]
        : [],
    ),
    variables: layer.variables.map(rule => [rule.verdict, rule.value, ...placeOf(rule)] as const),
    hosts: layer.hosts.map(rule => [rule.verdict, rule.value, ...placeOf(rule)] as const),
    state: layer.state.map(
      entry => [entry.value, entry.variable ?? null, entry.below, entry.absent, ...placeOf(entry)] as const,
    ),
    settings: layer.settings,
  }
  return { rest, places: placeTree(layer) }
}

/** The layer again, with the rules of those places that `placeRules` adds. */
export function expandLayer(compact: CompactLayer): Layer {
  const sourced = sourcedBy(compact)
  return {
    name: compact.name,
    paths: compact.globs.map(([access, glob, ...place]) => ({
      ...sourced({ kind: "glob" as const, glob: expandGlob(glob) }, place),
      access,
      role: roleOf(compact.name),
    })),
    protections: [
      ...compact.names.map(([effect, text, glob, ...place]) => ({
        ...sourced(
          { kind: "anywhere" as const, text, names: glob === 0 ? plainGlob(text) : expandGlob(glob) },
          place,
        ),
        effect,
      })),
      ...compact.globProtections.map(([effect, glob, ...place]) => ({
        ...sourced(
          { kind: "place" as const, pattern: { kind: "glob" as const, glob: expandGlob(glob) } },
          place,
        ),
        effect,
      })),
    ],
    variables: compact.variables.map(([verdict, value, ...place]) => ({ ...sourced(value, place), verdict })),
    hosts: compact.hosts.map(([verdict, value, ...place]) => ({ ...sourced(value, place), verdict })),
    state: compact.state.map(([value, variable, below, absent, ...place]) => ({
      ...sourced(value, place),
      variable: variable ?? undefined,
      below,
      absent,
    })),
    settings: compact.settings,
    sockets: [],
    hostPorts: [],
    expose: [],
    assignments: [],
    commands: [],
    optional: [],
  }
}

/** Adds the rules of one place to an expanded layer. */
export function addPlaceRules(
  layer: Layer,
  path: string,
  { rules, file }: { rules: readonly PlaceRule[]; file: string },
): void {
  const sourced = sourcedBy({ name: layer.name, file })
  for (const [effect, ...place] of rules) {
    const value = { kind: "exact" as const, path }
    if (effect === "protect" || effect === "unprotect")
      layer.protections.push({ ...sourced({ kind: "place" as const, pattern: value }, place), effect })
    else layer.paths.push({ ...sourced(value, place), access: effect, role: roleOf(layer.name) })
  }
}

/** What these open is an agent's or toolchain's own, and stays so when the project becomes read-only. */
export function roleOf(name: LayerName): PathRule["role"] {
  return name === "toolchain" || name === "agent" ? "state" : "policy"
}

function placeTree(layer: Layer): PlaceTree {
  const tree: PlaceTree = {}
  const add = (path: string, rule: PlaceRule) => {
    const branch = path
      .split("/")
      .filter(name => name !== "")
      .reduce((at: PlaceTree, name) => {
        at[name] ??= {}
        return at[name] as PlaceTree
      }, tree)
    branch[""] = [...((branch[""] ?? []) as PlaceRule[]), rule]
  }
  for (const rule of layer.paths)
    if (rule.value.kind === "exact") add(rule.value.path, [rule.access, ...placeOf(rule)])
  for (const rule of layer.protections)
    if (rule.value.kind === "place" && rule.value.pattern.kind === "exact")
      add(rule.value.pattern.path, [rule.effect, ...placeOf(rule)])
  return tree
}

function placeOf({ source, locked }: Sourced<unknown>): Place {
  return [source.line, source.column, locked ? 1 : 0]
}

function sourcedBy({ name, file }: { name: LayerName; file: string }) {
  return <T>(value: T, [line, column, locked]: Place): Sourced<T> => ({
    value,
    source: { file, line, column },
    layer: name,
    locked: locked === 1,
  })
}

function isPlain(text: string): boolean {
  return !/[*?[\]{}\\]/.test(text)
}

function plainGlob(text: string) {
  const names = text.split("/").map((name): Component => ({ kind: "literal", name }))
  return { text: `/${text}`, alternatives: [names] }
}

function compactGlob({
  text,
  alternatives,
}: {
  text: string
  alternatives: readonly (readonly Component[])[]
}): CompactGlob {
  return [text, alternatives]
}

function expandGlob([text, alternatives]: CompactGlob) {
  return { text, alternatives }
}
