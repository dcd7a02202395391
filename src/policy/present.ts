/**
 * Of the hundreds of places that the built-in policy names, a machine has a few dozen. A launch walks only the
 * part of their tree that exists: carrying the others along would take longer than all the rest of it.
 */
import type { PlaceText, PlaceTree } from "./compact.ts"
import { addPlaceRules } from "./expand.ts"
import type { Layer } from "./layer.ts"

/** Which of the names stand in the directory; all of them when it cannot be told. */
export type PresentNames = (directory: string, names: readonly string[]) => readonly string[]

export type PlaceSearch = {
  presentNames: PresentNames
  /** a first name of the tree as a directory: a placeholder as what it stands for */
  placeOf: (name: string) => string
  /** the files that the rules were written in */
  files: readonly string[]
}

/** Adds the rules whose place exists to the layer. */
export function addPresent(layer: Layer, tree: PlaceTree, search: PlaceSearch): void {
  const walk = { layer, search }
  addText(walk, tree.own, "/")
  for (const [index, name] of tree.names.entries()) addBelow(walk, tree.below[index], search.placeOf(name))
}

type Walk = { layer: Layer; search: PlaceSearch }

function addBelow(walk: Walk, below: PlaceTree | PlaceText | undefined, path: string): void {
  addText(walk, typeof below === "object" ? below.own : (below ?? ""), path)
  if (typeof below !== "object") return
  for (const name of walk.search.presentNames(path, below.names))
    addBelow(walk, below.below[below.names.indexOf(name)], path === "/" ? `/${name}` : `${path}/${name}`)
}

function addText({ layer, search }: Walk, text: PlaceText, path: string): void {
  if (text !== "") addPlaceRules(layer, path, { text, files: search.files })
}
