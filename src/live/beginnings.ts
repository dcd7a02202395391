/** Names that would stand above protected ones: `.git` of `.git/hooks`. */
import { componentsOf } from "../base/path.ts"
import { type Component, matchesName } from "../policy/glob.ts"
import type { PathPolicy } from "../policy/policy.ts"

export class Beginnings {
  readonly #rules: Pick<PathPolicy, "protections">
  #known: readonly (readonly Component[])[] | undefined

  constructor(rules: Pick<PathPolicy, "protections">) {
    this.#rules = rules
  }

  /** Whether the path ends in the first names of a protection of several names below each other. */
  has(path: string): boolean {
    const components = componentsOf(path)
    // Not before: it takes a hundredth of a launch.
    this.#known ??= beginningsOf(this.#rules)
    return this.#known.some(names => endsWith(components, names))
  }
}

function beginningsOf({ protections }: Pick<PathPolicy, "protections">): Component[][] {
  return protections.flatMap(({ value, effect }) =>
    value.kind === "anywhere" && effect === "protect"
      ? value.names.alternatives.flatMap(names =>
          // What ends in `**` every file below begins with.
          names
            .slice(1)
            .map((_, index) => names.slice(0, index + 1))
            .filter(beginning => beginning.at(-1)?.kind !== "names"),
        )
      : [],
  )
}

function endsWith(components: readonly string[], names: readonly Component[]): boolean {
  const start = components.length - names.length
  return start >= 0 && names.every((name, index) => matchesName(name, components[start + index] ?? ""))
}
