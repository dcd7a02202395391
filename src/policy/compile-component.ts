/** The text of one component of a glob → the tests that a name has to pass. */
import type { CharacterTest, Component } from "./glob.ts"

/** @throws SyntaxError with a sentence for people: an open bracket, an empty class */
export function compileComponent(text: string): Component {
  if (text === "**") return { kind: "names" }
  if (!/[*?[\]\\]/.test(text)) return { kind: "literal", name: text }
  const tests: CharacterTest[] = []
  const characters = [...text]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ""
    if (character === "*" && characters[at + 1] === "*")
      throw new SyntaxError(`"**" must stand alone between slashes`)
    if (character === "*" || character === "?") tests.push(character)
    else if (character === "[") {
      const { test, end } = compileClass(characters, at + 1)
      tests.push(test)
      at = end
    } else tests.push({ literal: character === "\\" ? (characters[++at] ?? "\\") : character })
  }
  const plain = !/[[\]\\]/.test(text)
  return {
    kind: "tests",
    tests,
    prefix: plain ? text.slice(0, text.search(/[*?]/)) : "",
    suffix: plain ? text.slice(Math.max(text.lastIndexOf("*"), text.lastIndexOf("?")) + 1) : "",
  }
}

/** `[a-z]`, `[!a]`, `[]a]`: a `]` that stands first is one of the characters (POSIX 2.13.1). */
function compileClass(characters: readonly string[], start: number): { test: CharacterTest; end: number } {
  const negated = characters[start] === "!" || characters[start] === "^"
  const ranges: [string, string][] = []
  const one = (at: number) =>
    characters[at] === "\\"
      ? { character: characters[at + 1], next: at + 2 }
      : { character: characters[at], next: at + 1 }
  const first = negated ? start + 1 : start
  for (let at = first; at < characters.length; ) {
    if (characters[at] === "]" && at > first) return { test: { ranges, negated }, end: at }
    const from = one(at)
    const isRange = characters[from.next] === "-" && characters[from.next + 1] !== "]"
    const to = isRange ? one(from.next + 1) : from
    if (from.character === undefined || to.character === undefined) break
    if (to.character < from.character)
      throw new SyntaxError(`"${from.character}-${to.character}" is an empty range`)
    ranges.push([from.character, to.character])
    at = to.next
  }
  throw new SyntaxError(`"[" is never closed`)
}
