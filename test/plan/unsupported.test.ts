/** What the policy asks for and does not get with its network mode is refused by name, never ignored. */
import { describe, expect, test } from "bun:test"
import { UserError } from "../../src/base/error.ts"
import { refuseUnsupported, unsupported } from "../../src/plan/unsupported.ts"
import type { Layer, NetworkMode } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { credential, hostRule, layerOf, sourced } from "../policy/naive-model.ts"

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

function hintOf(...layers: Layer[]): string {
  try {
    refuseUnsupported(mergeLayers(layers, { home: "/b", otherHomes: [] }))
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return error.hint
  }
  return ""
}

const open = layerOf("preset", { settings: { networkMode: "open" } })
const filtered = layerOf("preset", { settings: { networkMode: "filtered" } })
const people = ["environment", "org", "project", "user", "profile", "command line"] as const

function host(layer: LayerName, rule: string): Layer {
  return layerOf(layer, { hosts: [hostRule(rule, layer)] })
}

function mode(layer: LayerName, networkMode: NetworkMode): Layer {
  return layerOf(layer, { settings: { networkMode } })
}

const ports = (layer: LayerName) => layerOf(layer, { hostPorts: [sourced(5432, layer)] })
const exposed = (layer: LayerName) => layerOf(layer, { expose: [sourced(3000, layer)] })
const secret = layerOf("user", { credentials: [sourced(credential("TOKEN", "a.example"))] })

test("filtered can do all of it", () => {
  const asking = layerOf("user", { settings: { ask: "unlisted" } })
  const rules = people.flatMap(layer => [host(layer, "allow a.example"), host(layer, "deny b.example")])
  expect(refusal(filtered, asking, secret, ports("user"), exposed("user"), ...rules)).toBe("")
})

describe("open", () => {
  test("is there by itself", () => {
    expect(refusal(open)).toBe("")
    expect(refusal(mode("command line", "open"))).toBe("")
  })

  test("asks nobody", () => {
    expect(refusal(open, layerOf("user", { settings: { ask: "unlisted" } }))).toBe(
      "user says so: network.ask needs network mode filtered",
    )
    expect(refusal(open, layerOf("user", { settings: { ask: "never" } }))).toBe("")
  })

  test.each(people)("a host rule of the %s would not hold", layer => {
    expect(refusal(open, host(layer, "deny evil.example"))).toBe(
      `${layer} says so: network.deny needs network mode filtered`,
    )
    expect(refusal(open, host(layer, "allow good.example"))).toContain(
      "network.allow needs network mode filtered",
    )
    expect(refusal(open, host(layer, "deny *"))).toContain("network.deny")
    expect(refusal(open, host(layer, "allow *"))).toBe("")
  })

  test.each(["base", "preset", "toolchain", "agent"] as const)("the hosts of %s are Cordon's list", layer => {
    expect(refusal(open, host(layer, "allow api.example"), host(layer, "deny evil.example"))).toBe("")
  })

  test("the hosts of a profile of ours that a file extends are too", () => {
    const [rule] = host("user", "allow registry.npmjs.org").hosts
    if (rule === undefined) throw new Error("no rule")
    const hosts = [{ ...rule, source: { file: "built-in:node.yaml", line: 3, column: 5 } }]
    expect(refusal(open, layerOf("user", { hosts }))).toBe("")
  })

  test("puts no secret in", () => {
    expect(refusal(open, secret)).toBe("user says so: the credential TOKEN needs network mode filtered")
  })

  test("has the host's ports anyway", () => {
    expect(refusal(open, ports("user"), exposed("user"))).toBe("")
  })

  test("keeps the list of sockets that the organisation locks", () => {
    expect(refusal(open, layerOf("org", { sockets: [sourced("/s", "org", true)] }))).toBe("")
  })

  test.each([
    ["host_ports", { hostPorts: [sourced(80, "org", true)] }],
    ["host_ports", { none: [sourced("hostPorts" as const, "org", true)] }],
    ["expose", { none: [sourced("expose" as const, "org", true)] }],
  ])("would share the ports that the organisation locks with %s", (key, lists) => {
    const org = layerOf("org", lists)
    expect(refusal(org, mode("command line", "open"))).toBe(
      `org says so: network.${key} is locked, which needs network mode filtered`,
    )
    expect([refusal(org, filtered), refusal(org, mode("command line", "off"))]).toEqual(["", ""])
  })
})

describe("off", () => {
  test("is there by itself, and shuts what lower layers would open", () => {
    expect(refusal()).toBe("")
    expect(
      refusal(
        mode("command line", "off"),
        host("user", "allow a.example"),
        ports("user"),
        exposed("user"),
        secret,
      ),
    ).toBe("")
    const asking = layerOf("user", { settings: { ask: "unlisted" } })
    expect(refusal(mode("command line", "off"), asking, host("user", "deny b.example"))).toBe("")
  })

  test.each([
    ["command line", "command line"],
    ["user", "command line"],
    ["user", "user"],
    ["org", "user"],
  ] as const)("of the %s contradicts a host or a port of the %s", (lower, upper) => {
    const off = mode(lower, "off")
    expect(refusal(off, host(upper, "allow a.example"))).toBe(
      `${upper} says so: network.allow contradicts network mode off`,
    )
    expect(refusal(off, host(upper, "allow *"))).toContain("contradicts")
    expect(refusal(off, ports(upper))).toBe(
      `${upper} says so: port 5432 cannot be passed while the network is off`,
    )
    expect(refusal(off, exposed(upper))).toContain("port 3000")
    expect(refusal(off, host(upper, "deny a.example"))).toBe("")
  })

  test("of a preset contradicts ports of the command line, and not those that a file has for other presets", () => {
    expect(refusal(ports("command line"))).toContain("port 5432")
    expect(refusal(ports("user"), exposed("user"))).toBe("")
  })

  test("of a preset becomes filtered for a host that somebody lists", () => {
    const preset = mode("preset", "off")
    expect(refusal({ ...preset, settings: ours(preset) }, host("command line", "allow a.example"))).toBe("")
    expect(refusal({ ...preset, settings: ours(preset) }, host("command line", "allow *"))).toContain(
      "contradicts",
    )
  })

  test("that is locked says that the flag would not help", () => {
    const locked: Layer = { ...layerOf("org"), settings: { networkMode: sourced("off", "org", true) } }
    expect(hintOf(locked, host("command line", "allow a.example"))).toBe(
      "leave it out: the organisation's policy locks the mode",
    )
    expect(hintOf(mode("org", "off"), host("command line", "allow a.example"))).toBe(
      "use --net filtered, or leave it out",
    )
  })
})

/** The settings of a preset as they lie in the program. */
function ours({ settings: { networkMode } }: Layer): Layer["settings"] {
  if (networkMode === undefined) throw new Error("no mode")
  return { networkMode: { ...networkMode, source: { file: "built-in:untrusted.yaml", line: 1, column: 1 } } }
}

describe("commands", () => {
  test("denied commands are refused", () => {
    expect(refusal(layerOf("org", { commands: [sourced("git push *", "org")] }))).toBe(
      "org says so: commands.deny is not enforced yet in this version",
    )
  })
})

test("every rule that would not hold is found, not the first one alone", () => {
  const layers = [
    open,
    host("user", "allow a.example"),
    host("user", "deny b.example"),
    host("user", "allow *"),
  ]
  const found = unsupported(mergeLayers(layers, { home: "/b", otherHomes: [] }))
  expect(found.map(({ what }) => what)).toEqual([
    "network.allow needs network mode filtered",
    "network.deny needs network mode filtered",
  ])
})
