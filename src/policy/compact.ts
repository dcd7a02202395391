/**
 * Built-in layers as they lie in the program: the same data without repeated names. A launch parses all of it, and
 * JSON with its field names is four times as long and takes 1.5 ms more.
 */
import type { Component } from "./glob.ts"
import {
  type Access,
  emptyLayer,
  type HostRule,
  type Layer,
  type PathRule,
  type Protection,
  type StateEntry,
  type VariableRule,
} from "./layer.ts"
import type { PathPattern } from "./path-pattern.ts"
import type { ProtectionPattern } from "./protection.ts"
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

/** The layer again, without the rules for single places, which `addPlaceRules` adds. */
export function expandLayer(compact: CompactLayer): Layer {
  const { name, file } = compact
  const layer = emptyLayer(name)
  layer.settings = compact.settings
  // Written out field by field: this runs once, cold, and there spreads and destructuring take four times as long.
  for (const row of compact.globs) {
    const value: PathPattern = { kind: "glob", glob: expandGlob(row[1]) }
    const source = { file, line: row[2], column: row[3] }
    layer.paths.push({ value, source, layer: name, locked: row[4] === 1, access: row[0], role: roleOf(name) })
  }
  for (const row of compact.names) {
    const names = row[2] === 0 ? plainGlob(row[1]) : expandGlob(row[2])
    const source = { file, line: row[3], column: row[4] }
    const value: ProtectionPattern = { kind: "anywhere", text: row[1], names }
    layer.protections.push({ value, source, layer: name, locked: row[5] === 1, effect: row[0] })
  }
  for (const row of compact.globProtections) {
    const value: ProtectionPattern = { kind: "place", pattern: { kind: "glob", glob: expandGlob(row[1]) } }
    const source = { file, line: row[2], column: row[3] }
    layer.protections.push({ value, source, layer: name, locked: row[4] === 1, effect: row[0] })
  }
  for (const row of compact.variables) {
    const source = { file, line: row[2], column: row[3] }
    layer.variables.push({ value: row[1], source, layer: name, locked: row[4] === 1, verdict: row[0] })
  }
  for (const row of compact.hosts) {
    const source = { file, line: row[2], column: row[3] }
    layer.hosts.push({ value: row[1], source, layer: name, locked: row[4] === 1, verdict: row[0] })
  }
  for (const row of compact.state) {
    const source = { file, line: row[4], column: row[5] }
    const place = { variable: row[1] ?? undefined, below: row[2], absent: row[3] }
    layer.state.push({ value: row[0], source, layer: name, locked: row[6] === 1, ...place })
  }
  return layer
}

/** Adds the rules of one place to an expanded layer. */
export function addPlaceRules(
  layer: Layer,
  path: string,
  { rules, file }: { rules: readonly PlaceRule[]; file: string },
): void {
  for (const row of rules) {
    const effect = row[0]
    const source = { file, line: row[1], column: row[2] }
    const common = { source, layer: layer.name, locked: row[3] === 1 }
    const value: PathPattern = { kind: "exact", path }
    if (effect === "protect" || effect === "unprotect")
      layer.protections.push({ value: { kind: "place", pattern: value }, ...common, effect })
    else layer.paths.push({ value, ...common, access: effect, role: roleOf(layer.name) })
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
