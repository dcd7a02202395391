/**
 * Built-in layers are compiled at build time, when nobody's home is known: each variable is a first path component
 * that no file has, and a launch puts the real directory in its place.
 */
import { componentsOf } from "../base/path.ts"
import type { Component, Glob } from "./glob.ts"
import type { Layer } from "./layer.ts"
import type { PathPattern, PathVariables } from "./path-pattern.ts"
import type { ProtectionPattern } from "./protection.ts"

/** U+E000 is in the private use area: no built-in policy writes it. */
const mark = "\ue000"
const xdgNames = ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"]

/** What the variables stand for while the binary is built. */
export const placeholders: PathVariables = {
  home: `/${mark}HOME`,
  project: `/${mark}PROJECT`,
  user: `${mark}USER`,
  xdg: Object.fromEntries(xdgNames.map(name => [name, `/${mark}${name}`])),
}

/** The names in a directory, or undefined when it cannot be listed. */
export type NamesIn = (directory: string) => ReadonlySet<string> | undefined

/**
 * The layer with real directories; `layer` is fresh from its JSON and is changed in place.
 * @param namesIn when given, rules for places that do not exist are left out: of the hundreds of built-in paths a
 * home has few, and each that is carried along costs a launch 20 µs
 */
export function fillPlaceholders(layer: Layer, variables: PathVariables, namesIn?: NamesIn): Layer {
  const places = new Map([
    [`${mark}HOME`, variables.home],
    [`${mark}PROJECT`, variables.project],
    ...Object.entries(variables.xdg).map(([name, path]): [string, string] => [mark + name, path]),
  ])
  if (namesIn !== undefined) leaveOutAbsent(layer, places, namesIn)
  for (const rule of layer.paths) rule.value = filledPattern(rule.value, places)
  for (const rule of layer.protections) rule.value = filledProtection(rule.value, places)
  for (const entry of layer.state) entry.value = filledPath(entry.value, places)
  for (const socket of layer.sockets) socket.value = filledPath(socket.value, places)
  return layer
}

function leaveOutAbsent(layer: Layer, places: ReadonlyMap<string, string>, namesIn: NamesIn): void {
  const present = (pattern: PathPattern) => pattern.kind === "glob" || mayExist(pattern.path, places, namesIn)
  layer.paths = layer.paths.filter(({ value }) => present(value))
  layer.protections = layer.protections.filter(
    ({ value }) => value.kind === "anywhere" || present(value.pattern),
  )
}

/** Looks at the first name below a placeholder only: one listing of the home answers for all rules about it. */
function mayExist(path: string, places: ReadonlyMap<string, string>, namesIn: NamesIn): boolean {
  if (path[1] !== mark) return true
  const start = path.indexOf("/", 1)
  if (start < 0) return true
  const end = path.indexOf("/", start + 1)
  const names = namesIn(places.get(path.slice(1, start)) ?? "")
  return names === undefined || names.has(end < 0 ? path.slice(start + 1) : path.slice(start + 1, end))
}

function filledProtection(value: ProtectionPattern, places: ReadonlyMap<string, string>): ProtectionPattern {
  return value.kind === "anywhere" ? value : { kind: "place", pattern: filledPattern(value.pattern, places) }
}

function filledPattern(pattern: PathPattern, places: ReadonlyMap<string, string>): PathPattern {
  return pattern.kind === "exact"
    ? { kind: "exact", path: filledPath(pattern.path, places) }
    : { kind: "glob", glob: filledGlob(pattern.glob, places) }
}

function filledPath(path: string, places: ReadonlyMap<string, string>): string {
  if (path[1] !== mark) return path
  const end = path.indexOf("/", 1)
  const [name, rest] = end < 0 ? [path.slice(1), ""] : [path.slice(1, end), path.slice(end)]
  return (places.get(name) ?? "") + rest
}

function filledGlob(glob: Glob, places: ReadonlyMap<string, string>): Glob {
  if (glob.text[1] !== mark) return glob
  const alternatives = glob.alternatives.map(([first, ...rest]) => {
    const place = first?.kind === "literal" ? places.get(first.name) : undefined
    return [...componentsOf(place ?? "").map((name): Component => ({ kind: "literal", name })), ...rest]
  })
  return { text: filledPath(glob.text, places), alternatives }
}
