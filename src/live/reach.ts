/**
 * Which rules can still say something below a directory. When a directory is moved and these are the same at both
 * places, everything below it keeps its verdict, however much that is; only otherwise does somebody have to look.
 */
import { componentsOf, isBelow } from "../base/path.ts"
import { type Component, matchesName } from "../policy/glob.ts"
import type { PathPolicy } from "../policy/policy.ts"

/** A pattern of names that begins at the root, or at any directory. */
type Names = { names: readonly Component[]; begins: "root" | "anywhere"; protects: boolean }

export class Reach {
  readonly #exact: readonly string[]
  readonly #patterns: readonly Names[]

  constructor({ paths, protections }: PathPolicy) {
    const places = [
      ...paths.map(({ value }) => value),
      ...protections.flatMap(({ value }) => (value.kind === "place" ? [value.pattern] : [])),
    ]
    this.#exact = places.flatMap(place => (place.kind === "exact" ? [place.path] : []))
    this.#patterns = [
      ...places.flatMap(place =>
        place.kind === "glob"
          ? place.glob.alternatives.map((names): Names => ({ names, begins: "root", protects: false }))
          : [],
      ),
      ...protections.flatMap(({ value, effect }) =>
        value.kind === "anywhere"
          ? value.names.alternatives.map(
              (names): Names => ({ names, begins: "anywhere", protects: effect === "protect" }),
            )
          : [],
      ),
    ]
  }

  /** Whether rules can hold for what lies below one of the paths and not for the same below the other. */
  tellsApart(from: string, to: string): boolean {
    if (this.#exact.some(path => isBelow(path, from) || isBelow(path, to))) return true
    const [one, other] = [componentsOf(from), componentsOf(to)]
    return this.#patterns.some(pattern => unfinished(pattern, one) !== unfinished(pattern, other))
  }

  /** Whether a protection of several names below each other has begun with the path: `.git` of `.git/hooks`. */
  isBegun(path: string): boolean {
    const components = componentsOf(path)
    return this.#patterns.some(pattern => pattern.protects && unfinished(pattern, components) !== "")
  }
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
