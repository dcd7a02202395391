/** The built-in profiles, as the build put them into the program. */
import { builtinTexts } from "./builtin-macro.ts" with { type: "macro" }
import type { BuiltinText } from "./builtin-macro.ts"
import type { Layer } from "./layer.ts"
import type { PathVariables } from "./path-pattern.ts"
import { fillPlaceholders, type NamesIn } from "./placeholders.ts"

const texts: BuiltinText[] = builtinTexts()

/** What can be recognised in a command, or named by `extends` and `--profile`. */
export type BuiltinName = Pick<BuiltinText, "name" | "layer" | "binaries" | "packages">

export function builtinNames(): readonly BuiltinName[] {
  return texts
}

/**
 * The layer of one built-in profile; undefined when there is none of that name.
 * @param namesIn leaves out what does not exist (`fillPlaceholders`); absent = the whole layer
 */
export function builtinLayer(name: string, variables: PathVariables, namesIn?: NamesIn): Layer | undefined {
  const text = texts.find(candidate => candidate.name === name)
  return text === undefined ? undefined : layerOf(text, variables, namesIn)
}

/** All layers of one kind. */
export function builtinLayers(
  kind: BuiltinText["layer"],
  variables: PathVariables,
  namesIn?: NamesIn,
): Layer[] {
  return texts.filter(text => text.layer === kind).map(text => layerOf(text, variables, namesIn))
}

function layerOf(text: BuiltinText, variables: PathVariables, namesIn: NamesIn | undefined): Layer {
  return fillPlaceholders(JSON.parse(text.json) as Layer, variables, namesIn)
}
