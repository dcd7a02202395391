/** The rules of places in a built-in layer, which the build has put into a tree of names: it is smaller than a list. */
import type { PlaceText, PlaceTree } from "./compact.ts"
import { addPlaceRules } from "./expand.ts"
import type { Layer } from "./layer.ts"

export type TreeContext = {
  /** a first name of the tree as a directory: a placeholder as what it stands for */
  placeOf: (name: string) => string
  /** the files that the rules were written in */
  files: readonly string[]
}

/** Adds the rules to the layer. */
export function addPlaces(layer: Layer, tree: PlaceTree, context: TreeContext): void {
  const walk = { layer, context }
  addText(walk, tree.own, "/")
  for (const [index, name] of tree.names.entries()) addBelow(walk, tree.below[index], context.placeOf(name))
}

type Walk = { layer: Layer; context: TreeContext }

function addBelow(walk: Walk, below: PlaceTree | PlaceText | undefined, path: string): void {
  addText(walk, typeof below === "object" ? below.own : (below ?? ""), path)
  if (typeof below !== "object") return
  for (const [index, name] of below.names.entries())
    addBelow(walk, below.below[index], path === "/" ? `/${name}` : `${path}/${name}`)
}

function addText({ layer, context }: Walk, text: PlaceText, path: string): void {
  if (text !== "") addPlaceRules(layer, path, { text, files: context.files })
}
