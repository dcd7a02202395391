/** Layers → one policy: lists add up, the highest layer that sets a value wins, locked values hold. Pure. */
import { absolutePath, isWithin } from "../base/path.ts"
import { closedLists, listInForce } from "./closed-lists.ts"
import { literalStart } from "./glob.ts"
import type { Access, Layer, PathRule, SettingName, Settings } from "./layer.ts"
import { credentialsInForce, hostsInForce, networkModeInForce } from "./merge-network.ts"
import type { DefaultedSetting, Policy } from "./policy.ts"
import { permissiveness, stricterAccess } from "./restrictiveness.ts"
import { rankOf, type Source, type Sourced, sourceOf } from "./source.ts"

/** What a merge must know of the machine. */
export type MergeFacts = {
  /** canonical */
  home: string
  /** canonical homes of other users */
  otherHomes: readonly string[]
}

/** Directories that every sandbox has of its own. */
export const privateDirectories = ["/tmp", "/var/tmp", "/dev", "/proc", "/run"] as const

/** What holds when no layer says anything. */
export const defaultSettings: Pick<Settings, DefaultedSetting> = {
  strict: false,
  readonly: false,
  home: "read",
  live: "standard",
  networkMode: "off",
  ask: "never",
  askTimeout: "60s",
  environmentMode: "clean",
  nestedUserns: "deny",
}

/** @param layers in any order: each value carries its layer */
export function mergeLayers(layers: readonly Layer[], facts: MergeFacts): Policy {
  const all = <Name extends ListName>(name: Name): Layer[Name] => {
    const values: unknown[] = []
    for (const layer of layers) for (const value of layer[name]) values.push(value)
    return values as Layer[Name]
  }
  const settings = mergeSettings(layers)
  const closed = closedLists(layers)
  return {
    paths: [...groundRules(settings, facts), ...underLockedGround(all("paths"), settings, facts)].map(rule =>
      underReadonly(rule, settings.readonly),
    ),
    protections: all("protections"),
    hosts: hostsInForce(layers, settings.ask.value),
    credentials: credentialsInForce(layers),
    sockets: listInForce(all("sockets"), "sockets", closed),
    hostPorts: listInForce(all("hostPorts"), "hostPorts", closed),
    expose: listInForce(all("expose"), "expose", closed),
    closed,
    variables: all("variables"),
    assignments: all("assignments"),
    commands: all("commands"),
    optional: listInForce(all("optional"), "optional", closed),
    state: all("state"),
    settings,
    limits: mergeLimits(layers),
  }
}

type ListName = { [Name in keyof Layer]: Layer[Name] extends unknown[] ? Name : never }[keyof Layer]

function mergeSettings(layers: readonly Layer[]): Policy["settings"] {
  const setting = <Name extends DefaultedSetting>(name: Name): Sourced<Settings[Name]> =>
    decideSetting(layers, name) ?? {
      value: defaultSettings[name] as Settings[Name],
      source: sourceOf("built-in default"),
      layer: "base",
      locked: false,
    }
  return {
    strict: setting("strict"),
    readonly: setting("readonly"),
    home: setting("home"),
    live: setting("live"),
    networkMode: networkModeInForce(layers, setting("networkMode")),
    ask: setting("ask"),
    askTimeout: setting("askTimeout"),
    environmentMode: setting("environmentMode"),
    nestedUserns: setting("nestedUserns"),
  }
}

function mergeLimits(layers: readonly Layer[]): Policy["limits"] {
  const names = ["memory", "cpus", "processes", "time"] as const
  return Object.fromEntries(
    names.flatMap(name => {
      const limit = decideSetting(layers, name)
      return limit === undefined ? [] : [[name, limit]]
    }),
  )
}

/** The highest layer that sets it; but what a locked value does not permit, no other value does. */
export function decideSetting<Name extends SettingName>(
  layers: readonly Layer[],
  name: Name,
): Sourced<Settings[Name]> | undefined {
  const said = layers
    .flatMap(layer => (layer.settings[name] as Sourced<Settings[Name]> | undefined) ?? [])
    // Of equals the later one: a file speaks after what it extends, and the second --profile after the first.
    .reverse()
    .sort((a, b) => rankOf(b.layer) - rankOf(a.layer))
  const locked = said.find(value => value.locked)
  const first = said[0]
  if (first === undefined || locked === undefined) return first
  const room = permissiveness(name, locked.value) - permissiveness(name, first.value)
  if (room < 0) return locked
  // Who says the same again has not lifted the lock: what stands below a locked value asks for it.
  return room === 0 ? { ...first, locked: true } : first
}

/** What holds where no rule of a layer does: the root, the home, other people's homes, private directories. */
function groundRules(settings: Policy["settings"], facts: MergeFacts): PathRule[] {
  const rule = (path: string, access: Access, source: Source): PathRule => ({
    value: { kind: "exact", path: absolutePath(path, "/") },
    access,
    role: "policy",
    source,
    layer: "base",
    locked: false,
  })
  const { strict, home } = settings
  const own = sourceOf("built-in: a directory of the sandbox's own")
  const others = sourceOf("built-in: homes of other users")
  return [
    rule("/", strict.value ? "deny" : "read", strict.source),
    ...privateDirectories.map(path => rule(path, "private", own)),
    ...facts.otherHomes.map(path => rule(path, "deny", others)),
    rule(facts.home, strict.value ? "deny" : home.value, strict.value ? strict.source : home.source),
  ]
}

/**
 * A locked `strict` or `home` is not undone by a rule for the whole of it: what opens the root or the home, or
 * starts above it, opens no more than the lock does. Rules for single places in it stay what they are.
 */
function underLockedGround(
  rules: readonly PathRule[],
  { strict, home }: Policy["settings"],
  facts: MergeFacts,
): readonly PathRule[] {
  const strictLocked = strict.locked && strict.value
  if (!strictLocked && !home.locked) return rules
  return rules.map(rule => {
    if (isOwnLayer(rule.layer)) return rule
    const start = rule.value.kind === "exact" ? rule.value.path : literalStart(rule.value.glob)
    const caps: Access[] = [
      ...(strictLocked && start === "/" ? (["deny"] as const) : []),
      ...(home.locked && isWithin(facts.home, start) ? [home.value] : []),
    ]
    return { ...rule, access: caps.reduce(stricterAccess, rule.access) }
  })
}

/** Org policy may say what it locks; Cordon's own rules are what a lock is about. */
function isOwnLayer(layer: PathRule["layer"]): boolean {
  return rankOf(layer) <= rankOf("agent") || layer === "org"
}

/**
 * Read-only means: no writable host path but state and caches, and what is said at the same height or above. Whoever asks
 * why a path is read-only is told of that, not of the rule that would let it be written.
 */
function underReadonly(rule: PathRule, readonly: Sourced<boolean>): PathRule {
  const capped =
    readonly.value &&
    rule.access === "write" &&
    rule.role === "policy" &&
    (readonly.locked || rankOf(rule.layer) < rankOf(readonly.layer))
  return capped ? { ...rule, access: "read", source: readonly.source } : rule
}
