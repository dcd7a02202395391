/** Rules about a directory that a variable moved hold in its new place too. */
import { describe, expect, test } from "bun:test"
import { relocateRules } from "../../src/plan/relocate.ts"
import { patternText } from "../../src/policy/path-pattern.ts"
import { protectionText } from "../../src/policy/protection.ts"
import { pathRule, protection } from "../policy/naive-model.ts"

const moved = [{ from: "/b/.codex", to: "/data/codex" }]

function relocated(paths: string[], protections: string[] = [], moves = moved) {
  const policy = {
    paths: paths.map(text => pathRule("deny", text)),
    protections: protections.map(text => protection("protect", text)),
  }
  const { paths: rules, protections: guards } = relocateRules(policy, moves)
  return [
    ...rules.map(({ value }) => patternText(value)),
    ...guards.map(({ value }) => protectionText(value)),
  ]
}

describe("a rule", () => {
  test("in a moved directory holds in both places", () => {
    expect(relocated(["/b/.codex/auth.json", "/b/.codex", "/b/.other"])).toEqual([
      "/b/.codex/auth.json",
      "/b/.codex",
      "/b/.other",
      "/data/codex/auth.json",
      "/data/codex",
    ])
  })

  test("that only begins with the same letters stays alone", () => {
    expect(relocated(["/b/.codex2", "/b"])).toEqual(["/b/.codex2", "/b"])
  })

  test("keeps its access, layer, lock and source", () => {
    const rule = pathRule("write", "/b/.codex/x", { layer: "agent", locked: true })
    const [, copy] = relocateRules({ paths: [rule], protections: [] }, moved).paths
    expect(copy).toEqual({ ...rule, value: { kind: "exact", path: "/data/codex/x" } })
  })

  test("holds in every directory when several moves fit", () => {
    const moves = [...moved, { from: "/b", to: "/home2" }]
    expect(relocated(["/b/.codex/x"], [], moves)).toEqual(["/b/.codex/x", "/data/codex/x", "/home2/.codex/x"])
  })

  test("that is a glob stays where it is", () => {
    expect(relocated(["/b/.codex/*.toml"])).toEqual(["/b/.codex/*.toml"])
  })
})

describe("a protection", () => {
  test("of a place moves, a name anywhere holds there already", () => {
    expect(relocated([], ["/b/.codex/config.toml", ".codex/hooks", "/b/bin"])).toEqual([
      "/b/.codex/config.toml",
      ".codex/hooks",
      "/b/bin",
      "/data/codex/config.toml",
    ])
  })

  test("and a lifting move alike", () => {
    const lifting = protection("unprotect", "/b/.codex")
    const { protections } = relocateRules({ paths: [], protections: [lifting] }, moved)
    expect(protections.map(({ effect, value }) => `${effect} ${protectionText(value)}`)).toEqual([
      "unprotect /b/.codex",
      "unprotect /data/codex",
    ])
  })
})

test("nothing moved, nothing changed", () => {
  const policy = { paths: [pathRule("deny", "/b/.codex")], protections: [protection("protect", "/b/x")] }
  expect(relocateRules(policy, [])).toEqual(policy)
})
