/**
 * The five "which rule wins" rules of docs/policy.md once more, as plainly as they can be written: take all rules
 * that match, sort them, decide. And a disk as data. Slow, obvious, and sharing no code with what it checks.
 */
import type { PathFact, PathFacts } from "../../src/host/path-facts.ts"
import type { Credential } from "../../src/policy/credential.ts"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import {
  type Access,
  emptyLayer,
  type HostRule,
  type Layer,
  type PathRule,
  type Protection,
  type Settings,
} from "../../src/policy/layer.ts"
import { type PathVariables, pathPattern } from "../../src/policy/path-pattern.ts"
import { protectionPattern } from "../../src/policy/protection.ts"
import { type LayerName, type Sourced, sourceOf } from "../../src/policy/source.ts"

/** Short directories, so that random paths meet random rules. */
export const shortVariables: PathVariables = { home: "/b", project: "/a", user: "u", xdg: {} }

/** A rule about paths in words, or one about protection. */
export type Said = {
  does: Access | Protection["effect"]
  /** an absolute path or pattern, or one relative to the project */
  text: string
  layer: LayerName
  locked: boolean
}

export function sourced<T>(value: T, layer: LayerName = "user", locked = false): Sourced<T> {
  return { value, source: sourceOf(`${layer} says so`), layer, locked }
}

/** A credential that comes from the variable of its own name. */
export function credential(name: string, ...hosts: string[]): Credential {
  return { name, from: { kind: "variable", name }, hosts: hosts.map(hostPattern), as: { kind: "bearer" } }
}

/** `allow github.com:443` as a rule. */
export function hostRule(text: string, layer: LayerName = "user", locked = false): HostRule {
  const [verdict, ...words] = text.split(" ")
  if (verdict !== "allow" && verdict !== "deny") throw new Error(`"${text}" is no rule`)
  return { ...sourced(hostPattern(words.join(" ")), layer, locked), verdict }
}

type Variables = { variables: PathVariables }

/** The real rule that the words mean. */
export function pathRule(
  access: Access,
  text: string,
  { layer = "user", locked = false, variables = shortVariables }: Partial<Said & Variables> = {},
): PathRule {
  const source = sourceOf(`${layer}: ${access} ${text}`)
  return { value: pathPattern(text, variables), access, role: "policy", source, layer, locked }
}

export function protection(
  effect: Protection["effect"],
  text: string,
  { layer = "user", locked = false, variables = shortVariables }: Partial<Said & Variables> = {},
): Protection {
  const source = sourceOf(`${layer}: ${effect} ${text}`)
  return { value: protectionPattern(text, variables), effect, source, layer, locked }
}

/** A layer with some of its fields filled; settings are said in the layer's own voice. */
export function layerOf(
  name: LayerName,
  fields: Partial<Omit<Layer, "settings" | "name">> & { settings?: Partial<Settings> } = {},
): Layer {
  const { settings = {}, ...lists } = fields
  const said = Object.entries(settings).map(([setting, value]) => [setting, sourced(value, name)])
  return { ...emptyLayer(name), ...lists, settings: Object.fromEntries(said) as Layer["settings"] }
}

export function rulesOf(said: readonly Said[]): { paths: PathRule[]; protections: Protection[] } {
  const paths: PathRule[] = []
  const protections: Protection[] = []
  for (const { does, text, layer, locked } of said)
    if (does === "protect" || does === "unprotect")
      protections.push(protection(does, text, { layer, locked }))
    else paths.push(pathRule(does, text, { layer, locked }))
  return { paths, protections }
}

const order = ["deny", "private", "read", "write"]
const layers = "base,preset,toolchain,agent,environment,org,project,user,profile,command line".split(",")
const wild = /[*?[\]]/

/** What a text means as an absolute pattern. */
function absolute(text: string): string {
  if (text.startsWith("/")) return text
  return wild.test(text) && !text.includes("/") ? `/a/**/${text}` : `/a/${text}`
}

function names(path: string): string[] {
  return path.split("/").filter(name => name !== "" && name !== ".")
}

/** How many names of the path the pattern covers at most; -1 = it does not match. */
function coverage(pattern: string, path: string): number {
  const parts = names(pattern).map(name =>
    name === "**"
      ? "(?:/[^/]+)*"
      : `/${name.replace(/[.]/g, "\\.").replace(/\*/g, "[^/]*").replace(/\?/g, "[^/]")}`,
  )
  const expression = new RegExp(`^${parts.join("")}$`)
  for (let length = names(path).length; length >= 0; length--) {
    const tree = names(path).slice(0, length)
    if (expression.test(tree.map(name => `/${name}`).join(""))) return length
  }
  return -1
}

/** exact before a glob that ends in a plain name before any other glob */
function precision(pattern: string): number {
  if (!wild.test(pattern)) return 2
  return wild.test(names(pattern).at(-1) ?? "") ? 0 : 1
}

type Match = { said: Said; depth: number; precision: number }

