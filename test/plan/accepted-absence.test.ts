/** What `optional` accepts, and what a refusal says where the organisation keeps that list to itself. */
import { describe, expect, test } from "bun:test"
import { acceptsAbsence, orAccept } from "../../src/plan/accepted-absence.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { layerOf, sourced } from "../policy/naive-model.ts"

const facts = { home: "/b", otherHomes: [] }
const user = layerOf("user", { optional: [sourced("limits")] })
const open = mergeLayers([user], facts)
const none = mergeLayers([user, layerOf("org", { none: [sourced("optional", "org", true)] })], facts)
const others = mergeLayers([user, layerOf("org", { optional: [sourced("live-names", "org", true)] })], facts)

describe("the absence of a protection", () => {
  test("is accepted where somebody calls it optional", () => {
    expect(acceptsAbsence(open, "limits")).toBe(true)
    expect(acceptsAbsence(open, "live-names")).toBe(false)
  })

  test("is accepted for what the organisation's list names, and for nothing else", () => {
    expect(acceptsAbsence(none, "limits")).toBe(false)
    expect(acceptsAbsence(others, "limits")).toBe(false)
    expect(acceptsAbsence(others, "live-names")).toBe(true)
  })

  test("is offered to be accepted, where that would help", () => {
    expect(orAccept(open, "live-names")).toBe(", or accept it with `optional: [live-names]` in your policy")
    expect([none, others].map(policy => orAccept(policy, "abstract-sockets"))).toEqual(["", ""])
  })
})
