/** `cordon explain env NAME`: what the command would see of a variable, and what would change it. */
import { describe, expect, test } from "bun:test"
import { explainVariable } from "../../src/cli/explain-variable.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { layerOf, sourced } from "../policy/naive-model.ts"

const scrub = layerOf("preset", { settings: { environmentMode: "scrub" } })

function explained(name: string, ...layers: Layer[]) {
  const policy = mergeLayers([scrub, ...layers], { home: "/b", otherHomes: [] })
  return explainVariable(name, { policy, outside: { A: "a" }, inside: { CORDON: "1" } })
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
  expect(explained("CORDON").verdict).toBe("set")
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