function matchesOf(said: readonly Said[], path: string): Match[] {
  const all = said.map(rule => {
    const pattern = absolute(rule.text)
    return { said: rule, depth: coverage(pattern, path), precision: precision(pattern) }
  })
  return all.filter(({ depth }) => depth >= 0)
}

/** All rules about a path's access, the strongest first: rules 1, 2 and 3. */
export function ranked(said: readonly Said[], path: string): Match[] {
  const about = said.filter(({ does }) => order.includes(does))
  return matchesOf(about, path).sort(
    (a, b) =>
      b.depth - a.depth ||
      b.precision - a.precision ||
      layers.indexOf(b.said.layer) - layers.indexOf(a.said.layer) ||
      order.indexOf(a.said.does) - order.indexOf(b.said.does),
  )
}

/** The access without protections; rule 5: the locked rules' own verdict is the most that anyone gives. */
export function naiveAccess(said: readonly Said[], path: string): Access {
  const all = ranked(said, path)
  const locked = all.filter(match => match.said.locked)
  const verdicts = [all[0], locked[0]].flatMap(match => (match === undefined ? [] : [match.said.does]))
  return verdicts.sort((a, b) => order.indexOf(a) - order.indexOf(b))[0] as Access
}

/** The protections and liftings that hold at a path, the strongest first. */
export function rankedProtections(said: readonly Said[], path: string): Match[] {
  const about = said.filter(({ does }) => does === "protect" || does === "unprotect")
  const placed = matchesOf(
    about.filter(({ text }) => text.startsWith("/")),
    path,
  )
  const anywhere = about
    .filter(({ text }) => !text.startsWith("/"))
    .flatMap(rule =>
      names(path).flatMap((_, start) => {
        const covered = coverage(`/${rule.text}`, `/${names(path).slice(start).join("/")}`)
        const above = names(path).slice(0, start + covered - 1)
        const trees = ["/", ...above.map((_, index) => `/${above.slice(0, index + 1).join("/")}`)]
        const holds = covered > 0 && trees.some(tree => naiveAccess(said, tree) === "write")
        return holds ? [{ said: rule, depth: start + covered, precision: 0 }] : []
      }),
    )
  return [...placed, ...anywhere].sort(
    (a, b) =>
      b.depth - a.depth ||
      layers.indexOf(b.said.layer) - layers.indexOf(a.said.layer) ||
      (a.said.does === "protect" ? 0 : 1) - (b.said.does === "protect" ? 0 : 1),
  )
}

/** Rule 4: protect takes writing away, unless a lifting that is as close and as high stands against it. */
export function naiveVerdict(said: readonly Said[], path: string): Access {
  const access = naiveAccess(said, path)
  const held = rankedProtections(said, path)
  const locked = held.some(match => match.said.locked && match.said.does === "protect")
  return access === "write" && (locked || held[0]?.said.does === "protect") ? "read" : access
}

/** A value of a list that only opens; `undefined` = the layer writes the list and leaves it empty. */
export type Listed<T> = { value: T | undefined; locked: boolean }

/** Rule 5 for such lists: where anybody locks one, what is locked in it, and otherwise all of it. */
export function naiveList<T>(said: readonly Listed<T>[]): T[] {
  const locked = said.filter(each => each.locked)
  return (locked.length > 0 ? locked : said).flatMap(({ value }) => (value === undefined ? [] : [value]))
}

/** A disk as data: `/a/` a directory, `/a/f` a file, `/a/l -> ../b` a link; what lies above is there too. */
export function fakeDisk(lines: readonly string[]): PathFacts {
  const entries = new Map<string, PathFact["kind"] | { target: string }>()
  for (const line of lines) {
    const [path = "", target] = line.split(" -> ")
    const parts = names(path).map((_, index, all) => `/${all.slice(0, index + 1).join("/")}`)
    for (const above of parts.slice(0, -1)) entries.set(above, "directory")
    const own = target === undefined ? (path.endsWith("/") ? "directory" : "file") : { target }
    for (const last of parts.slice(-1)) entries.set(last, own)
  }
  const step = (from: PathFact, name: string, left: number): PathFact => {
    if (name === "..") return { ...from, canonical: from.canonical.replace(/\/[^/]*$/, "") || "/" }
    const canonical = `${from.canonical === "/" ? "" : from.canonical}/${name}`
    if (from.kind !== "directory")
      return { ...from, canonical, kind: from.kind === "unreachable" ? "unreachable" : "missing" }
    const entry = entries.get(canonical) ?? "missing"
    if (typeof entry === "string") return { ...from, canonical, kind: entry }
    const links = [...from.links, { path: canonical, target: entry.target }]
    if (left === 0) return { canonical, kind: "unreachable", links }
    const led = walk(entry.target.startsWith("/") ? start : from, entry.target, left - 1)
    return { ...led, links: [...links, ...led.links.filter(link => !links.includes(link))] }
  }
  const walk = (from: PathFact, path: string, left: number): PathFact =>
    names(path).reduce<PathFact>((at, name) => step(at, name, left), { ...from, links: [] })
  const start: PathFact = { canonical: "/", kind: "directory", links: [] }
  return path => walk(start, path, 40)
}
