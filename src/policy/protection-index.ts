/** Rule 4 of docs/policy.md: which protections and liftings match a path, and which of them decides. */
import { componentsOf, lineageOf } from "../base/path.ts"
import { type Glob, matchedDepth } from "./glob.ts"
import type { Access, Protection } from "./layer.ts"
import { specificityOf } from "./path-pattern.ts"
import { rankOf } from "./source.ts"

/** A protection that matched, and how many components of the path its pattern takes. */
export type ProtectionMatch = { protection: Protection; depth: number }

/**
 * The protections and liftings that match, the deciding ones first. A name is protected below a writable directory only, so that
 * `.codex` in a project is protected and `~/.codex` below a read-only home is not.
 */
export function protectionMatcher(
  protections: readonly Protection[],
  accessOf: (path: string) => Access,
): (path: string) => ProtectionMatch[] {
  const index = indexProtections(protections)
  return path => {
    const components = componentsOf(path)
    const isBelowWritable = (depth: number) =>
      lineageOf(path)
        .slice(0, depth)
        .some(ancestor => accessOf(ancestor) === "write")
    const matches: ProtectionMatch[] = []
    for (const [depth, ancestor] of lineageOf(path).entries())
      for (const protection of index.exact.get(ancestor) ?? []) matches.push({ protection, depth })
    for (const protection of index.globs) {
      const pattern = protection.value
      const depth = pattern.kind === "place" ? (specificityOf(pattern.pattern, components)?.depth ?? -1) : -1
      if (depth >= 0) matches.push({ protection, depth })
    }
    for (const [start, name] of components.entries()) {
      const below = components.slice(start)
      for (const protection of [...(index.named.get(name) ?? []), ...index.patterned]) {
        if (protection.value.kind !== "anywhere") continue
        const length = matchedDepth(protection.value.names, below)
        if (length > 0 && isBelowWritable(start + length)) matches.push({ protection, depth: start + length })
      }
    }
    return matches.sort(byProtectionPrecedence)
  }
}

/** Protections by how they can be found: by path, by their first name, and those that have to be tried. */
type ProtectionIndex = {
  exact: Map<string, Protection[]>
  globs: Protection[]
  named: Map<string, Protection[]>
  patterned: Protection[]
}

function indexProtections(protections: readonly Protection[]): ProtectionIndex {
  const index: ProtectionIndex = { exact: new Map(), globs: [], named: new Map(), patterned: [] }
  for (const protection of protections) {
    const { value } = protection
    if (value.kind === "place") {
      if (value.pattern.kind === "exact") append(index.exact, value.pattern.path, protection)
      else index.globs.push(protection)
      continue
    }
    const firsts = firstNames(value.names)
    if (firsts === undefined) index.patterned.push(protection)
    else for (const name of firsts) append(index.named, name, protection)
  }
  return index
}

/** The plain names with which the alternatives begin; undefined when one begins with a pattern. */
function firstNames({ alternatives }: Glob): readonly string[] | undefined {
  const names: string[] = []
  for (const alternative of alternatives) {
    const first = alternative[0]
    if (first?.kind !== "literal") return undefined
    if (!names.includes(first.name)) names.push(first.name)
  }
  return names
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}

function byProtectionPrecedence(a: ProtectionMatch, b: ProtectionMatch): number {
  return (
    b.depth - a.depth ||
    rankOf(b.protection.layer) - rankOf(a.protection.layer) ||
    Number(a.protection.effect === "unprotect") - Number(b.protection.effect === "unprotect")
  )
}

/** A locked protection holds whatever lifts the others. */
export function decidingProtection(matches: readonly ProtectionMatch[]): Protection | undefined {
  const locked = matches.find(match => match.protection.locked && match.protection.effect === "protect")
  if (locked !== undefined) return locked.protection
  const first = matches[0]?.protection
  return first?.effect === "protect" ? first : undefined
}
