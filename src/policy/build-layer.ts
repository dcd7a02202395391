/** Checked policy text → a layer: every path expanded, every pattern compiled, every value with its source. */
import { PolicyError, type Problem } from "../base/error.ts"
import { hostPattern } from "./host-pattern.ts"
import { emptyLayer, type Layer, roleOf, type SettingName, type Settings, type StateEntry } from "./layer.ts"
import type { ParsedPolicy, Step } from "./parse.ts"
import { type PathVariables, pathPattern } from "./path-pattern.ts"
import { protectionPattern } from "./protection.ts"
import type { ProfileFile } from "./schema.ts"
import type { LayerName, Sourced } from "./source.ts"

/** What a text needs to become a layer. */
export type LayerContext = {
  name: LayerName
  variables: PathVariables
  /** only org policy and Cordon's own may lock */
  mayLock: boolean
}

/** @throws PolicyError with every path, glob and host that means nothing */
export function buildLayer(parsed: ParsedPolicy<ProfileFile>, context: LayerContext): Layer {
  const reader = new LayerReader(parsed, context)
  const layer = emptyLayer(context.name)
  readFilesystem(reader, layer)
  readNetwork(reader, layer)
  readEnvironment(reader, layer)
  readRest(reader, layer)
  if (reader.problems.length > 0) throw new PolicyError(reader.problems)
  return layer
}

type Item = string | { path?: string; host?: string; locked?: boolean | undefined }

class LayerReader {
  readonly problems: Problem[] = []
  readonly content: ProfileFile
  readonly context: LayerContext
  readonly #locate: ParsedPolicy<ProfileFile>["locate"]

  constructor(parsed: ParsedPolicy<ProfileFile>, context: LayerContext) {
    this.content = parsed.content
    this.context = isOurs(context.name) ? context : withoutXdg(context)
    this.#locate = parsed.locate
  }

  /** Each item of a list as what `read` makes of its text; a SyntaxError becomes a problem at the item. */
  list<T>(
    steps: readonly Step[],
    items: readonly (Item | null)[] | undefined,
    read: (text: string) => T,
  ): Sourced<T>[] {
    return (items ?? []).flatMap((item, index) => {
      // What the schema refused is null, so that the items after it keep their place.
      if (item === null) return []
      const text = typeof item === "string" ? item : (item.path ?? item.host ?? "")
      const locked = typeof item === "string" ? false : item.locked === true
      const sourced = this.value([...steps, index], () => read(text), locked)
      return sourced === undefined ? [] : [sourced]
    })
  }

  value<T>(steps: readonly Step[], read: () => T, locked = false): Sourced<T> | undefined {
    const source = this.#locate(steps)
    const lockedHere = locked || this.#sectionLocked(steps)
    if (lockedHere && !this.context.mayLock)
      this.problems.push({ ...source, message: "only the org policy may lock a rule; remove locked" })
    try {
      return { value: read(), source, layer: this.context.name, locked: lockedHere }
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      this.problems.push({ ...source, message: cause.message })
      return undefined
    }
  }

  #sectionLocked([section]: readonly Step[]): boolean {
    const content = this.content[section as "filesystem"]
    return typeof content === "object" && "locked" in content && content.locked === true
  }

  setting<Name extends SettingName>(
    layer: Layer,
    name: Name,
    steps: readonly Step[],
    value: Settings[Name] | undefined,
  ) {
    if (value === undefined) return
    const sourced = this.value(steps, () => value)
    if (sourced !== undefined) Object.assign(layer.settings, { [name]: sourced })
  }
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
}

/** People write `~/.cache`: a policy means the same places whatever the XDG variables say. */
function withoutXdg(context: LayerContext): LayerContext {
  return { ...context, variables: { ...context.variables, xdg: {} } }
}

function isOurs(name: LayerName): boolean {
  return name === "base" || name === "preset" || roleOf(name) === "state"
}

function readNetwork(reader: LayerReader, layer: Layer): void {
  const section = reader.content.network ?? {}
  const { variables } = reader.context
  for (const verdict of ["allow", "deny"] as const)
    for (const rule of reader.list(["network", verdict], section[verdict], hostPattern))
      layer.hosts.push({ ...rule, verdict })
  const ports = (key: "host_ports" | "expose") =>
    (section[key] ?? []).flatMap((port, index) => reader.value(["network", key, index], () => port) ?? [])
  layer.hostPorts.push(...ports("host_ports"))
  layer.expose.push(...ports("expose"))
  layer.sockets.push(
    ...reader.list(["network", "unix_sockets"], section.unix_sockets, text => exactPath(text, variables)),
  )
  reader.setting(layer, "networkMode", ["network", "mode"], section.mode)
  reader.setting(layer, "ask", ["network", "ask"], section.ask)
}

function exactPath(text: string, variables: PathVariables): string {
  const pattern = pathPattern(text, variables)
  if (pattern.kind === "glob") throw new SyntaxError(`"${text}" is a glob; name one path here`)
  return pattern.path
}

function readEnvironment(reader: LayerReader, layer: Layer): void {
  const section = reader.content.environment ?? {}
  for (const verdict of ["pass", "remove"] as const)
    for (const rule of reader.list(["environment", verdict], section[verdict], text => text))
      layer.variables.push({ ...rule, verdict })
  for (const [name, text] of Object.entries(section.set ?? {})) {
    const value = reader.value(["environment", "set", name], () => text)
    if (value !== undefined) layer.assignments.push({ ...value, name })
  }
  reader.setting(layer, "environmentMode", ["environment", "mode"], section.mode)
}

function readRest(reader: LayerReader, layer: Layer): void {
  const { commands = {}, limits = {}, optional, nested_userns, state } = reader.content
  layer.commands.push(...reader.list(["commands", "deny"], commands.deny, text => text))
  for (const name of ["memory", "cpus", "processes", "time"] as const)
    reader.setting(layer, name, ["limits", name], limits[name])
  layer.optional.push(
    ...(optional ?? []).flatMap((name, index) => reader.value(["optional", index], () => name) ?? []),
  )
  reader.setting(layer, "nestedUserns", ["nested_userns"], nested_userns)
  for (const [index, entry] of (state ?? []).entries()) {
    const path = reader.value(["state", index], () => exactPath(entry.path, reader.context.variables))
    if (path !== undefined) layer.state.push(stateEntry(path, entry))
  }
}

type StateItem = NonNullable<ProfileFile["state"]>[number]

function stateEntry(path: Sourced<string>, { variable, below, absent }: StateItem): StateEntry {
  return { ...path, variable, below: below ?? "", absent: absent ?? "skip" }
}
