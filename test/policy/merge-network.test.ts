/** How presets give way to what people say about the network. */
import { describe, expect, test } from "bun:test"
import type { Layer, Settings } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { isWritten } from "../../src/policy/merge-network.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { withPresetSettings } from "../../src/policy/words-layer.ts"
import { credential, hostRule, layerOf, sourced } from "./naive-model.ts"

const facts = { home: "/b", otherHomes: [] }

type Said = {
  mode?: Settings["networkMode"]
  ask?: Settings["ask"]
  hosts?: readonly string[]
  locked?: boolean
}

function said(layer: LayerName, { mode, ask, hosts = [], locked = false }: Said): Layer {
  const empty = layerOf(layer, { hosts: hosts.map(text => hostRule(text, layer)) })
  const settings: Layer["settings"] = {}
  if (mode !== undefined) settings.networkMode = sourced(mode, layer, locked)
  if (ask !== undefined) settings.ask = sourced(ask, layer, locked)
  return { ...empty, settings }
}

/** A preset as it lies in the program: its words come from a file of ours. */
function preset(mode: Settings["networkMode"], ...hosts: readonly string[]): Layer {
  const layer = said("preset", { mode, hosts })
  const source = { file: "built-in:preset.yaml", line: 9, column: 3 }
  const settings = Object.fromEntries(
    Object.entries(layer.settings).map(([name, value]) => [name, { ...value, source }]),
  )
  return { ...layer, settings, hosts: layer.hosts.map(rule => ({ ...rule, source })) }
}

const untrusted = preset("off")
const standard = preset("filtered", "allow *")
const agent = said("agent", { hosts: ["allow api.anthropic.com"] })

/** The mode and the hosts that are allowed, in one line. */
function inForce(...layers: Layer[]): string {
  const { settings, hosts } = mergeLayers([agent, ...layers], facts)
  return [settings.networkMode.value, ...hosts.map(({ value }) => value.host)].join(" ")
}

describe("the network that a preset alone shuts", () => {
  test.each(["user", "profile", "command line", "environment"] as const)(
    "is opened for hosts that the %s lists",
    layer => {
      expect(inForce(untrusted)).toBe("off api.anthropic.com")
      expect(inForce(untrusted, said(layer, { hosts: ["allow a.example"] }))).toBe(
        "filtered api.anthropic.com a.example",
      )
      for (const host of ["*.example", "10.0.0.1", "a.example:443", "a.example GET /"])
        expect(inForce(untrusted, said(layer, { hosts: [`allow ${host}`] }))).toStartWith("filtered")
    },
  )

  test.each([
    ["org", "allow a.example"],
    ["project", "allow a.example"],
    ["user", "deny a.example"],
    ["user", "allow *"],
    ["user", "allow *:443"],
  ] as const)("stays shut where the %s says %s", (layer, rule) => {
    expect(inForce(untrusted, said(layer, { hosts: [rule] }))).toStartWith("off")
  })

  test("stays shut where a file extends a profile of ours, which lists hosts of its own", () => {
    const extended = said("user", { hosts: ["allow registry.npmjs.org"] })
    const source = { file: "built-in:node.yaml", line: 1, column: 1 }
    const hosts = extended.hosts.map(rule => ({ ...rule, source }))
    expect(inForce(untrusted, { ...extended, hosts })).toStartWith("off")
  })

  test("is explained by the rule that opened it", () => {
    const { networkMode } = mergeLayers(
      [untrusted, said("user", { hosts: ["allow a.example"] })],
      facts,
    ).settings
    expect(networkMode).toMatchObject({ layer: "user", source: { file: "user says so" }, locked: false })
  })

  test("opens too when the command line named the preset, whose word it then speaks", () => {
    const command = withPresetSettings(said("command line", { hosts: ["allow a.example"] }), untrusted)
    expect(inForce(untrusted, command)).toStartWith("filtered")
    expect(
      inForce(
        untrusted,
        withPresetSettings(said("command line", {}), untrusted),
        said("user", { mode: "open" }),
      ),
    ).toStartWith("off")
  })

  test.each(["user", "org", "project", "environment", "command line"] as const)(
    "stays shut where the %s says off itself",
    layer => {
      const listed = said("user", { hosts: ["allow a.example"] })
      expect(inForce(untrusted, listed, said(layer, { mode: "off" }))).toStartWith("off")
    },
  )

  test("stays shut under a lock, and opens no further than one", () => {
    const listed = said("command line", { hosts: ["allow a.example"] })
    expect(inForce(untrusted, listed, said("org", { mode: "off", locked: true }))).toStartWith("off")
    expect(inForce(untrusted, listed, said("org", { mode: "filtered", locked: true }))).toStartWith(
      "filtered",
    )
  })
})

