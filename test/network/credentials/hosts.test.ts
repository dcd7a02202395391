import { describe, expect, test } from "bun:test"
import { endedDomains, swapsFor } from "../../../src/network/credentials/hosts.ts"
import type { Credential } from "../../../src/policy/credential.ts"
import { hostPattern } from "../../../src/policy/host-pattern.ts"
import type { HostRule } from "../../../src/policy/layer.ts"
import { sourceOf } from "../../../src/policy/source.ts"

function credential(name: string, ...hosts: string[]): Credential {
  return { name, from: { kind: "variable", name }, hosts: hosts.map(hostPattern), as: { kind: "bearer" } }
}

function rule(verdict: "allow" | "deny", text: string): HostRule {
  return { verdict, value: hostPattern(text), source: sourceOf("test"), layer: "user", locked: false }
}

const secrets = new Map([
  ["A", { secret: "secret-a", placeholder: "placeholder-a" }],
  ["B", { secret: "secret-b", placeholder: "placeholder-b" }],
])

describe("credentials of a host", () => {
  const credentials = [credential("A", "api.test", "*.below.test"), credential("B", "api.test:8443")]
  const names = (host: string, port = 443) =>
    swapsFor({ host, port }, { credentials, secrets }).map(({ secret }) => secret)

  test.each([
    ["api.test", 443, ["secret-a"]],
    ["api.test", 8443, ["secret-a", "secret-b"]],
    ["a.below.test", 443, ["secret-a"]],
    ["a.b.below.test", 443, ["secret-a"]],
    ["below.test", 443, []],
    ["www.api.test", 443, []],
    ["api.test.evil.com", 443, []],
    ["xapi.test", 443, []],
  ])("%s:%d", (host, port, wanted) => {
    expect(names(host, port)).toEqual(wanted)
  })

  test("one whose secret was not read is not there", () => {
    expect(swapsFor({ host: "api.test", port: 443 }, { credentials, secrets: new Map() })).toEqual([])
  })

  test("have what is swapped, and where", () => {
    expect(swapsFor({ host: "api.test", port: 443 }, { credentials, secrets })).toEqual([
      { as: { kind: "bearer" }, secret: "secret-a", placeholder: "placeholder-a" },
    ])
  })
})

describe("names that the authority speaks for", () => {
  test("are those of credentials and of rules about requests, each once", () => {
    const rules = [
      rule("allow", "api.test GET /repos/**"),
      rule("deny", "*.deny.test DELETE /**"),
      rule("allow", "plain.test"),
      rule("allow", "*"),
    ]
    expect(endedDomains(rules, [credential("A", "api.test", "*.below.test:443")])).toEqual([
      "api.test",
      "below.test",
      "deny.test",
    ])
  })

  test("are none where TLS is ended for none", () => {
    expect(endedDomains([rule("allow", "plain.test"), rule("deny", "*")], [])).toEqual([])
  })
})
