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
    else if (component.kind === "names") this.#others.push({ component, prefix: "", suffix: "", value })
    else this.#addEntry({ component, prefix: component.prefix, suffix: component.suffix, value })
  }

  /** A pattern of one component as text: it is compiled when a name comes along that it may take. */
  addPattern(pattern: string, value: T): void {
    if (!isGlob(pattern)) {
      append(this.#literal, pattern, value)
      return
    }
    const [prefix = "", suffix = "", ...more] = pattern.split("*")
    const simple = more.length === 0 && !/[?[\]{}\\]/.test(pattern)
    this.#addEntry({ component: pattern, prefix: simple ? prefix : "", suffix: simple ? suffix : "", value })
  }

  /** The values of all patterns that take the name. */
  find(name: string): T[] {
    const found = [...(this.#literal.get(name) ?? [])]
    for (const entries of this.#candidates(name))
      for (const entry of entries) if (takes(entry, name)) found.push(entry.value)
    return found
  }

  /** Whether any pattern takes the name. */
  has(name: string): boolean {
    if (this.#literal.has(name)) return true
    for (const entries of this.#candidates(name))
      for (const entry of entries) if (takes(entry, name)) return true
    return false
  }

  #addEntry(entry: Entry<T>): void {
    if (entry.prefix !== "") append(this.#byFirst, entry.prefix.charAt(0), entry)
    else if (entry.suffix !== "") append(this.#byLast, entry.suffix.slice(-1), entry)
    else this.#others.push(entry)
  }

  #candidates(name: string): readonly (readonly Entry<T>[])[] {
    return [this.#byFirst.get(name.charAt(0)) ?? [], this.#byLast.get(name.slice(-1)) ?? [], this.#others]
  }
}

/** `prefix`, `suffix`: what every match begins and ends with; `component` is text until it has to be compiled. */
type Entry<T> = { component: Component | string; prefix: string; suffix: string; value: T }

function takes<T>(entry: Entry<T>, name: string): boolean {
  if (!name.startsWith(entry.prefix) || !name.endsWith(entry.suffix)) return false
  if (typeof entry.component === "string") entry.component = compiled(entry.component)
  return matchesName(entry.component, name)
}

function compiled(pattern: string): Component {
  const [component] = compileGlob(`/${pattern}`).alternatives[0] ?? []
  if (component === undefined) throw bug(`a pattern of a name is empty: ${pattern}`)
  return component
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}
