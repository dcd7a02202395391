/** Reads the values of one policy: each with its source, and a mistake in one becomes a problem at its place. */
import type { Problem } from "../base/error.ts"
import { type Layer, roleOf, type SettingName, type Settings } from "./layer.ts"
import type { ParsedPolicy, Step } from "./parse.ts"
import { type PathVariables, pathPattern } from "./path-pattern.ts"
import type { ProfileFile } from "./schema.ts"
import type { LayerName, Sourced } from "./source.ts"

/** What a text needs to become a layer. */
export type LayerContext = {
  name: LayerName
  variables: PathVariables
  /** only org policy and Cordon's own may lock */
  mayLock: boolean
}

type Item = string | { path?: string; host?: string; locked?: boolean | undefined }

export class LayerReader {
  readonly problems: Problem[] = []
  readonly content: ProfileFile
  readonly context: LayerContext
  readonly #locate: ParsedPolicy<ProfileFile>["locate"]

  constructor(parsed: ParsedPolicy<ProfileFile>, context: LayerContext) {
    this.content = parsed.content
    this.context = isOurs(context.name) ? context : withoutXdg(context)
    this.#locate = parsed.locate
  }

  /** Each item of a list as what `read` makes of its text; a SyntaxError becomes a problem at the item. */
  list<T>(
    steps: readonly Step[],
    items: readonly (Item | null)[] | undefined,
    read: (text: string) => T,
  ): Sourced<T>[] {
    return (items ?? []).flatMap((item, index) => {
      // What the schema refused is null, so that the items after it keep their place.
      if (item === null) return []
      const text = typeof item === "string" ? item : (item.path ?? item.host ?? "")
      const locked = typeof item === "string" ? false : item.locked === true
      const sourced = this.value([...steps, index], () => read(text), locked)
      return sourced === undefined ? [] : [sourced]
    })
  }

  value<T>(steps: readonly Step[], read: () => T, locked = false): Sourced<T> | undefined {
    const source = this.#locate(steps)
    const lockedHere = locked || this.#sectionLocked(steps)
    try {
      return { value: read(), source, layer: this.context.name, locked: lockedHere }
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      this.problems.push({ ...source, message: cause.message })
      return undefined
    }
  }

  refuse(steps: readonly Step[], message: string): void {
    this.problems.push({ ...this.#locate(steps), message })
  }

  /** Each lock where it stands, also one of a section that says nothing else: whoever wrote it takes something for locked. */
  refuseLocks(): void {
    if (!this.context.mayLock) this.#refuseLocksIn(this.content, [])
  }

  #refuseLocksIn(content: unknown, steps: readonly Step[]): void {
    if (typeof content !== "object" || content === null) return
    for (const [key, value] of Object.entries(content)) {
      const inside = [...steps, Array.isArray(content) ? Number(key) : key]
      if (key === "locked" && value === true)
        this.refuse(inside, "only the org policy may lock a rule; remove locked")
      else this.#refuseLocksIn(value, inside)
    }
  }

  #sectionLocked([section]: readonly Step[]): boolean {
    const content = this.content[section as "filesystem"]
    return typeof content === "object" && "locked" in content && content.locked === true
  }

  setting<Name extends SettingName>(
    layer: Layer,
    name: Name,
    steps: readonly Step[],
    value: Settings[Name] | undefined,
  ) {
    if (value === undefined) return
    const sourced = this.value(steps, () => value)
    if (sourced !== undefined) Object.assign(layer.settings, { [name]: sourced })
  }
}

/** People write `~/.cache`: a policy means the same places whatever the XDG variables say. */
function withoutXdg(context: LayerContext): LayerContext {
  return { ...context, variables: { ...context.variables, xdg: {} } }
}

function isOurs(name: LayerName): boolean {
  return name === "base" || name === "preset" || roleOf(name) === "state"
}

/** @throws SyntaxError for a glob */
export function exactPath(text: string, variables: PathVariables): string {
  const pattern = pathPattern(text, variables)
  if (pattern.kind === "glob") throw new SyntaxError(`"${text}" is a glob; name one path here`)
  return pattern.path
}
