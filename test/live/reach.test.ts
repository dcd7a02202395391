/** Below which directories rules still have something to say. */
import { describe, expect, test } from "bun:test"
import { Reach } from "../../src/live/reach.ts"
import { rulesOf, type Said } from "../policy/naive-model.ts"

/** Rules in words: `deny /a/key`, `protect .git/hooks`. */
function reach(...rules: string[]): Reach {
  const said = rules.map((rule): Said => {
    const [does, text = ""] = rule.split(" ")
    return { does: does as Said["does"], text, layer: "user", locked: false }
  })
  return new Reach(rulesOf(said))
}

describe("a link would stand above", () => {
  test.each<[rule: string, above: string[], elsewhere: string[]]>([
    ["deny /a/b/key", ["/a", "/a/b"], ["/a/b/key", "/a/b/key/x", "/a/c", "/ab", "/a/bb", "/b"]],
    ["read /a/b/key", ["/a", "/a/b"], ["/a/b/key", "/a/c"]],
    ["protect /a/b/key", ["/a", "/a/b"], ["/a/b/key", "/a/c"]],
    ["deny /a/b/*.key", ["/a", "/a/b"], ["/a/b/x", "/a/c", "/b"]],
    ["protect /a/b/*.key", ["/a", "/a/b"], ["/a/b/x", "/a/c"]],
    ["deny /a/b/**/*.key", ["/a", "/a/b"], ["/a/b/x", "/a/b/x/y", "/a/c"]],
    ["deny /a/{b,c}/*.key", ["/a", "/a/b", "/a/c"], ["/a/d", "/a/b/x"]],
    ["deny /a/{b/x,c}/key", ["/a", "/a/b", "/a/b/x", "/a/c"], ["/a/d", "/a/c/x"]],
    ["protect .git/hooks", ["/a/.git", "/.git"], ["/a/.gitx", "/a/hooks", "/a/.git/hooks"]],
    ["deny /a/**/.env", ["/a"], ["/a/b", "/a/.env"]],
    ["write /a/b/key", [], ["/a", "/a/b", "/a/b/key"]],
    ["private /a/b", [], ["/a", "/a/b"]],
    ["unprotect /a/b/key", [], ["/a", "/a/b"]],
    ["unprotect .git/hooks", [], ["/a/.git"]],
  ])("%s", (rule, above, elsewhere) => {
    const one = reach("write /", rule)
    for (const path of above) expect([path, one.isBegun(path)]).toEqual([path, true])
    for (const path of elsewhere) expect([path, one.isBegun(path)]).toEqual([path, false])
  })

  test("nothing where no rule takes anything away", () => {
    for (const path of ["/a", "/a/b"]) expect(reach().isBegun(path)).toBe(false)
  })

  test("each of a thousand places", () => {
    const many = reach(...Array.from({ length: 1000 }, (_, index) => `deny /d/${index}/key`))
    for (const path of ["/d", "/d/0", "/d/999"]) expect(many.isBegun(path)).toBe(true)
    for (const path of ["/d/1000", "/d/0/key", "/e"]) expect(many.isBegun(path)).toBe(false)
  })
})

describe("what lies below a directory is told apart from the same elsewhere", () => {
  test.each<[rule: string, from: string, to: string, apart: boolean]>([
    ["deny /a/b/key", "/a/b", "/a/c", true],
    ["deny /a/b/key", "/a/c", "/a/b", true],
    ["deny /a/b/key", "/a/c", "/a/d", false],
    ["deny /a/b/key", "/a/b/key", "/a/c", false],
    ["deny /a/**/.env", "/a/b", "/a/c", false],
    ["deny /a/**/.env", "/a/b", "/c", true],
    ["deny /a/b/*.key", "/a/b", "/a/c", true],
    ["protect .git/hooks", "/a/x", "/a/.git", true],
    ["protect .git/hooks", "/a/x", "/a/y", false],
  ])("%s: %s and %s, %p", (rule, from, to, apart) => {
    expect(reach("write /", rule).tellsApart(from, to)).toBe(apart)
    expect(reach("write /", rule).tellsApart(to, from)).toBe(apart)
  })
})
