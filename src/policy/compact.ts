/**
 * Built-in layers as they lie in the program: the same data without repeated names. A launch parses all of it, and
 * JSON with its field names is four times as long and takes 1.5 ms more.
 */
import { componentsOf } from "../base/path.ts"
import type { Component, Glob } from "./glob.ts"
import type { HostRule, Layer, PathRule, Protection, StateEntry, VariableRule } from "./layer.ts"
import type { LayerName, Sourced } from "./source.ts"

/** file (as an index), line, column, locked */
export type Place = readonly [number, number, number, 0 | 1]

/**
 * Rules of one place as text, which is read faster than a list: what is done and the Place, `deny 0 12 7 0`,
 * several with commas, "" for none.
 */
export type PlaceText = string

/**
 * Where rules for single places stand: a directory's own rules, and below its names other directories, or the rules
 * of a place with nothing below it. Two lists, because an object of hundreds of names takes 0.2 ms to read.
 */
export type PlaceTree = { own: PlaceText; names: string[]; below: (PlaceTree | PlaceText)[] }

type CompactGlob = readonly [text: string, alternatives: Glob["alternatives"]]

export type CompactLayer = {
  name: LayerName
  files: readonly string[]
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
export function compactLayer(
  layer: Layer,
  files: readonly string[],
): { rest: CompactLayer; places: PlaceTree } {
  const placeOf = ({ source, locked }: Sourced<unknown>): Place => {
    const file = files.indexOf(source.file)
    if (file < 0) throw new Error(`bug: ${source.file} is not one of the layer's files`)
    return [file, source.line, source.column, locked ? 1 : 0]
  }
  const rest: CompactLayer = {
    name: layer.name,
    files,
    globs: layer.paths.flatMap(rule =>
      rule.value.kind === "glob"
        ? [[rule.access, compactGlob(rule.value.glob), ...placeOf(rule)] as const]
        : [],
    ),
    names: layer.protections.flatMap(rule =>
      rule.value.kind === "anywhere"
        ? [[rule.effect, rule.value.text, namesOf(rule.value), ...placeOf(rule)] as const]
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
  return { rest, places: placeTree(layer, placeOf) }
}

function placeTree(layer: Layer, placeOf: (rule: Sourced<unknown>) => Place): PlaceTree {
  const rules = new Map<string, string>()
  const add = (path: string, effect: string, rule: Sourced<unknown>) => {
    const text = [effect, ...placeOf(rule)].join(" ")
    const before = rules.get(path)
    rules.set(path, before === undefined ? text : `${before},${text}`)
  }
  for (const rule of layer.paths) if (rule.value.kind === "exact") add(rule.value.path, rule.access, rule)
  for (const rule of layer.protections)
    if (rule.value.kind === "place" && rule.value.pattern.kind === "exact")
      add(rule.value.pattern.path, rule.effect, rule)
  const root: PlaceTree = { own: "", names: [], below: [] }
  for (const [path, text] of rules) plant(root, componentsOf(path), text)
  return root
}

/** Puts the rules of a place into the tree. */
function plant(tree: PlaceTree, [name, ...deeper]: readonly string[], text: PlaceText): void {
  if (name === undefined) {
    tree.own = text
    return
  }
  const index = tree.names.includes(name) ? tree.names.indexOf(name) : tree.names.push(name) - 1
  const present = tree.below[index] ?? ""
  if (typeof present === "object") plant(present, deeper, text)
  else if (deeper.length === 0) tree.below[index] = text
  else {
    const branch: PlaceTree = { own: present, names: [], below: [] }
    tree.below[index] = branch
    plant(branch, deeper, text)
  }
}

/** 0 when all names are plain: then the text says everything. */
function namesOf({ text, names }: { text: string; names: Glob }): CompactGlob | 0 {
  return /[*?[\]{}\\]/.test(text) ? compactGlob(names) : 0
}

function compactGlob({ text, alternatives }: Glob): CompactGlob {
  return [text, alternatives]
}

/** A pattern of plain names, as compiling it would give it. */
export function plainGlob(text: string): Glob {
  const names: Component[] = []
  for (const name of text.split("/")) names.push({ kind: "literal", name })
  return { text: `/${text}`, alternatives: [names] }
}
