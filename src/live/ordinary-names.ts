/**
 * Names that no rule can tell from each other: no component of a pattern and no path of a rule says them. What the policy
 * says of one of them in a directory it says of all, and most names that programs make up are such names.
 */
import { componentsOf } from "../base/path.ts"
import { type Component, type Glob, matchesName } from "../policy/glob.ts"
import type { PathPattern } from "../policy/path-pattern.ts"
import type { PathPolicy } from "../policy/policy.ts"

export class OrdinaryNames {
  readonly #said: ReadonlySet<string>
  readonly #patterns: readonly Component[]

  constructor({ paths, protections }: PathPolicy) {
    const components = [
      ...paths.flatMap(({ value }) => componentsOfPattern(value)),
      ...protections.flatMap(({ value }) =>
        value.kind === "place" ? componentsOfPattern(value.pattern) : componentsOfGlob(value.names),
      ),
    ]
    this.#said = new Set(
      components.flatMap(component => (component.kind === "literal" ? [component.name] : [])),
    )
    const patterns = components.filter(component => component.kind === "tests" && !takesAny(component))
    this.#patterns = [...new Map(patterns.map(pattern => [JSON.stringify(pattern), pattern])).values()]
  }

  has(name: string): boolean {
    return !this.#said.has(name) && !this.#patterns.some(pattern => matchesName(pattern, name))
  }
}

function componentsOfPattern(pattern: PathPattern): readonly Component[] {
  if (pattern.kind === "glob") return componentsOfGlob(pattern.glob)
  return componentsOf(pattern.path).map(name => ({ kind: "literal", name }))
}

function componentsOfGlob({ alternatives }: Glob): readonly Component[] {
  return alternatives.flat()
}

/** `*`: wherever it stands, it tells no name from another. */
function takesAny(component: Component): boolean {
  return component.kind === "tests" && component.tests.every(test => test === "*")
}
