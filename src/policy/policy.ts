/** The merged policy: what code reads. Nothing in it is optional. */
import type { ClosedList } from "./closed-lists.ts"
import type { Credential } from "./credential.ts"
import type {
  Assignment,
  HostRule,
  OptionalProtection,
  PathRule,
  Protection,
  Settings,
  StateEntry,
  VariableRule,
} from "./layer.ts"
import type { Sourced } from "./source.ts"

/** The part of it that is about paths. */
export type PathPolicy = Pick<Policy, "paths" | "protections">

/** Settings that have a value without anybody setting one. */
export type DefaultedSetting = Exclude<keyof Settings, LimitName>
export type LimitName = "memory" | "cpus" | "processes" | "time"

export type Policy = {
  paths: readonly PathRule[]
  protections: readonly Protection[]
  hosts: readonly HostRule[]
  /** each name once */
  credentials: readonly Sourced<Credential>[]
  sockets: readonly Sourced<string>[]
  hostPorts: readonly Sourced<number>[]
  expose: readonly Sourced<number>[]
  /** lists of the above that the organisation closes */
  closed: readonly ClosedList[]
  variables: readonly VariableRule[]
  assignments: readonly Assignment[]
  commands: readonly Sourced<string>[]
  optional: readonly Sourced<OptionalProtection>[]
  state: readonly StateEntry[]
  settings: { readonly [Name in DefaultedSetting]: Sourced<Settings[Name]> }
  /** limits that somebody set */
  limits: { readonly [Name in LimitName]?: Sourced<Settings[Name]> }
}
