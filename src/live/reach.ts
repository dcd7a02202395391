/**
 * Which rules can still say something below a directory. When a directory is moved and these are the same at both
 * places, everything below it keeps its verdict, however much that is; only otherwise does somebody have to look.
 */
import { componentsOf, isBelow, parentOf } from "../base/path.ts"
import { type Component, literalStart, matchesName } from "../policy/glob.ts"
import type { PathPattern } from "../policy/path-pattern.ts"
import type { PathPolicy } from "../policy/policy.ts"

/** A pattern of names that begins at the root, or at any directory. */
type Names = { names: readonly Component[]; begins: "root" | "anywhere"; protects: boolean }

/** The rules by what is asked about them. */
type Index = {
  exact: readonly string[]
  patterns: readonly Names[]
  /** what lies above the places where rules take something away, and above what globs that do so begin with */
  above: ReadonlySet<string>
}

export class Reach {
  readonly #policy: PathPolicy
  #index: Index | undefined

  constructor(policy: PathPolicy) {
    this.#policy = policy
  }

  /** Made by the first rename or link: it takes 2 ms, and most commands make neither. */
  get #rules(): Index {
    this.#index ??= indexed(this.#policy)
    return this.#index
  }

  /** Whether rules can hold for what lies below one of the paths and not for the same below the other. */
  tellsApart(from: string, to: string): boolean {
    const { exact, patterns } = this.#rules
    if (exact.some(path => isBelow(path, from) || isBelow(path, to))) return true
    const [one, other] = [componentsOf(from), componentsOf(to)]
    return patterns.some(pattern => unfinished(pattern, one) !== unfinished(pattern, other))
  }

  /**
   * Whether a rule that takes something away holds for what lies below the path, and not for what a link in its place
   * would lead to: `.git` of `.git/hooks`, `~/.local` of `~/.local/state/cordon`, `secrets` of `secrets/key`.
   */
  isBegun(path: string): boolean {
    const { above, patterns } = this.#rules
    if (above.has(path)) return true
    const components = componentsOf(path)
    return patterns.some(pattern => pattern.protects && unfinished(pattern, components) !== "")
  }
}

function indexed({ paths, protections }: PathPolicy): Index {
  const places = [
    ...paths.map(({ value }) => value),
    ...protections.flatMap(({ value }) => (value.kind === "place" ? [value.pattern] : [])),
  ]
  const closed = [
    ...paths.flatMap(({ value, access }) => (access === "deny" || access === "read" ? [value] : [])),
    ...protections.flatMap(({ value, effect }) =>
      effect === "protect" && value.kind === "place" ? [value.pattern] : [],
    ),
  ]
  const fromRoot = places.flatMap(place =>
    place.kind === "glob"
      ? place.glob.alternatives.map((names): Names => ({ names, begins: "root", protects: false }))
      : [],
  )
  const anywhere = protections.flatMap(({ value, effect }) =>
    value.kind === "anywhere"
      ? value.names.alternatives.map(
          (names): Names => ({ names, begins: "anywhere", protects: effect === "protect" }),
        )
      : [],
  )
  return {
    exact: places.flatMap(place => (place.kind === "exact" ? [place.path] : [])),
    patterns: [...fromRoot, ...anywhere],
    above: directoriesAbove(closed),
  }
}

/** Of a glob the plain directory that its matches lie in counts as well. */
function directoriesAbove(patterns: readonly PathPattern[]): ReadonlySet<string> {
  const above = new Set<string>()
  const add = (path: string) => {
    for (let at = path; !above.has(at); at = parentOf(at)) above.add(at)
  }
  for (const pattern of patterns)
    if (pattern.kind === "exact") add(parentOf(pattern.path))
    else
      for (const names of pattern.glob.alternatives)
        add(literalStart({ text: pattern.glob.text, alternatives: [names] }))
  return above
}

/** Where in the pattern a match may have got to that needs names below the path: "1,3". */
function unfinished({ names, begins }: Names, components: readonly string[]): string {
  let positions = new Set<number>(begins === "root" ? [0] : [])
  for (const component of components) {
    const next = new Set<number>()
    for (const position of begins === "root" ? positions : [...positions, 0])
      step(names, position, component, next)
    positions = next
    if (begins === "root" && positions.size === 0) break
  }
  return [...positions]
    .filter(position => position < names.length)
    .sort((a, b) => a - b)
    .join()
}

/** `**` takes any number of names, none too. */
function step(names: readonly Component[], position: number, name: string, next: Set<number>): void {
  const component = names[position]
  if (component === undefined) return
  if (component.kind === "names") {
    next.add(position)
    step(names, position + 1, name, next)
  } else if (matchesName(component, name)) next.add(position + 1)
}
