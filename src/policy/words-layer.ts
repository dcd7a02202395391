/** Layers that no file holds: what options and `CORDON_*` variables say, in the shape of a policy file. */
import { buildLayer } from "./build-layer.ts"
import { emptyLayer, type Layer } from "./layer.ts"
import type { PathVariables } from "./path-pattern.ts"
import type { PolicyFile } from "./schema.ts"
import { type LayerName, sourceOf } from "./source.ts"

/** A policy in words, and for each value the words that gave it. */
export type WordsPolicy = {
  content: PolicyFile
  /** `filesystem.deny.0` → `--deny ~/.aws` */
  words: Readonly<Record<string, string>>
}

/** @throws PolicyError when a path, host or variable in the words means nothing */
export function wordsLayer(name: LayerName, policy: WordsPolicy, variables: PathVariables): Layer {
  const locate = (steps: readonly (string | number)[]) => sourceOf(policy.words[steps.join(".")] ?? name)
  return buildLayer({ content: policy.content, locate }, { name, variables, mayLock: false })
}

/** The preset's settings with the voice of the layer that chose it, below what that layer says itself. */
export function withPresetSettings(layer: Layer, preset: Layer | undefined): Layer {
  if (preset === undefined) return layer
  const settings = Object.fromEntries(
    Object.entries(preset.settings).map(([name, value]) => [name, { ...value, layer: layer.name }]),
  )
  return { ...emptyLayer(layer.name), ...layer, settings: { ...settings, ...layer.settings } }
}
