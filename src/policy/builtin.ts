/** The built-in profiles, as the build put them into the program. */
import { isWithin } from "../base/path.ts"
import { builtinTexts } from "./builtin-macro.ts" with { type: "macro" }
import type { BuiltinText, ToolchainText } from "./builtin-macro.ts"
import type { CompactLayer } from "./compact.ts"
import { expandLayer } from "./expand.ts"
import type { Layer, Protection } from "./layer.ts"
import type { PathVariables } from "./path-pattern.ts"
import { fillPlaceholders, placeNames } from "./placeholders.ts"
import { addPresent, type PresentNames } from "./present.ts"

// Frozen, because the build would otherwise copy the texts to each place that reads them.
const { profiles, toolchains } = Object.freeze(builtinTexts())

/** What can be recognised in a command, or named by `extends` and `--profile`. */
export type BuiltinName = Pick<BuiltinText, "name" | "layer" | "binaries" | "packages">

export function builtinNames(): readonly BuiltinName[] {
  return profiles
}

/** Names that `extends` and `--profile` know. */
export function profileNames(): string[] {
  return builtinNames().flatMap(({ name, layer }) => (layer === "base" || layer === "preset" ? [] : [name]))
}

/**
 * The layer of one built-in profile; undefined when there is none of that name.
 * @param presentNames leaves out rules for places that do not exist (present.ts); absent = the whole layer
 */
export function builtinLayer(
  name: string,
  variables: PathVariables,
  presentNames?: PresentNames,
): Layer | undefined {
  const text = profiles.find(candidate => candidate.name === name)
  return text === undefined ? undefined : layerOf(text, variables, presentNames)
}

/** All layers of one kind; of the toolchains a launch gets one that says what all of them do. */
export function builtinLayers(
  kind: BuiltinText["layer"],
  variables: PathVariables,
  presentNames?: PresentNames,
): Layer[] {
  if (kind === "toolchain" && presentNames !== undefined)
    return [layerOf(toolchains, variables, presentNames)]
  return profiles.filter(({ layer }) => layer === kind).map(text => layerOf(text, variables, presentNames))
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

function layerOf(text: ToolchainText, variables: PathVariables, presentNames = allNames): Layer {
  const compact: CompactLayer = JSON.parse(text.rest)
  const layer = fillPlaceholders(expandLayer(compact), variables)
  // In its own directories, which will be writable, the rules of places that do not exist are about what may be made.
  const isOwn = (directory: string) => layer.state.some(({ value }) => isWithin(directory, value))
  addPresent(layer, JSON.parse(text.places), {
    presentNames: (directory, names) => (isOwn(directory) ? names : presentNames(directory, names)),
    placeOf: placeNames(variables),
    files: compact.files,
  })
  return layer
}

/** Every place is wanted, whether it exists or not. */
const allNames: PresentNames = (_directory, names) => names
