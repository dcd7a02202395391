/** `cordon explain env NAME`: what the command would see of a variable, and what would change it. */
import { describe, expect, test } from "bun:test"
import { explainVariable } from "../../src/cli/explain-variable.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { credential, layerOf, sourced } from "../policy/naive-model.ts"

const scrub = layerOf("preset", { settings: { environmentMode: "scrub" } })

function explained(name: string, ...layers: Layer[]) {
  const policy = mergeLayers([scrub, ...layers], { home: "/b", otherHomes: [] })
  return explainVariable(name, {
    policy,
    outside: { A: "a", DISPLAY: ":0", OLDPWD: "/", PATH: "/bin:/hidden" },
    inside: { A: "a", CORDON: "1", PATH: "/bin" },
    pointers: ["DISPLAY", "TMUX"],
  })
}

const removal = (locked: boolean) =>
  layerOf("org", { variables: [{ ...sourced("A", "org", locked), verdict: "remove" }] })
const setting = (value: string, layer: "org" | "user" | "command line", locked = false) =>
  layerOf(layer, { assignments: [{ ...sourced(value, layer, locked), name: "A" }] })

test("a variable that passes, one that is removed, and one of Cordon's", () => {
  expect(explained("A")).toMatchObject({ verdict: "pass", rule: "environment.mode is scrub", notes: [] })
  expect(explained("A", removal(false))).toMatchObject({
    verdict: "remove",
    rule: "environment.remove A",
    notes: ["to pass it: --env A"],
  })
  expect(explained("CORDON")).toMatchObject({
    verdict: "set",
    rule: "Cordon sets it",
    layer: "base",
    source: "built-in: a variable of the sandbox's own",
    notes: [],
  })
})

describe("a variable that is set", () => {
  test("is the highest layer's, and the others lost", () => {
    expect(explained("A", setting("u", "user"), setting("c", "command line"))).toMatchObject({
      verdict: "set",
      rule: "environment.set",
      layer: "command line",
      lost: [{ rule: "environment.set", layer: "user" }],
    })
    expect(explained("A", setting("o", "org", true), setting("u", "user")).layer).toBe("org")
  })

  test("and locked away is not there, and no option is offered", () => {
    expect(explained("A", removal(true), setting("u", "user"))).toMatchObject({
      verdict: "remove",
      rule: "environment.remove A",
      layer: "org",
      notes: ["the organisation's policy locks it away: no option passes or sets it"],
      lost: [{ rule: "environment.set", layer: "user" }],
    })
    expect(explained("A", removal(false), setting("u", "user"))).toMatchObject({ verdict: "set", notes: [] })
  })
})

describe("a variable that no rule takes away, and that is not there", () => {
  test.each(["DISPLAY", "TMUX"])("because it points at a service of the host: %s", name => {
    expect(explained(name)).toMatchObject({
      verdict: "remove",
      rule: "it points at a service of the host",
      notes: [`to pass it: --env ${name}`],
    })
    const passed = layerOf("user", { variables: [{ ...sourced(name, "user"), verdict: "pass" }] })
    expect(explained(name, passed).rule).not.toContain("points at")
  })

  test("because Cordon leaves it out", () => {
    expect(explained("OLDPWD")).toMatchObject({
      verdict: "remove",
      rule: "Cordon leaves it out",
      layer: "base",
    })
  })
})

test("a PATH that is shorter inside passes, and it is said why it is", () => {
  expect(explained("PATH")).toMatchObject({
    verdict: "pass",
    rule: "environment.mode is scrub",
    notes: ["without the directories that the policy hides"],
  })
})

describe("a credential", () => {
  const filtered = layerOf("preset", { settings: { networkMode: "filtered" } })
  const secret = layerOf("user", { credentials: [sourced(credential("TOKEN", "a.example"), "user")] })

  test("is a placeholder inside where there is a border, and closed elsewhere", () => {
    expect(explained("TOKEN", filtered, secret)).toMatchObject({ verdict: "set", layer: "user" })
    expect(explained("TOKEN", filtered, secret).rule).toStartWith("credentials: TOKEN from ")
    const off = layerOf("preset", { settings: { networkMode: "off" } })
    expect(explained("TOKEN", off, secret)).toMatchObject({
      verdict: "remove",
      notes: ["it holds the secret itself: no option passes it"],
    })
  })
})
