/** Many patterns for one name: the index finds what trying each pattern would find. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { type Component, compileGlob, matchesName } from "../../src/policy/glob.ts"
import { NameIndex } from "../../src/policy/name-index.ts"

function component(pattern: string): Component {
  const [first] = compileGlob(`/${pattern}`).alternatives[0] ?? []
  if (first === undefined) throw new Error(`no component: ${pattern}`)
  return first
}

function indexOf(patterns: readonly string[]): NameIndex<string> {
  const index = new NameIndex<string>()
  for (const pattern of patterns) index.add(component(pattern), pattern)
  return index
}

describe("the index", () => {
  test("finds plain names, beginnings, ends and what has neither", () => {
    const index = indexOf([".env", ".env.*", "*.pem", "*", "**", "[ab]c", "?d", "*x*", "a*z"])
    const found = (name: string) => index.find(name).sort()
    expect(found(".env")).toEqual(["*", "**", ".env"])
    expect(found(".env.local")).toEqual(["*", "**", ".env.*"])
    expect(found("k.pem")).toEqual(["*", "**", "*.pem"])
    expect(found("ac")).toEqual(["*", "**", "[ab]c"])
    expect(found("bd")).toEqual(["*", "**", "?d"])
    expect(found("oxo")).toEqual(["*", "**", "*x*"])
    expect(found("abz")).toEqual(["*", "**", "a*z"])
    expect(found("q")).toEqual(["*", "**"])
  })

  test("keeps every value of the same pattern", () => {
    const index = new NameIndex<number>()
    for (const value of [1, 2, 3]) index.add(component("same"), value)
    for (const value of [4, 5]) index.add(component("s*"), value)
    expect(index.find("same").sort()).toEqual([1, 2, 3, 4, 5])
  })

  test("an empty index finds nothing, and asking changes nothing", () => {
    expect(indexOf([]).find("a")).toEqual([])
    const index = indexOf(["a"])
    index.find("a").push("intruder")
    expect(index.find("a")).toEqual(["a"])
  })

  test("takes patterns as text", () => {
    const index = new NameIndex<string>()
    for (const pattern of ["PATH", "AWS_*", "*_KEY", "A*Z", "[PQ]A??"]) index.addPattern(pattern, pattern)
    expect(index.find("PATH").sort()).toEqual(["PATH", "[PQ]A??"])
    expect(index.find("AWS_KEY").sort()).toEqual(["*_KEY", "AWS_*"])
    expect(index.find("AZ")).toEqual(["A*Z"])
    expect(index.has("A")).toBe(false)
  })

  test("refuses text that is no pattern when a name is asked for", () => {
    for (const pattern of ["A[", "*[", "[]"]) {
      const index = new NameIndex<true>()
      index.addPattern(pattern, true)
      expect(() => index.find("B")).toThrow(SyntaxError)
    }
  })

  test("agrees with trying each pattern", () => {
    const letter = fc.constantFrom("a", "b", ".", "é", "😀")
    const name = fc.string({ unit: letter, minLength: 1, maxLength: 5 })
    const part = fc.oneof({ weight: 3, arbitrary: letter }, fc.constantFrom("*", "?", "[ab]", "[!a]", "\\*"))
    const pattern = fc
      .array(part, { minLength: 1, maxLength: 5 })
      .map(parts => parts.join("").replace(/\*\*+/g, "*"))
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), name, (patterns, asked) => {
        const tried = patterns.filter(one => matchesName(component(one), asked))
        const asText = new NameIndex<string>()
        for (const one of patterns) asText.addPattern(one, one)
        for (const index of [indexOf(patterns), asText]) {
          expect(index.find(asked).sort()).toEqual(tried.sort())
          expect(index.has(asked)).toBe(tried.length > 0)
        }
      }),
      { numRuns: 5000 },
    )
  })
})
