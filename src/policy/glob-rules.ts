/** Rules with globs, found by the last name of each: of a thousand a few can match a path. */
import type { Component } from "./glob.ts"
import type { PathRule } from "./layer.ts"
import { NameIndex } from "./name-index.ts"

/** So few are tried sooner than they are looked up. */
const fewMax = 8

export class GlobRules {
  readonly #rules: PathRule[] = []
  #index: LastNames | undefined

  get size(): number {
    return this.#rules.length
  }

  /** @param rule with a glob */
  add(rule: PathRule): void {
    this.#rules.push(rule)
    this.#index = undefined
  }

  /** Every rule that matches a path, and others that may not, in the order in which they were added. */
  candidates(components: readonly string[]): readonly PathRule[] {
    if (this.#rules.length <= fewMax) return this.#rules
    this.#index ??= indexLastNames(this.#rules)
    const { named, nameless } = this.#index
    const places = new Set(nameless)
    for (const name of components) for (const place of named.find(name)) places.add(place)
    return [...places].sort((a, b) => a - b).flatMap(place => this.#rules[place] ?? [])
  }
}

/** Rules by their places in the list. */
type LastNames = {
  /** the last name of a pattern has to be one of a path's, wherever that is */
  named: NameIndex<number>
  /** patterns without one, such as `/**` */
  nameless: readonly number[]
}

function indexLastNames(rules: readonly PathRule[]): LastNames {
  const named = new NameIndex<number>()
  const nameless: number[] = []
  for (const [place, { value }] of rules.entries()) {
    if (value.kind !== "glob") continue
    for (const alternative of value.glob.alternatives) {
      const last = lastName(alternative)
      if (last === undefined) nameless.push(place)
      else named.add(last, place)
    }
  }
  return { named, nameless }
}

function lastName(components: readonly Component[]): Component | undefined {
  for (let at = components.length - 1; at >= 0; at--) {
    const component = components[at]
    if (component?.kind !== "names") return component
  }
  return undefined
}
