/**
 * Built-in layers are compiled at build time, when nobody's home is known: each variable is a first path component
 * that no file has, and a launch puts the real directory in its place.
 */
import { componentsOf } from "../base/path.ts"
import type { Component, Glob } from "./glob.ts"
import type { Layer } from "./layer.ts"
import type { PathPattern, PathVariables } from "./path-pattern.ts"
import type { ProtectionPattern } from "./protection.ts"

/** DEL: no built-in policy writes it, and unlike rarer characters it does not double the memory of the texts. */
const mark = "\x7f"

/** What the variables stand for while the binary is built. */
export const placeholders: PathVariables = {
  home: `/${mark}HOME`,
  project: `/${mark}PROJECT`,
  user: `${mark}USER`,
  xdg: {
    XDG_CACHE_HOME: `/${mark}XDG_CACHE_HOME`,
    XDG_CONFIG_HOME: `/${mark}XDG_CONFIG_HOME`,
    XDG_DATA_HOME: `/${mark}XDG_DATA_HOME`,
    XDG_STATE_HOME: `/${mark}XDG_STATE_HOME`,
  },
}

/** The layer with real directories; `layer` is fresh from its JSON and is changed in place. */
export function fillPlaceholders(layer: Layer, variables: PathVariables): Layer {
  const places = placesOf(variables)
  for (const rule of layer.paths) rule.value = filledPattern(rule.value, places)
  for (const rule of layer.protections) rule.value = filledProtection(rule.value, places)
  for (const entry of layer.state) entry.value = filledPath(entry.value, places)
  for (const socket of layer.sockets) socket.value = filledPath(socket.value, places)
  return layer
}

/** What a first name of a path stands for: a directory of this launch, or itself. */
export function placeNames(variables: PathVariables): (name: string) => string {
  const places = placesOf(variables)
  return name => places.get(name) ?? `/${name}`
}

function placesOf({ home, project, xdg }: PathVariables): ReadonlyMap<string, string> {
  const named = Object.entries(xdg).map(([name, path]): [string, string] => [mark + name, path])
  return new Map([[`${mark}HOME`, home], [`${mark}PROJECT`, project], ...named])
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
