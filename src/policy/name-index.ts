/** Many patterns for one name, found by first or last letter: most names are nobody's, and that is soon known. */
import { bug } from "../base/error.ts"
import { type Component, compileGlob, isGlob, matchesName } from "./glob.ts"

export class NameIndex<T> {
  readonly #literal = new Map<string, T[]>()
  readonly #byFirst = new Map<string, Entry<T>[]>()
  readonly #byLast = new Map<string, Entry<T>[]>()
  readonly #others: Entry<T>[] = []

  add(component: Component, value: T): void {
    if (component.kind === "literal") append(this.#literal, component.name, value)
    else if (component.kind === "names") this.#others.push({ component, value })
    else if (component.prefix !== "") append(this.#byFirst, component.prefix.charAt(0), { component, value })
    else if (component.suffix !== "") append(this.#byLast, component.suffix.slice(-1), { component, value })
    else this.#others.push({ component, value })
  }

  /** The values of all patterns that take the name. */
  find(name: string): T[] {
    const found = [...(this.#literal.get(name) ?? [])]
    const take = (entries: readonly Entry<T>[] | undefined) => {
      for (const { component, value } of entries ?? []) if (matchesName(component, name)) found.push(value)
    }
    take(this.#byFirst.get(name.charAt(0)))
    take(this.#byLast.get(name.slice(-1)))
    take(this.#others)
    return found
  }
}

type Entry<T> = { component: Component; value: T }

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}

/** The pattern of a variable's name; names compare without case, so look up the name in capitals. */
export function nameComponent(pattern: string): Component {
  if (!isGlob(pattern)) return { kind: "literal", name: pattern.toUpperCase() }
  const [component] = compileGlob(`/${pattern.toUpperCase()}`).alternatives[0] ?? []
  if (component === undefined) throw bug(`a variable pattern is empty: ${pattern}`)
  return component
}
