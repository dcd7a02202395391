/** Where agents and toolchains keep what is theirs: the real place of each, and what to do when it is not there. */
import { UserError } from "../base/error.ts"
import { absolutePath, isWithin } from "../base/path.ts"
import { printable } from "../base/printable.ts"
import type { PathFacts } from "../host/path-facts.ts"
import type { Access, PathRule, StateEntry } from "../policy/layer.ts"
import type { Policy } from "../policy/policy.ts"
import type { Relocation } from "./relocate.ts"

export type StatePlan = {
  /** rules that make the places writable */
  rules: PathRule[]
  /** directories to make on the host before the launch */
  create: string[]
  /** variables that point into private temp instead, because their directory does not exist */
  redirect: Record<string, string>
  /** directories that variables moved */
  moved: Relocation[]
}

export type StateContext = {
  environment: Readonly<Record<string, string | undefined>>
  home: string
  facts: PathFacts
  /** the access that the policy gives without strict: what a variable may not open is what a rule denies */
  accessOf: (path: string) => Access
  /** exact paths that the policy denies */
  denials: readonly string[]
}

/** Where redirected caches lie inside. */
const privateCaches = "/tmp/cordon-caches"

/** @throws UserError when a variable would open more than a state directory */
export function planState(entries: readonly StateEntry[], context: StateContext): StatePlan {
  const plan: StatePlan = { rules: [], create: [], redirect: {}, moved: [] }
  for (const entry of entries) {
    const path = placeOf(entry, context)
    const { kind } = context.facts(path)
    if (path !== entry.value) plan.moved.push({ from: entry.value, to: path })
    if (kind === "missing" && entry.absent === "redirect" && entry.variable !== undefined) {
      plan.redirect[entry.variable] = `${privateCaches}/${entry.variable}`
      continue
    }
    if (kind === "missing" && entry.absent === "create") plan.create.push(path)
    const { source, layer, locked } = entry
    plan.rules.push({ value: { kind: "exact", path }, access: "write", role: "state", source, layer, locked })
  }
  return plan
}

/** Directories of the system: a variable that names one of them makes nothing there writable. */
const systemTrees = [
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/lib",
  "/lib64",
  "/proc",
  "/run",
  "/sbin",
  "/sys",
  "/usr",
  "/var/lib",
]

/** Values that are no directory's absolute path (`0`, a list with `:`) do not move anything. */
function placeOf({ value, variable, below }: StateEntry, context: StateContext): string {
  const { environment, home, facts } = context
  const moved =
    variable === undefined || isRepositorys(variable, environment) ? undefined : environment[variable]
  if (moved === undefined || !moved.startsWith("/") || moved.includes(":")) return value
  const path = absolutePath(below, absolutePath(moved, "/"))
  const { canonical } = facts(path)
  if (path === value || systemTrees.some(tree => isWithin(canonical, tree))) return value
  const touches = isWithin(home, canonical) ? "your home directory" : deniedIn(canonical, context)
  if (touches === undefined) return canonical
  throw new UserError(
    `${variable}=${printable(moved)} would make ${printable(touches)} writable`,
    `set ${variable} to a directory of its own, or unset it`,
  )
}

/** What the policy denies there: the place itself, or something in it. */
function deniedIn(path: string, { accessOf, denials }: StateContext): string | undefined {
  return accessOf(path) === "deny" ? path : denials.find(denied => isWithin(denied, path))
}

/** In a script of npm's, its settings come from the project's .npmrc: the repository's word. */
function isRepositorys(variable: string, environment: StateContext["environment"]): boolean {
  return environment.npm_lifecycle_event !== undefined && variable.toLowerCase().startsWith("npm_config_")
}

/** Exact paths that the policy denies. */
export function deniedPaths({ paths }: Pick<Policy, "paths">): string[] {
  return paths.flatMap(({ access, value }) =>
    access === "deny" && value.kind === "exact" ? [value.path] : [],
  )
}

/** The disk as it will be once the agent's own directories are made. */
export function withCreated(facts: PathFacts, create: readonly string[]): PathFacts {
  const created = new Set(create)
  return path => (created.has(path) ? { ...facts(path), kind: "directory" } : facts(path))
}
