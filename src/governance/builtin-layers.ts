/** The built-in layers of a launch. */
import { builtinLayer, builtinLayers } from "../policy/builtin.ts"
import { emptyLayer, type Layer } from "../policy/layer.ts"
import type { LayersRequest } from "./layers.ts"

type Request = Pick<LayersRequest, "variables" | "preset" | "agents" | "presentNames">

/**
 * Rules of places that do not exist are left out only where nothing but the project can be written: elsewhere they are
 * about what may be made.
 * @param said what everybody else says
 */
export function builtinsInForce(request: Request, said: readonly Layer[]): Layer[] {
  const isUsual = !said.some(opensPlaces) && !opensMore(request)
  return allBuiltins(isUsual ? request : { ...request, presentNames: undefined })
}

function opensPlaces({ paths, settings }: Layer): boolean {
  return settings.home?.value === "write" || paths.some(({ access }) => access === "write")
}

/** The preset's home, and agents' directories, in which more is protected than is there. */
function opensMore({ agents, preset, variables, presentNames }: Request): boolean {
  const layer = builtinLayer(preset, variables, presentNames)
  return agents.length > 0 || (layer !== undefined && opensPlaces(layer))
}

function allBuiltins({ variables, preset, agents, presentNames }: Request): Layer[] {
  const named = [preset, ...agents].flatMap(name => builtinLayer(name, variables, presentNames) ?? [])
  const toolchains = builtinLayers("toolchain", variables, presentNames)
  // Untrusted work leaves nothing behind in caches that the host will use; packages it may fetch, where there is a network.
  const heard = preset === "untrusted" ? toolchains.map(hostsOnly) : toolchains
  return [...builtinLayers("base", variables, presentNames), ...named, ...heard]
}

function hostsOnly({ name, hosts }: Layer): Layer {
  return { ...emptyLayer(name), hosts }
}
