/** A layer: what one file, preset, profile or command line says, checked and expanded, each value with its source. */
import type { ClosableList } from "./closed-lists.ts"
import type { Credential } from "./credential.ts"
import type { HostPattern } from "./host-pattern.ts"
import type { PathPattern } from "./path-pattern.ts"
import type { ProtectionPattern } from "./protection.ts"
import type { LayerName, Sourced } from "./source.ts"
import type {
  environmentModes,
  homeAccess,
  liveModes,
  networkModes,
  optionalProtections,
} from "./vocabulary.ts"

/**
 * From the most to the least restrictive. `private` is a directory of the sandbox's own in place of the host's:
 * writable, empty at the start, gone at the end.
 */
export const accesses = ["deny", "private", "read", "write"] as const
export type Access = (typeof accesses)[number]
export type NetworkMode = (typeof networkModes)[number]
export type EnvironmentMode = (typeof environmentModes)[number]
export type HomeAccess = (typeof homeAccess)[number]
export type LiveMode = (typeof liveModes)[number]
export type OptionalProtection = (typeof optionalProtections)[number]

export type PathRule = Sourced<PathPattern> & {
  access: Access
  /** `state`: an agent's or toolchain's own, which stays writable when everything else becomes read-only */
  role: "policy" | "state"
}

export type Protection = Sourced<ProtectionPattern> & {
  /** `unprotect` lifts what `protect` set */
  effect: "protect" | "unprotect"
}

export type HostRule = Sourced<HostPattern> & { verdict: "allow" | "deny" }

export type VariableRule = Sourced<string> & { verdict: "pass" | "remove" }

export type Assignment = Sourced<string> & { name: string }

/** A directory or file that an agent or toolchain must be able to write. */
export type StateEntry = Sourced<string> & {
  /** the variable that moves it */
  variable: string | undefined
  /** what of the directory that the variable names is meant; "" = all of it */
  below: string
  /** what happens when it does not exist */
  absent: "create" | "redirect" | "skip"
}

/** The values of which the highest layer that sets one decides. */
export type Settings = {
  strict: boolean
  readonly: boolean
  home: HomeAccess
  live: LiveMode
  networkMode: NetworkMode
  ask: "never" | "unlisted"
  askTimeout: string
  environmentMode: EnvironmentMode
  memory: string
  cpus: number
  processes: number
  time: string
  nestedUserns: "deny" | "allow"
}
export type SettingName = keyof Settings

export type Layer = {
  name: LayerName
  paths: PathRule[]
  protections: Protection[]
  hosts: HostRule[]
  credentials: Sourced<Credential>[]
  sockets: Sourced<string>[]
  hostPorts: Sourced<number>[]
  expose: Sourced<number>[]
  /** lists that are locked and empty: no item of theirs could carry the lock */
  none: Sourced<ClosableList>[]
  variables: VariableRule[]
  assignments: Assignment[]
  commands: Sourced<string>[]
  optional: Sourced<OptionalProtection>[]
  state: StateEntry[]
  settings: { [Name in SettingName]?: Sourced<Settings[Name]> }
}

/** What these open is an agent's or toolchain's own, and stays so when the project becomes read-only. */
export function roleOf(name: LayerName): PathRule["role"] {
  return name === "toolchain" || name === "agent" ? "state" : "policy"
}

/** A layer that says nothing. */
export function emptyLayer(name: LayerName): Layer {
  return {
    name,
    paths: [],
    protections: [],
    hosts: [],
    credentials: [],
    sockets: [],
    hostPorts: [],
    expose: [],
    none: [],
    variables: [],
    assignments: [],
    commands: [],
    optional: [],
    state: [],
    settings: {},
  }
}

/** A built-in profile that a file extends speaks with the file's voice. */
export function asLayer(layer: Layer, name: LayerName): Layer {
  const renamed = <T extends { layer: LayerName }>(values: T[]): T[] =>
    values.map(value => ({ ...value, layer: name }))
  return {
    ...layer,
    name,
    paths: renamed(layer.paths),
    protections: renamed(layer.protections),
    hosts: renamed(layer.hosts),
    credentials: renamed(layer.credentials),
    variables: renamed(layer.variables),
    state: renamed(layer.state),
  }
}
