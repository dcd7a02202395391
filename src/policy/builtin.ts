/** The built-in profiles, as the build put them into the program. */
import { builtinTexts } from "./builtin-macro.ts" with { type: "macro" }
import type { BuiltinText } from "./builtin-macro.ts"
import type { CompactLayer } from "./compact.ts"
import { expandLayer } from "./expand.ts"
import type { Layer, Protection } from "./layer.ts"
import type { PathVariables } from "./path-pattern.ts"
import { fillPlaceholders, placeNames } from "./placeholders.ts"
import { addPlaces } from "./places.ts"

// Frozen, because the build would otherwise copy the texts to each place that reads them.
const profiles = Object.freeze(builtinTexts())

/** What can be recognised in a command, or named by `extends` and `--profile`. */
export type BuiltinName = Pick<BuiltinText, "name" | "layer" | "binaries" | "packages">

export function builtinNames(): readonly BuiltinName[] {
  return profiles
}

/** Names that `extends` and `--profile` know. */
export function profileNames(): string[] {
  return builtinNames().flatMap(({ name, layer }) => (layer === "base" || layer === "preset" ? [] : [name]))
}

/** The layer of one built-in profile; undefined when there is none of that name. */
export function builtinLayer(name: string, variables: PathVariables): Layer | undefined {
  const text = profiles.find(candidate => candidate.name === name)
  return text === undefined ? undefined : layerOf(text, variables)
}

/** All layers of one kind. */
export function builtinLayers(kind: BuiltinText["layer"], variables: PathVariables): Layer[] {
  return profiles.filter(({ layer }) => layer === kind).map(text => layerOf(text, variables))
}

/**
 * What the profiles of agents protect, without what they open: in a writable home one agent could otherwise write
 * the settings that another one obeys.
 */
export function agentProtections(variables: PathVariables): Protection[] {
  return builtinLayers("agent", variables).flatMap(layer =>
    layer.protections.filter(({ effect }) => effect === "protect"),
  )
}

function layerOf(text: BuiltinText, variables: PathVariables): Layer {
  const compact: CompactLayer = JSON.parse(text.rest)
  const layer = fillPlaceholders(expandLayer(compact), variables)
  addPlaces(layer, JSON.parse(text.places), { placeOf: placeNames(variables), files: compact.files })
  return layer
}
