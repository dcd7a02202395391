/** No rule that matches is left out, and each keeps its turn. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { componentsOf } from "../../src/base/path.ts"
import { GlobRules } from "../../src/policy/glob-rules.ts"
import type { PathRule } from "../../src/policy/layer.ts"
import { patternText, specificityOf } from "../../src/policy/path-pattern.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { naiveAccess, naiveVerdict, pathRule, ranked, rulesOf, type Said } from "./naive-model.ts"

const many = Array.from({ length: 100 }, (_, index) => `/p/**/secret-${index}-*.pem`)

function rulesWith(...texts: string[]): GlobRules {
  const rules = new GlobRules()
  for (const text of texts) rules.add(pathRule("deny", text))
  return rules
}

const texts = (rules: readonly PathRule[]) => rules.map(({ value }) => patternText(value))
const found = (rules: GlobRules, path: string) => texts(rules.candidates(componentsOf(path)))

describe("of a hundred", () => {
  const rules = rulesWith(...many, "/p/**", "/**", "/p/*/x/**", "/p/**/{a,b*}/**", "/p/**/?", "/p/**/[xy].z")

  test.each<[path: string, found: string[]]>([
    ["/p/secret-7-a.pem", ["/p/**/secret-7-*.pem", "/p/**", "/**"]],
    ["/p/secret-7-a.pem/secret-42-.pem", ["/p/**/secret-7-*.pem", "/p/**/secret-42-*.pem", "/p/**", "/**"]],
    ["/p/secret-7.pem", ["/p/**", "/**"]],
    ["/p/q/x/y", ["/p/**", "/**", "/p/*/x/**", "/p/**/?"]],
    ["/p/a/bc", ["/p/**", "/**", "/p/**/{a,b*}/**", "/p/**/?"]],
    ["/p/y.z", ["/p/**", "/**", "/p/**/[xy].z"]],
    ["/", ["/**"]],
  ])("%s: %j", (path, candidates) => {
    // One letter for a name is a `?`, so `/p` is a candidate for it too.
    expect(found(rules, path).filter(text => text !== "/p/**/?" || candidates.includes(text))).toEqual(
      candidates,
    )
  })

  test("one that comes later is found as well", () => {
    const own = rulesWith(...many)
    expect(found(own, "/p/later")).toEqual([])
    own.add(pathRule("deny", "/p/**/later"))
    expect(found(own, "/p/later")).toEqual(["/p/**/later"])
    expect(own.size).toBe(101)
  })
})

test("a few are all tried", () => {
  expect(found(rulesWith("/p/**/a", "/p/**/b"), "/p/x")).toEqual(["/p/**/a", "/p/**/b"])
  expect(found(rulesWith(), "/p/x")).toEqual([])
})

const name = fc.constantFrom("a", "b", "ab", ".env", ".env.local", "b.pem", "é")
const wild = fc.constantFrom("*", "**", "?", "a*", "*b", ".env.*", "*.pem", "[ab]", "{a,b*}", "{.env,x/**}")
const pattern = fc
  .array(fc.oneof(name, wild), { minLength: 1, maxLength: 4 })
  .map(names => `/${names.join("/")}`)
  .filter(text => /[*?[{]/.test(text))
const path = fc.array(name, { maxLength: 5 }).map(names => `/${names.join("/")}`)

test("whatever matches is a candidate, once, and in turn", () => {
  const property = fc.property(fc.array(pattern, { minLength: 9, maxLength: 40 }), path, (patterns, at) => {
    const components = componentsOf(at)
    const rules = patterns.map(text => pathRule("deny", text))
    const own = new GlobRules()
    for (const each of rules) own.add(each)
    const matching = rules.filter(({ value }) => specificityOf(value, components) !== undefined)
    const candidates = own.candidates(components)
    expect(candidates.filter(each => matching.includes(each))).toEqual(matching)
    expect(new Set(candidates).size).toBe(candidates.length)
    expect([...candidates].sort((a, b) => rules.indexOf(a) - rules.indexOf(b))).toEqual([...candidates])
  })
  fc.assert(property, { numRuns: 3000 })
})

test("with many globs every verdict is that of the naive model, and what matched has its order", () => {
  const said = fc.record<Said>({
    does: fc.constantFrom("deny", "read", "write", "protect"),
    // The naive model knows no braces.
    text: pattern.filter(text => !text.includes("{")),
    layer: fc.constantFrom("base", "org", "user", "command line"),
    locked: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
  })
  const ground: Said = { does: "read", text: "/", layer: "base", locked: false }
  const property = fc.property(fc.array(said, { minLength: 12, maxLength: 40 }), path, (more, at) => {
    const all = [ground, ...more]
    const judge = pathJudge(rulesOf(all))
    expect(judge.accessOf(at)).toBe(naiveAccess(all, at))
    expect(judge.judge(at).access).toBe(naiveVerdict(all, at))
    const order = judge.matchesOf(at).flatMap(rule => ("access" in rule ? [rule.access] : []))
    expect(order).toEqual(ranked(all, at).map(match => match.said.does as PathRule["access"]))
  })
  fc.assert(property, { numRuns: 3000 })
})
