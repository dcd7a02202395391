/** A file whose name is a pattern that does not match it is not what a rule means; whoever wrote the rule is told. */
import { expect, test } from "bun:test"
import { literalGlobs } from "../../src/plan/literal-globs.ts"
import { specificityOf } from "../../src/policy/path-pattern.ts"
import { fakeDisk, pathRule } from "../policy/naive-model.ts"

const facts = fakeDisk(["/x/[id].tsx", "/x/{a,b}", "/x/a*", "/x/plain"])
const warnings = (text: string, layer: "user" | "base" = "user") =>
  literalGlobs([pathRule("deny", text, { layer })], facts)

test.each([
  ["/x/[id].tsx", "/x/[id].tsx", "/x/\\[id\\].tsx"],
  ["/x/{a,b}", "/x/{a,b}", "/x/\\{a,b\\}"],
  ["/**/x/[id].tsx", "/x/[id].tsx", "/x/\\[id\\].tsx"],
])("%s", (text, literal, written) => {
  expect(warnings(text)).toEqual([
    `user: deny ${text}: a pattern, which does not match ${literal}; to mean that write ${written}`,
  ])
  expect(warnings(written)).toEqual([])
  expect(specificityOf(pathRule("deny", written).value, literal.slice(1).split("/"))).toBeDefined()
})

test.each(["/x/\\[id\\].tsx", "/x/a*", "/x/plain", "/x/[ab].tsx", "/x/*"])("nothing is said of %s", text => {
  expect(warnings(text)).toEqual([])
})

test("nothing is said of a built-in rule", () => {
  expect(warnings("/x/[id].tsx", "base")).toEqual([])
})
