import { describe, expect, test } from "bun:test"
import { UserError } from "../../src/base/error.ts"
import { networkWarnings, planNetwork, shownNetwork, withoutLogin } from "../../src/plan/network.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { credential, hostRule, layerOf, sourced } from "../policy/naive-model.ts"

const environment = { HTTPS_PROXY: "http://me:hunter2@proxy.corp:3128", NO_PROXY: ".corp, 10.0.0.0/8" }
const filtered = layerOf("preset", { settings: { networkMode: "filtered" } })

function policy(...layers: Layer[]) {
  return mergeLayers(layers, { home: "/b", otherHomes: [] })
}

function planned(layers: readonly Layer[], proxies: Record<string, string> = {}) {
  const plan = planNetwork(policy(filtered, ...layers), { environment: proxies })
  if (plan.mode !== "filtered") throw new Error(`the mode is ${plan.mode}`)
  return plan
}

describe("the plan of the network", () => {
  test.each(["off", "open"] as const)("%s is nothing but its mode, whatever else is said", mode => {
    const layers = [
      layerOf("user", {
        settings: { networkMode: mode },
        hosts: [hostRule("allow *")],
        hostPorts: [sourced(80)],
      }),
    ]
    expect(planNetwork(policy(...layers), { environment: { HTTPS_PROXY: "nonsense://" } })).toEqual({ mode })
  })

  test("filtered carries all that the border has to know", () => {
    const rules = [hostRule("allow github.com"), hostRule("deny evil.example", "org", true)]
    const layer = layerOf("user", {
      hosts: rules,
      hostPorts: [sourced(5432), sourced(80), sourced(5432)],
      expose: [sourced(3000)],
      credentials: [sourced(credential("TOKEN", "api.github.com"))],
      settings: { ask: "unlisted", askTimeout: "1m30s" },
    })
    expect(planned([layer], environment)).toEqual({
      mode: "filtered",
      rules,
      ask: "unlisted",
      askTimeoutMs: 90_000,
      hostPorts: [5432, 80],
      expose: [3000],
      proxy: { url: "http://me:hunter2@proxy.corp:3128", except: ["corp", "10.0.0.0/8"] },
      credentials: [credential("TOKEN", "api.github.com")],
    })
  })

  test("without any word asks nobody, holds a minute at most, and goes through no proxy", () => {
    expect(planned([])).toMatchObject({ ask: "never", askTimeoutMs: 60_000, proxy: undefined, rules: [] })
  })

  test("ports that the organisation locks are all there are", () => {
    const locked = layerOf("org", {
      hostPorts: [sourced(80, "org", true)],
      expose: [sourced(81, "org", true)],
    })
    const more = layerOf("command line", {
      hostPorts: [sourced(5432, "command line")],
      expose: [sourced(3000, "command line")],
    })
    expect(planned([locked, more])).toMatchObject({ hostPorts: [80], expose: [81] })
    expect(planned([more])).toMatchObject({ hostPorts: [5432], expose: [3000] })
  })

  test("a proxy that cannot be used stops the run", () => {
    expect(() => planned([], { HTTPS_PROXY: "ftp://proxy.corp" })).toThrow(UserError)
  })
})

describe("warnings", () => {
  function warnings(...layers: Layer[]): string[] {
    const merged = policy(filtered, ...layers)
    return networkWarnings(merged, planNetwork(merged, { environment: {} }))
  }

  test("of hosts that an organisation's list leaves out", () => {
    const org = layerOf("org", { hosts: [hostRule("allow a.example", "org", true)] })
    const user = layerOf("user", { hosts: [hostRule("allow b.example"), hostRule("deny c.example")] })
    expect(warnings(org, user)).toEqual([
      "user says so: network.allow b.example has no effect: the organisation's policy allows its own list of hosts only",
    ])
    expect(warnings(user)).toEqual([])
    expect(warnings(org, layerOf("toolchain", { hosts: [hostRule("allow pypi.org", "toolchain")] }))).toEqual(
      [],
    )
  })

  test("of loopback addresses, which programs inside do not reach that way", () => {
    const user = layerOf("user", {
      hosts: [hostRule("allow 127.0.0.1:5432"), hostRule("allow [::1]:80"), hostRule("deny 127.0.0.1")],
    })
    expect(warnings(user)).toEqual([
      "user says so: network.allow 127.0.0.1:5432 is about names that lead there; for a port of this machine write host_ports: [5432]",
      "user says so: network.allow [::1]:80 is about names that lead there; for a port of this machine write host_ports: [80]",
    ])
  })

  test("are not for modes in which no host is looked at", () => {
    const user = layerOf("user", { hosts: [hostRule("allow 127.0.0.1")], settings: { networkMode: "off" } })
    expect(warnings(user)).toEqual([])
  })
})

describe("what is shown of a plan", () => {
  test("has no login of the proxy, and is the same otherwise", () => {
    const plan = planned([], environment)
    const shown = shownNetwork(plan)
    expect(JSON.stringify(shown)).not.toContain("hunter2")
    expect(shown).toEqual({
      ...plan,
      proxy: { url: "http://…@proxy.corp:3128", except: ["corp", "10.0.0.0/8"] },
    })
    expect(plan.proxy?.url).toContain("hunter2")
    expect(shownNetwork({ mode: "off" })).toEqual({ mode: "off" })
  })

  test.each([
    ["http://proxy.corp:3128", "http://proxy.corp:3128"],
    ["http://token@proxy.corp", "http://…@proxy.corp"],
    ["https://a:b%40c@proxy.corp:8443", "https://…@proxy.corp:8443"],
    ["http://:p@[::1]:3128", "http://…@[::1]:3128"],
  ])("%s is %s", (url, shown) => {
    expect(withoutLogin(url)).toBe(shown)
  })
})
