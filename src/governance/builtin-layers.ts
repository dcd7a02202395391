/** The built-in layers of a launch. */
import { builtinLayer, builtinLayers } from "../policy/builtin.ts"
import { emptyLayer, type Layer } from "../policy/layer.ts"
import type { LayersRequest } from "./layers.ts"

type Request = Pick<LayersRequest, "variables" | "preset" | "agents">

export function builtinsInForce({ variables, preset, agents }: Request): Layer[] {
  const named = [preset, ...agents].flatMap(name => builtinLayer(name, variables) ?? [])
  const toolchains = builtinLayers("toolchain", variables)
  // Untrusted work leaves nothing behind in caches that the host will use; packages it may fetch, where there is a network.
  const heard = preset === "untrusted" ? toolchains.map(hostsOnly) : toolchains
  return [...builtinLayers("base", variables), ...named, ...heard]
}

function hostsOnly({ name, hosts }: Layer): Layer {
  return { ...emptyLayer(name), hosts }
}
