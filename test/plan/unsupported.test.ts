/** What the policy asks for and this version cannot do is refused by name, never ignored. */
import { describe, expect, test } from "bun:test"
import { UserError } from "../../src/base/error.ts"
import { refuseUnsupported } from "../../src/plan/unsupported.ts"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import type { HostRule, Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { layerOf, sourced } from "../policy/naive-model.ts"

/** The refusal of a policy of these layers, "" when there is none. */
function refusal(...layers: Layer[]): string {
  try {
    refuseUnsupported(mergeLayers(layers, { home: "/b", otherHomes: [] }))
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    expect(error.hint).not.toBe("")
    return error.message
  }
  return ""
}

const open = layerOf("preset", { settings: { networkMode: "open" } })

function host(layer: LayerName, verdict: HostRule["verdict"], pattern: string): Layer {
  return layerOf(layer, { hosts: [{ ...sourced(hostPattern(pattern), layer), verdict }] })
}

describe("the network", () => {
  test("off and open are there, filtered is not", () => {
    expect(refusal()).toBe("")
    expect(refusal(open)).toBe("")
    expect(refusal(layerOf("user", { settings: { networkMode: "filtered" } }))).toBe(
      "user says so: network mode filtered is not there yet in this version",
    )
  })

  test("asking needs the filtered mode", () => {
    expect(refusal(open, layerOf("user", { settings: { ask: "unlisted" } }))).toContain("network.ask")
    expect(refusal(open, layerOf("user", { settings: { ask: "never" } }))).toBe("")
  })

  test.each(["environment", "org", "project", "user", "profile", "command line"] as const)(
    "a host rule of the %s would not hold",
    layer => {
      expect(refusal(open, host(layer, "deny", "evil.example"))).toContain(`${layer} says so: network.deny`)
      expect(refusal(open, host(layer, "allow", "good.example"))).toContain(
        "network.allow needs network mode",
      )
      expect(refusal(open, host(layer, "deny", "*"))).toContain("network.deny")
      expect(refusal(open, host(layer, "allow", "*"))).toBe("")
    },
  )

  test.each(["base", "preset", "toolchain", "agent"] as const)("the hosts of %s are Cordon's list", layer => {
    expect(refusal(open, host(layer, "allow", "api.example"), host(layer, "deny", "evil.example"))).toBe("")
  })

  test("ports cannot be passed while the network is off", () => {
    const ports = layerOf("user", { hostPorts: [sourced(5432)] })
    const exposed = layerOf("user", { expose: [sourced(3000)] })
    expect(refusal(ports)).toContain("port 5432 cannot be passed while the network is off")
    expect(refusal(exposed)).toContain("port 3000")
    expect(refusal(open, ports, exposed)).toBe("")
  })
})

describe("commands", () => {
  test("denied commands are refused", () => {
    expect(refusal(layerOf("org", { commands: [sourced("git push *", "org")] }))).toBe(
      "org says so: commands.deny is not enforced yet in this version",
    )
  })
})
