import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { closestWord, didYouMean } from "../../src/base/closest-word.ts"

const keys = ["filesystem", "network", "environment", "limits", "version", "extends", "commands", "optional"]

describe("closestWord", () => {
  test.each([
    ["network", "network"],
    ["netwrok", "network"],
    ["ntework", "network"],
    ["netwrk", "network"],
    ["networks", "network"],
    ["network ", "network"],
    ["NETWORK", "network"],
    ["Netwrok", "network"],
    ["filesytem", "filesystem"],
    ["file_system", "filesystem"],
    ["filesys", "filesystem"],
    ["enviroment", "environment"],
    ["enviromnent", "environment"],
    ["verison", "version"],
    ["limit", "limits"],
    ["command", "commands"],
    ["xnetworky", "network"],
  ])("%j was meant to be %s", (word, meant) => {
    expect(closestWord(word, keys)).toBe(meant)
  })

  test.each([
    "",
    "x",
    "net",
    "file",
    "env",
    "sandbox",
    "krowten",
    "networknetwork",
    "n e t w o r k",
    "constructor",
    "\u{1f600}".repeat(4),
  ])("%j was meant to be none of them", word => {
    expect(closestWord(word, keys)).toBeUndefined()
  })

  test("a hostile key is compared with nothing", () => {
    for (const word of ["n".repeat(65), "network".repeat(100_000), `filesystem${" ".repeat(100_000)}`])
      expect(closestWord(word, keys)).toBeUndefined()
  })

  test.each([
    ["raed", ["write", "read", "deny"], "read"],
    ["dany", ["deny", "any"], "deny"],
    ["ab", ["ba"], "ba"],
    ["abc", ["cab"], undefined],
    ["expose", ["host_ports", "expose"], "expose"],
    ["hostports", ["host_ports", "expose"], "host_ports"],
    ["x", [], undefined],
    ["", [], undefined],
  ])("%j among %j is %p", (word, candidates, meant) => {
    expect(closestWord(word, candidates)).toBe(meant)
  })

  test("prefers the nearest, and of equally near ones the first", () => {
    expect(closestWord("allow", ["allows", "allow", "fallow"])).toBe("allow")
    expect(closestWord("pass", ["mass", "bass"])).toBe("mass")
    expect(closestWord("pass", ["bass", "mass"])).toBe("bass")
  })

  test("finds every candidate behind one slip of the finger", () => {
    const slip = fc.tuple(
      fc.constantFrom(...keys),
      fc.nat(),
      fc.constantFrom("drop", "double", "swap", "change"),
    )
    fc.assert(
      fc.property(slip, ([key, place, kind]) => {
        const at = place % (key.length - 1)
        const [before, here, next, after] = [key.slice(0, at), key[at], key[at + 1], key.slice(at + 2)]
        const slips = {
          drop: before + next + after,
          double: before + here + here + next + after,
          swap: before + next + here + after,
          change: `${before}#${next}${after}`,
        }
        expect(closestWord(slips[kind as keyof typeof slips], keys)).toBe(key)
      }),
    )
  })

  test("answers with a candidate or not at all", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (word, candidates) => {
        expect([...candidates, undefined]).toContain(closestWord(word, candidates))
      }),
    )
  })
})

test.each([
  ["netwrok", '; did you mean "network"?'],
  ["sandbox", ""],
])("the end of a sentence about %s is %j", (word, end) => {
  expect(didYouMean(word, keys)).toBe(end)
})
