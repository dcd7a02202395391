/** Rules that no file can hold, because they name places of this machine. */
import { absolutePath, isWithin } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { emptyLayer, type Layer, type PathRule, type Protection } from "../policy/layer.ts"
import { privateDirectories } from "../policy/merge.ts"
import type { PathPolicy, Policy } from "../policy/policy.ts"
import { placeProtection } from "../policy/protection.ts"
import { type Sourced, sourceOf } from "../policy/source.ts"
import { type PathJudge, pathJudge } from "../policy/verdict.ts"

/** Parts of the host's /run that programs cannot do without: name resolution, and NixOS's system profile. */
const neededOfRun = ["/etc/resolv.conf", "/run/current-system", "/run/opengl-driver"]

/** What a launch protects of its own, and what it shows of a private directory. */
export function ownLayer(files: readonly string[], facts: PathFacts): Layer {
  const layer = emptyLayer("base")
  const common = { layer: "base", locked: true } as const
  for (const file of files)
    for (const path of new Set([file, facts(file).canonical]))
      layer.protections.push({
        ...common,
        value: placeProtection(path),
        effect: "protect",
        source: sourceOf("built-in: Cordon's own files"),
      })
  for (const path of neededOfRun.map(name => facts(name).canonical)) {
    if (!isWithin(path, "/run") || facts(path).kind === "missing") continue
    layer.paths.push({
      ...common,
      locked: false,
      value: { kind: "exact", path },
      access: "read",
      role: "policy",
      source: sourceOf("built-in: what programs need of /run"),
    })
  }
  return layer
}

/** The command itself, readable in strict mode. */
export function programLayer(needs: readonly string[]): Layer {
  const layer = emptyLayer("base")
  for (const path of new Set(needs))
    layer.paths.push({
      layer: "base",
      locked: false,
      value: { kind: "exact", path },
      access: "read",
      role: "policy",
      source: sourceOf("built-in: the command itself"),
    })
  return layer
}

/** The rules as they would be if nobody had said strict: the root readable, the home what `home` says. */
function withoutStrict(
  rules: Pick<Policy, "paths" | "protections">,
  { settings }: Pick<Policy, "settings">,
): Pick<Policy, "paths" | "protections"> {
  const paths = rules.paths.map(rule => {
    if (rule.access !== "deny" || rule.source !== settings.strict.source) return rule
    const isRoot = rule.value.kind === "exact" && rule.value.path === "/"
    return { ...rule, access: isRoot ? ("read" as const) : settings.home.value }
  })
  return { ...rules, paths }
}

/** Sockets of the host are reached only when the policy names them: the others are hidden where they are seen. */
export function socketLayer(
  sockets: readonly Sourced<string>[],
  seen: { bound: readonly string[]; session: readonly string[] },
  facts: PathFacts,
): Pick<Layer, "paths" | "protections"> {
  const allowed = sockets.filter(({ value }) => facts(value).kind === "other")
  const named = new Set(allowed.map(({ value }) => facts(value).canonical))
  const opened = allowed.map((socket): PathRule => {
    const value = { kind: "exact" as const, path: facts(socket.value).canonical }
    return { ...socket, value, access: "read", role: "state" }
  })
  // Somebody may have put a directory where a socket was; only the session's own directory is meant as one.
  const bound = seen.bound.map(facts).filter(({ kind }) => kind === "other")
  const hidden = [...bound, ...seen.session.map(facts)]
    .filter(({ canonical }) => !named.has(canonical))
    .map(({ canonical }) => denial(canonical, "sockets of the host"))
  return { paths: [...opened, ...hidden], protections: sockets.flatMap(socket => keptName(socket, facts)) }
}

/** What stands somewhere else besides is denied there: rules for what is in it say one of its paths. */
export function elsewhereLayer(places: readonly string[]): Pick<Layer, "paths" | "protections"> {
  return { paths: places.map(path => denial(path, "the home, mounted once more")), protections: [] }
}

/** Rules, and those of a layer behind them. */
export function withLayer(rules: PathPolicy, layer: Pick<Layer, "paths" | "protections">): PathPolicy {
  return {
    paths: [...rules.paths, ...layer.paths],
    protections: [...rules.protections, ...layer.protections],
  }
}

/** Nothing inside may take the name, there or not: what stands at it is connected to. */
function keptName(socket: Sourced<string>, facts: PathFacts): Protection[] {
  const paths = new Set([socket.value, facts(socket.value).canonical])
  return [...paths].map(path => ({ ...socket, value: placeProtection(path), effect: "protect" }))
}

function isPrivate(path: string): boolean {
  return privateDirectories.some(tree => isWithin(path, tree))
}

/** Variables that name a socket of the caller's own session, or the directory of all of them. */
const sessionVariables = ["SSH_AUTH_SOCK", "XDG_RUNTIME_DIR"]

/** Where the caller's session keeps its sockets, unless that holds what the sandbox is about. */
export function sessionSockets(
  environment: Readonly<Record<string, string | undefined>>,
  needed: readonly string[],
  facts: PathFacts,
): string[] {
  return sessionVariables
    .map(name => facts(absolutePath(environment[name] ?? "/", "/")))
    .filter(
      ({ canonical, kind }) =>
        kind !== "missing" && !isPrivate(canonical) && !needed.some(path => isWithin(path, canonical)),
    )
    .map(({ canonical }) => canonical)
}

function denial(path: string, what: string): PathRule {
  return {
    value: { kind: "exact", path },
    access: "deny",
    role: "policy",
    source: sourceOf(`built-in: ${what}`),
    layer: "base",
    locked: false,
  }
}

/** What the policy gives where strict alone does not decide; made when somebody asks, which few launches do. */
export function relaxedAccess(policy: Policy): PathJudge["accessOf"] {
  let judge: PathJudge | undefined
  return path => {
    judge ??= pathJudge(withoutStrict(policy, policy))
    return judge.accessOf(path)
  }
}
