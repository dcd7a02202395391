/** Who writes into a list that the organisation closes is told that it is in vain. */
import { describe, expect, test } from "bun:test"
import { closedListWarnings } from "../../src/plan/closed-lists.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { layerOf, sourced } from "../policy/naive-model.ts"

const warnings = (mode: "off" | "filtered" | "open", ...layers: Layer[]) =>
  closedListWarnings(mergeLayers(layers, { home: "/b", otherHomes: [] }), mode)
const locked = layerOf("org", {
  none: [
    sourced("optional", "org", true),
    sourced("sockets", "org", true),
    sourced("hostPorts", "org", true),
  ],
})
const user = layerOf("user", {
  optional: [sourced("limits")],
  sockets: [sourced("/s")],
  hostPorts: [sourced(80)],
})

const only = (what: string) => `has no effect: the organisation's policy allows its own list of ${what} only`

describe("a closed list", () => {
  test("warns of each item that does not hold", () => {
    expect(warnings("filtered", user, locked)).toEqual([
      `user says so: network.host_ports 80 ${only("ports")}`,
      `user says so: network.unix_sockets /s ${only("sockets")}`,
      `user says so: optional limits ${only("protections")}`,
    ])
  })

  test("says nothing of ports where the network is off or the host's own", () => {
    for (const mode of ["off", "open"] as const)
      expect(warnings(mode, user, locked).map(text => text.split(" ")[3])).toEqual([
        "network.unix_sockets",
        "optional",
      ])
  })

  test("says nothing of what it names, and none where nothing is locked", () => {
    expect(warnings("filtered", user)).toEqual([])
    const same = layerOf("org", { optional: [sourced("limits", "org", true)] })
    expect(warnings("filtered", user, same)).toEqual([])
  })
})
