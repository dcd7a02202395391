/**
 * Protected names: never writable, at any depth below any writable directory. A pattern that starts with `/` or
 * `~` means that place; any other means its names one below the other, anywhere (`.git/hooks`).
 */
import { componentsOf } from "../base/path.ts"
import { compileGlob, type Glob } from "./glob.ts"
import {
  escapedVariables,
  expandVariables,
  type PathPattern,
  type PathVariables,
  pathPattern,
} from "./path-pattern.ts"

export type ProtectionPattern =
  | { kind: "place"; pattern: PathPattern }
  /** `names` matches the components from the matched start on */
  | { kind: "anywhere"; text: string; names: Glob }

/** @throws SyntaxError with a sentence that names the mistake */
export function protectionPattern(text: string, variables: PathVariables): ProtectionPattern {
  const placed = /^(\/|~|\$|\.\.?\/|\.$)/.test(text)
  if (placed) return { kind: "place", pattern: pathPattern(text, variables) }
  const expanded = expandVariables(text, escapedVariables(variables)).replace(/^(\*\*\/)+/, "")
  if (componentsOf(expanded).length === 0) throw new SyntaxError(`"${text}" names nothing to protect`)
  if (componentsOf(expanded).some(name => name === ".." || name === "."))
    throw new SyntaxError(`"${text}": a protected name has no "." or ".."`)
  return { kind: "anywhere", text, names: compileGlob(`/${expanded}`) }
}

/** The text of a protection for people. */
export function protectionText(pattern: ProtectionPattern): string {
  if (pattern.kind === "anywhere") return pattern.text
  return pattern.pattern.kind === "exact" ? pattern.pattern.path : pattern.pattern.glob.text
}

/** A protection of one place, for paths that Cordon itself adds. */
export function placeProtection(path: string): ProtectionPattern {
  return { kind: "place", pattern: { kind: "exact", path } }
}
