/**
 * Names that no rule can tell from each other: no component of a pattern and no path of a rule says them. What the policy
 * says of one of them in a directory it says of all, and most names that programs make up are such names.
 */
import { componentsOf } from "../base/path.ts"
import { type Component, type Glob, takesAny } from "../policy/glob.ts"
import { NameIndex } from "../policy/name-index.ts"
import type { PathPattern } from "../policy/path-pattern.ts"
import type { PathPolicy } from "../policy/policy.ts"

export class OrdinaryNames {
  readonly #rules: PathPolicy
  #said: NameIndex<true> | undefined

  constructor(rules: PathPolicy) {
    this.#rules = rules
  }

  has(name: string): boolean {
    // Not before: it takes a tenth of a launch.
    this.#said ??= saidBy(this.#rules)
    return !this.#said.has(name)
  }
}

/** Every name and pattern of one name in the rules, but those that take any. */
function saidBy({ paths, protections }: PathPolicy): NameIndex<true> {
  const components = [
    ...paths.flatMap(({ value }) => componentsOfPattern(value)),
    ...protections.flatMap(({ value }) =>
      value.kind === "place" ? componentsOfPattern(value.pattern) : componentsOfGlob(value.names),
    ),
  ]
  const said = new NameIndex<true>()
  const names = new Set<string>()
  const patterns = new Map<string, Component>()
  for (const component of components) {
    if (component.kind === "literal") names.add(component.name)
    else if (component.kind === "tests" && !takesAny(component))
      patterns.set(JSON.stringify(component.tests), component)
  }
  for (const name of names) said.add({ kind: "literal", name }, true)
  for (const pattern of patterns.values()) said.add(pattern, true)
  return said
}

function componentsOfPattern(pattern: PathPattern): readonly Component[] {
  if (pattern.kind === "glob") return componentsOfGlob(pattern.glob)
  return componentsOf(pattern.path).map(name => ({ kind: "literal", name }))
}

function componentsOfGlob({ alternatives }: Glob): readonly Component[] {
  return alternatives.flat()
}