describe("the preset's *", () => {
  test.each([
    ["nobody lists anything", [], true],
    ["a host is added", [said("command line", { hosts: ["allow 10.0.0.1"] })], true],
    ["the mode is said again", [said("command line", { mode: "filtered" })], true],
    [
      "one layer says filtered and another lists a host",
      [said("user", { hosts: ["allow a.example"] }), said("command line", { mode: "filtered" })],
      true,
    ],
    ["a denial is added", [said("user", { mode: "filtered", hosts: ["deny a.example"] })], true],
    [
      "one layer says filtered and lists hosts",
      [said("user", { mode: "filtered", hosts: ["allow a.example"] })],
      false,
    ],
    [
      "the command line does",
      [said("command line", { mode: "filtered", hosts: ["allow a.example"] })],
      false,
    ],
    ["the organisation does", [said("org", { mode: "filtered", hosts: ["allow a.example"] })], false],
    ["hosts that nobody lists are to be asked about", [said("user", { ask: "unlisted" })], false],
    ["nobody is to be asked", [said("user", { ask: "never" })], true],
  ])("where %s", (_, layers, stays) => {
    expect(
      inForce(standard, ...layers)
        .split(" ")
        .includes("*"),
    ).toBe(stays)
  })

  test("a person's own * stays", () => {
    const layers = [
      standard,
      said("user", { mode: "filtered", ask: "unlisted", hosts: ["allow *", "allow a.example"] }),
    ]
    expect(inForce(...layers)).toBe("filtered api.anthropic.com * a.example")
  })

  test("of a preset that the command line names stays beside a host that it adds", () => {
    const command = withPresetSettings(said("command line", { hosts: ["allow 10.0.0.1"] }), standard)
    expect(inForce(standard, command)).toContain("*")
  })

  test("the agent's and the toolchains' hosts stay", () => {
    expect(inForce(standard, said("user", { mode: "filtered", hosts: ["allow a.example"] }))).toBe(
      "filtered api.anthropic.com a.example",
    )
  })
})

describe("credentials for one variable", () => {
  const of = (layer: LayerName, host: string, locked = false) =>
    layerOf(layer, { credentials: [sourced(credential("TOKEN", host), layer, locked)] })
  const hosts = (...layers: Layer[]) =>
    mergeLayers(layers, facts).credentials.map(({ value }) => value.hosts.map(({ host }) => host).join())

  test("are the highest layer's", () => {
    const layers = [of("user", "u.example"), of("org", "o.example"), of("project", "p.example")]
    expect(hosts(...layers)).toEqual(["u.example"])
    expect(hosts(...layers.toReversed())).toEqual(["u.example"])
  })

  test("are the later one's in one layer, and the locked one's whatever stands above", () => {
    expect(hosts(of("user", "a.example"), of("user", "b.example"))).toEqual(["b.example"])
    expect(hosts(of("command line", "c.example"), of("org", "o.example", true))).toEqual(["o.example"])
  })

  test("for others stay beside them", () => {
    const other = layerOf("user", { credentials: [sourced(credential("OTHER", "x.example"))] })
    expect(hosts(of("user", "a.example"), other)).toEqual(["a.example", "x.example"])
  })
})

test("what somebody wrote is told from Cordon's own lists", () => {
  const at = (layer: LayerName, file: string) => isWritten({ layer, source: { file, line: 1, column: 1 } })
  expect(at("user", "policy.yaml")).toBe(true)
  expect(at("org", "/etc/cordon/policy.yaml")).toBe(true)
  expect(at("command line", "--allow-host x")).toBe(true)
  expect(at("user", "built-in:node.yaml")).toBe(false)
  expect(at("preset", "built-in:standard.yaml")).toBe(false)
  expect(at("agent", "anything")).toBe(false)
})
