/** Checked policy text → a layer: every path expanded, every pattern compiled, every value with its source. */
import { PolicyError } from "../base/error.ts"
import { emptyLayer, type Layer, roleOf, type StateEntry } from "./layer.ts"
import { exactPath, type LayerContext, LayerReader } from "./layer-reader.ts"
import type { ParsedPolicy } from "./parse.ts"
import { pathPattern } from "./path-pattern.ts"
import { protectionPattern } from "./protection.ts"
import { readCredentials, readNetwork } from "./read-network.ts"
import type { ProfileFile } from "./schema.ts"
import type { Sourced } from "./source.ts"

export type { LayerContext } from "./layer-reader.ts"

/** @throws PolicyError with every path, glob and host that means nothing */
export function buildLayer(parsed: ParsedPolicy<ProfileFile>, context: LayerContext): Layer {
  const reader = new LayerReader(parsed, context)
  const layer = emptyLayer(context.name)
  readFilesystem(reader, layer)
  readNetwork(reader, layer)
  readEnvironment(reader, layer)
  readCredentials(reader, layer)
  readRest(reader, layer)
  reader.refuseLocks()
  if (reader.problems.length > 0) throw new PolicyError(reader.problems)
  return layer
}

function readFilesystem(reader: LayerReader, layer: Layer): void {
  const section = reader.content.filesystem ?? {}
  const { context } = reader
  const { variables } = context
  for (const access of ["deny", "read", "write"] as const)
    for (const rule of reader.list(["filesystem", access], section[access], text =>
      pathPattern(text, variables),
    ))
      layer.paths.push({ ...rule, access, role: roleOf(context.name) })
  for (const effect of ["protect", "unprotect"] as const)
    for (const rule of reader.list(["filesystem", effect], section[effect], text =>
      protectionPattern(text, variables),
    ))
      layer.protections.push({ ...rule, effect })
  reader.setting(layer, "strict", ["filesystem", "strict"], section.strict)
  reader.setting(layer, "readonly", ["filesystem", "readonly"], section.readonly)
  reader.setting(layer, "home", ["filesystem", "home"], section.home)
  reader.setting(layer, "live", ["filesystem", "live"], section.live)
}

function readEnvironment(reader: LayerReader, layer: Layer): void {
  const section = reader.content.environment ?? {}
  for (const verdict of ["pass", "remove"] as const)
    for (const rule of reader.list(["environment", verdict], section[verdict], text => text))
      layer.variables.push({ ...rule, verdict })
  for (const [name, text] of Object.entries(section.set ?? {})) {
    const value = reader.value(["environment", "set", name], () => {
      // By these a program inside, and Cordon started inside, know where they are.
      if (name !== "CORDON" && name !== "CORDON_SESSION") return text
      throw new SyntaxError(`Cordon sets ${name} itself; remove it`)
    })
    if (value !== undefined) layer.assignments.push({ ...value, name })
  }
  reader.setting(layer, "environmentMode", ["environment", "mode"], section.mode)
}

function readRest(reader: LayerReader, layer: Layer): void {
  const { commands = {}, limits = {}, nested_userns, state } = reader.content
  layer.commands.push(...reader.list(["commands", "deny"], commands.deny, text => text))
  for (const name of ["memory", "cpus", "processes", "time"] as const)
    reader.setting(layer, name, ["limits", name], limits[name])
  readOptional(reader, layer)
  const nested = typeof nested_userns === "object" ? nested_userns.value : nested_userns
  reader.setting(layer, "nestedUserns", ["nested_userns"], nested)
  for (const [index, entry] of (state ?? []).entries()) {
    const path = reader.value(["state", index], () => exactPath(entry.path, reader.context.variables))
    if (path !== undefined) layer.state.push(stateEntry(path, entry))
  }
}

function readOptional(reader: LayerReader, layer: Layer): void {
  const { optional = [] } = reader.content
  const inMap = !Array.isArray(optional)
  const names = inMap ? optional.value : optional
  const steps = inMap ? ["optional", "value"] : ["optional"]
  layer.optional.push(...names.flatMap((name, index) => reader.value([...steps, index], () => name) ?? []))
  const isNone = inMap && optional.locked === true && names.length === 0
  const none = isNone ? reader.value(steps, () => "optional" as const) : undefined
  if (none !== undefined) layer.none.push(none)
}

type StateItem = NonNullable<ProfileFile["state"]>[number]

function stateEntry(path: Sourced<string>, { variable, below, absent }: StateItem): StateEntry {
  return { ...path, variable, below: below ?? "", absent: absent ?? "skip" }
}
