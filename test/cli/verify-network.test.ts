/** What `verify` tries of the network is what the policy says, and the sandbox does the same. */
import { describe, expect, test } from "bun:test"
import type { Check } from "../../src/cli/verify-checks.ts"
import { networkChecks } from "../../src/cli/verify-network.ts"
import type { FilteredNetwork } from "../../src/plan/launch-plan.ts"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import type { HostRule } from "../../src/policy/layer.ts"
import { sourceOf } from "../../src/policy/source.ts"
import { World } from "../support/world.ts"

const surroundings = {
  port: 1234,
  abstractName: "a",
  outsideFile: "/tmp/x",
  environment: {},
  bubblewrap: "/usr/bin/bwrap",
  newName: ".new",
}

function rule(verdict: HostRule["verdict"], pattern: string, layer: HostRule["layer"] = "user"): HostRule {
  return { verdict, value: hostPattern(pattern), source: sourceOf("a test"), layer, locked: false }
}

function filtered(...rules: HostRule[]): FilteredNetwork {
  return {
    ...{ mode: "filtered", rules, ask: "never", askTimeoutMs: 60_000, hostPorts: [], expose: [] },
    ...{ proxy: undefined, credentials: [] },
  }
}

/** `host:port` → what is expected, of the checks that ask for a page. */
function reached(checks: readonly Check[]): Record<string, string> {
  return Object.fromEntries(
    checks.flatMap(({ attempt, expected }) =>
      attempt.kind === "reach" ? [[`${attempt.host}:${attempt.port}`, expected]] : [],
    ),
  )
}

describe("filtered", () => {
  test("each rule that somebody wrote is tried at one place, denials of everybody's", () => {
    const found = reached(
      networkChecks(
        filtered(
          rule("allow", "api.example:8443"),
          rule("allow", "*.mirror.example"),
          rule("deny", "bad.mirror.example"),
          rule("allow", "registry.example", "toolchain"),
          rule("deny", "telemetry.example", "base"),
        ),
        surroundings,
        true,
      ),
    )
    expect(found["api.example:8443"]).toBe("done")
    expect(found["verify.mirror.example:80"]).toBe("done")
    expect(found["bad.mirror.example:80"]).toBe("refused")
    expect(found["telemetry.example:80"]).toBe("refused")
    expect(found).not.toHaveProperty("registry.example:80")
  })

  test("a star opens any public name, and nothing that is near", () => {
    const found = reached(networkChecks(filtered(rule("allow", "*")), surroundings, true))
    expect(found["verify.example:80"]).toBe("done")
    for (const near of [
      "169.254.169.254:80",
      "10.0.0.1:80",
      "fd00::1:80",
      "metadata.google.internal:80",
      "router.lan:80",
    ])
      expect(found[near]).toBe("refused")
  })

  test("without a rule nothing is let through", () => {
    const found = reached(networkChecks(filtered(), surroundings, true))
    expect(Object.values(found).every(expected => expected === "refused")).toBe(true)
    expect(Object.keys(found).length).toBeGreaterThan(5)
  })

  test("names that lead to no border are not tried: localhost, and what nobody has", () => {
    const hosts = ["localhost", "app.localhost", "x.invalid", "a.onion"]
    const found = reached(
      networkChecks(
        filtered(...hosts.map(host => rule("deny", host)), rule("deny", "invalid.example")),
        surroundings,
        true,
      ),
    )
    for (const host of hosts) expect(Object.keys(found)).not.toContain(`${host}:80`)
    expect(found["invalid.example:80"]).toBe("refused")
  })

  test("a rule about requests is not tried: the host would have to answer first", () => {
    const found = reached(networkChecks(filtered(rule("allow", "api.example GET /x")), surroundings, true))
    expect(found).not.toHaveProperty("api.example:80")
  })
})

test.each([
  ["off", "refused"],
  ["open", "done"],
] as const)("in %s only the host's loopback and its abstract sockets are tried", (mode, expected) => {
  const checks = networkChecks({ mode }, surroundings, true)
  expect(checks.map(({ attempt }) => attempt.kind)).toEqual(["connect", "connect-abstract"])
  expect(checks[0]?.expected).toBe(expected)
  expect(networkChecks({ mode }, surroundings, false)).toHaveLength(1)
})

test("a sandbox does what is expected of it", async () => {
  using world = new World()
  const options = ["--net", "filtered", "--allow-host", "api.example", "--deny-host", "*.evil.example"]
  const { code, stdout } = await world.cordon(["verify", ...options, "-q"])
  expect(code).toBe(0)
  for (const line of [
    "holds  services on the host's loopback are out of reach",
    "holds  api.example:80 is let through",
    "holds  verify.evil.example:80 is refused: deny *.evil.example",
    "holds  169.254.169.254 is refused",
    "holds  datagrams leave for nowhere",
  ])
    expect(stdout).toContain(line)
})
