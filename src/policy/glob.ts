/**
 * Globs over absolute paths: `*` and `?` (not `/`), `**`, `[…]`, `{a,b}`, `\` before a character to take it as it
 * is. Matching walks the components once with the set of positions a match may have reached, so that no pattern,
 * however hostile, takes more than (components of the pattern × components of the path) steps.
 */
import { componentsOf } from "../base/path.ts"
import { expandBraces } from "./braces.ts"
import { compileComponent } from "./compile-component.ts"

/** One component of a pattern: any number of names, one name as it is, or the tests its characters must pass. */
export type Component =
  | { kind: "names" }
  | { kind: "literal"; name: string }
  | {
      kind: "tests"
      tests: readonly CharacterTest[]
      /** plain text that every match begins and ends with: most names are told apart by it */
      prefix: string
      suffix: string
    }
export type CharacterTest =
  | "*"
  | "?"
  | { literal: string }
  /** inclusive ranges of characters */
  | { ranges: readonly (readonly [string, string])[]; negated: boolean }

/** A compiled glob: the alternatives that its braces stand for. */
export type Glob = { text: string; alternatives: readonly (readonly Component[])[] }

/** PATH_MAX: no path is longer, and braces take time that grows with the square of the length. */
const lengthMax = 4096

/** Whether a text holds a character that means something to a glob. */
export function isGlob(text: string): boolean {
  return /[*?[\]{}]/.test(text)
}

/**
 * Compiles an absolute pattern.
 * @throws SyntaxError with a sentence for people: an open bracket or brace, an empty class, too many alternatives
 */
export function compileGlob(text: string): Glob {
  if (text.length > lengthMax) throw new SyntaxError(`a pattern has at most ${lengthMax} characters`)
  return { text, alternatives: expandBraces(text).map(plain => componentsOf(plain).map(compileComponent)) }
}

/**
 * How many leading components of the path the pattern matches at most; -1 when none.
 * A path names a tree, so a match of `/p/.env` decides for `/p/.env/x` too, with the depth of `/p/.env`.
 */
export function matchedDepth(glob: Glob, components: readonly string[]): number {
  let depth = -1
  for (const alternative of glob.alternatives)
    depth = Math.max(depth, alternativeDepth(alternative, components))
  return depth
}

/** The directory that every match lies in: the plain names with which the pattern begins. */
export function literalStart({ alternatives }: Glob): string {
  let start = ""
  let at = 0
  for (const component of alternatives[0] ?? []) {
    if (component.kind !== "literal") break
    const { name } = component
    if (alternatives.length > 1 && !alternatives.every(other => isLiteral(other[at], name))) break
    start += `/${name}`
    at++
  }
  return start === "" ? "/" : start
}

/** Whether a component is this plain name. */
function isLiteral(component: Component | undefined, name: string): boolean {
  return component?.kind === "literal" && component.name === name
}

function alternativeDepth(pattern: readonly Component[], components: readonly string[]): number {
  // Up to a `**` each component has one name to match, and most paths differ in the first of them already.
  let at = 0
  for (const component of pattern) {
    if (component.kind === "names") return positionsDepth(pattern, components, at)
    const name = components[at]
    if (name === undefined || !matchesName(component, name)) return -1
    at++
  }
  return at
}

/** @param start where in the pattern a `**` stands, and how many components match what is before it */
function positionsDepth(pattern: readonly Component[], components: readonly string[], start: number): number {
  const last = pattern[start + 1]
  if (start + 2 === pattern.length && last !== undefined && last.kind !== "names")
    return lastMatch(last, components, start)
  let depth = -1
  let positions = skipStars(pattern, new Set([start]))
  if (positions.has(pattern.length)) depth = start
  for (let index = start; index < components.length; index++) {
    const next = new Set<number>()
    for (const position of positions) {
      const component = pattern[position]
      if (component?.kind === "names") next.add(position)
      else if (component !== undefined && matchesName(component, components[index] ?? ""))
        next.add(position + 1)
    }
    positions = skipStars(pattern, next)
    if (positions.size === 0) return depth
    if (positions.has(pattern.length)) depth = index + 1
  }
  return depth
}

/** A pattern that ends in a `**` and one name, as most do, matches at the deepest component of that name. */
function lastMatch(component: Component, components: readonly string[], start: number): number {
  for (let depth = components.length; depth > start; depth--)
    if (matchesName(component, components[depth - 1] ?? "")) return depth
  return -1
}

/** `**` also stands for no component at all. */
function skipStars(pattern: readonly Component[], positions: Set<number>): Set<number> {
  for (const position of positions) if (pattern[position]?.kind === "names") positions.add(position + 1)
  return positions
}

/** Whether one name passes one component; `**` takes any. */
export function matchesName(component: Component, name: string): boolean {
  if (component.kind === "names") return true
  if (component.kind === "literal") return component.name === name
  return (
    name.startsWith(component.prefix) && name.endsWith(component.suffix) && passesTests(component.tests, name)
  )
}

/** The classic two-pointer match: on failure go back to the last `*` and let it take one character more. */
function passesTests(tests: readonly CharacterTest[], name: string): boolean {
  const characters = [...name]
  let at = 0
  let testAt = 0
  let starAt = -1
  let resumeAt = 0
  while (at < characters.length) {
    const test = tests[testAt]
    if (test === "*") {
      starAt = testAt++
      resumeAt = at
    } else if (test !== undefined && passes(test, characters[at] ?? "")) {
      testAt++
      at++
    } else if (starAt >= 0) {
      testAt = starAt + 1
      at = ++resumeAt
    } else return false
  }
  while (tests[testAt] === "*") testAt++
  return testAt === tests.length
}

function passes(test: Exclude<CharacterTest, "*">, character: string): boolean {
  if (test === "?") return true
  if ("literal" in test) return test.literal === character
  return test.ranges.some(([from, to]) => from <= character && character <= to) !== test.negated
}

/** `*`: wherever it stands, it tells no name from another. */
export function takesAny(component: Component): boolean {
  return component.kind === "tests" && component.tests.every(test => test === "*")
}
