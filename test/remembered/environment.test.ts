/** The environment of a remembered launch: the same as a planned one's, kept without what the caller's variables hold. */
import { describe, expect, test } from "bun:test"
import type { Assignment } from "../../src/policy/layer.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { keptEnvironment, recalledEnvironment } from "../../src/remembered/environment.ts"

const own = { HOME: "/home/me", TMPDIR: "/tmp", CORDON: "1" }
const kept = (environment: Record<string, string>, inherited: Record<string, string | undefined> = {}) =>
  keptEnvironment(environment, { inherited, assignments: [] })

function assignment(layer: LayerName): Assignment {
  return { name: "TOKEN", value: "s3cret", layer, locked: false, source: { file: "x", line: 1, column: 1 } }
}

describe("what is kept", () => {
  test("is Cordon's own values as they are", () => {
    expect(kept(own)).toEqual([
      ["HOME", "/home/me"],
      ["TMPDIR", "/tmp"],
      ["CORDON", "1"],
    ])
  })

  test("is of the caller's values that they are the caller's", () => {
    const inherited = { TOKEN: "s3cret", NODE_OPTIONS: "--title=s3cret" }
    const environment = { TOKEN: "s3cret", NODE_OPTIONS: "--title=s3cret --require=/x" }
    const text = JSON.stringify(kept(environment, inherited))
    expect(text).not.toContain("s3cret")
    expect(text).toContain("--require=/x")
  })

  test("is of a shorter PATH which entries are left", () => {
    expect(kept({ PATH: "/b:/c" }, { PATH: "/a:/b:/c" })).toEqual([["PATH", { entries: [1, 2] }]])
  })

  test("has no session", () => {
    expect(kept({ CORDON_SESSION: "4711" }, { CORDON_SESSION: "4711" })).toEqual([])
  })

  test.each(["environment", "org", "project", "user", "profile", "command line"] as const)(
    "is nothing when the %s sets a variable",
    layer => {
      const assignments = [assignment(layer)]
      expect(keptEnvironment({ TOKEN: "s3cret" }, { inherited: {}, assignments })).toBeUndefined()
    },
  )

  test.each(["base", "preset", "toolchain", "agent"] as const)(
    "is what the built-in %s sets, which is in the program anyway",
    layer => {
      const assignments = [assignment(layer)]
      expect(keptEnvironment({ TOKEN: "s3cret" }, { inherited: {}, assignments })).toEqual([
        ["TOKEN", "s3cret"],
      ])
    },
  )
})

describe("what is recalled", () => {
  const recalled = (environment: Record<string, string>, inherited: Record<string, string | undefined>) => {
    const known = keptEnvironment(environment, { inherited, assignments: [] }) ?? []
    return recalledEnvironment(JSON.parse(JSON.stringify(known)), inherited, "new")
  }

  test.each([
    ["own values", own, {}],
    ["a value of the caller's", { A: "1" }, { A: "1" }],
    ["an empty value", { A: "" }, { A: "" }],
    ["a value that is longer than the caller's", { A: "12" }, { A: "1" }],
    ["a value that the caller's begins with", { A: "1" }, { A: "12" }],
    ["another value than the caller's", { A: "x" }, { A: "y" }],
    ["a PATH without some of its entries", { PATH: "/b::/c" }, { PATH: "/a:/b::/x:/c" }],
    ["a PATH with others", { PATH: "/b:/z" }, { PATH: "/a:/b" }],
    ["a value where the caller's was empty", { A: "x" }, { A: "" }],
    [
      "a line break, a quote and what is no text",
      { A: 'a\n"\udc80', B: "\ud83d\ude00" },
      { A: 'a\n"\udc80' },
    ],
    ["a name like a field of every object", { constructor: "x", toString: "y" }, {}],
  ])("is the same: %s", (_, environment, inherited) => {
    const before = { ...environment, CORDON_SESSION: "old" } as Record<string, string>
    expect(recalled(before, inherited)).toEqual({ ...before, CORDON_SESSION: "new" })
  })

  test("has the order that it had, and the session last", () => {
    const names = Object.keys(recalled({ B: "1", A: "2", C: "3" }, { A: "2" }))
    expect(names).toEqual(["B", "A", "C", "CORDON_SESSION"])
  })
})
