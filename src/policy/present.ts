/**
 * Of the hundreds of places that the built-in policy names, a machine has a few dozen. A launch walks only the
 * part of their tree that exists: carrying the others along would take longer than all the rest of it.
 */
import { addPlaceRules, type PlaceRule, type PlaceTree } from "./compact.ts"
import type { Layer } from "./layer.ts"

/** Which of the names stand in the directory; all of them when it cannot be told. */
export type PresentNames = (directory: string, names: readonly string[]) => readonly string[]

export type PlaceSearch = {
  presentNames: PresentNames
  /** a first name of the tree as a directory: a placeholder as what it stands for */
  placeOf: (name: string) => string
  /** the file that the rules were written in */
  file: string
}

/** Adds the rules whose place exists to the layer. */
export function addPresent(layer: Layer, tree: PlaceTree, search: PlaceSearch): void {
  for (const [name, branch] of Object.entries(tree))
    if (!Array.isArray(branch)) walk(layer, branch, { path: search.placeOf(name), search })
}

function walk(
  layer: Layer,
  branch: PlaceTree,
  { path, search }: { path: string; search: PlaceSearch },
): void {
  const { "": rules, ...below } = branch
  if (rules !== undefined) addPlaceRules(layer, path, { rules: rules as PlaceRule[], file: search.file })
  const names = Object.keys(below)
  if (names.length === 0) return
  for (const name of search.presentNames(path, names)) {
    const next = below[name]
    if (next !== undefined && !Array.isArray(next))
      walk(layer, next, { path: path === "/" ? `/${name}` : `${path}/${name}`, search })
  }
}
