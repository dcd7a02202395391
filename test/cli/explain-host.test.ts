/** `cordon explain HOST`: the verdict of the judge that every connection meets, with what led to it. */
import { describe, expect, test } from "bun:test"
import { networkInterfaces } from "node:os"
import { UserError } from "../../src/base/error.ts"
import { explainHost, isHostSubject } from "../../src/cli/explain-host.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { credential, hostRule, layerOf, sourced } from "../policy/naive-model.ts"

const filtered = layerOf("preset", { settings: { networkMode: "filtered" } })

function policy(...layers: Layer[]) {
  return mergeLayers([filtered, ...layers], { home: "/b", otherHomes: [] })
}

function rules(...texts: readonly string[]): Layer {
  return layerOf("user", { hosts: texts.map(text => hostRule(text)) })
}

function explained(subject: string, ...layers: Layer[]) {
  return explainHost(subject, policy(...layers))
}

describe("the verdict", () => {
  test("of an allowed host names the rule, its layer and place, and what lost", () => {
    const layer = rules("allow *", "allow github.com", "allow *.example")
    expect(explained("GitHub.com.:443", layer)).toEqual({
      subject: "github.com:443",
      kind: "host",
      verdict: "allow",
      rule: "allow github.com",
      layer: "user",
      source: "user says so",
      notes: ["its address has to be a public one too, or one that a rule names"],
      lost: [{ rule: "allow *", layer: "user", source: "user says so" }],
    })
  })

  test("names a rule that several of a layer say only once", () => {
    const found = explained("a.example", rules("allow a.example", "allow *", "allow a.example", "allow *"))
    expect(found.lost.map(({ rule }) => rule)).toEqual(["allow a.example", "allow *"])
  })

  test("of a host that no rule allows is the mode's, and the flag that opens it is there", () => {
    expect(explained("db.corp:5432")).toMatchObject({
      verdict: "deny",
      rule: "no rule allows it",
      layer: "preset",
      source: "preset says so",
      notes: ["to allow it: --allow-host db.corp"],
      lost: [],
    })
  })

  test("of a denied host shows the allowances that lost, and no flag", () => {
    const found = explained("x.pastebin.com", rules("allow *", "deny *.pastebin.com", "allow x.pastebin.com"))
    expect(found).toMatchObject({ verdict: "deny", rule: "deny *.pastebin.com" })
    expect(found.notes).toEqual(["a denial holds whatever allows the host; to reach it, take the rule out"])
    expect(found.lost.map(({ rule }) => rule)).toEqual(["allow x.pastebin.com", "allow *"])
  })

  test("of a host that somebody would be asked about says so", () => {
    const asking = layerOf("user", { settings: { ask: "unlisted" } })
    expect(explained("github.com", asking)).toMatchObject({
      verdict: "ask",
      rule: "no rule allows it",
      notes: [
        "to allow it: --allow-host github.com",
        "the connection is held until somebody decides: cordon approve",
      ],
    })
  })

  test.each([
    [
      "169.254.169.254",
      "metadata service of AWS, Azure, Google and others 169.254.169.254",
      "169.254.169.254",
    ],
    ["10.1", "private address 10.0.0.1", "10.0.0.1"],
    ["0x0a.1:80", "private address 10.0.0.1", "10.0.0.1"],
    ["[fd00::1]:80", "private address fd00::1", "fd00::1"],
    ["metadata.google.internal", "name of a metadata service", "metadata.google.internal"],
    ["printer.local", "name of the local network", "printer.local"],
  ])("of %s is the guard's, in spite of *", (subject, why, opening) => {
    expect(explained(subject, rules("allow *"))).toMatchObject({
      verdict: "deny",
      rule: why,
      notes: [`to allow it: --allow-host ${opening}`],
      lost: [{ rule: "allow *" }],
    })
  })

  test("of this machine's own addresses is a guard's too", () => {
    const own = Object.values(networkInterfaces())
      .flatMap(addresses => addresses ?? [])
      .find(({ internal, family }) => !internal && family === "IPv4")
    // Without any interface but loopback there is nothing to ask about.
    if (own === undefined) expect(explained("127.0.0.1").verdict).toBe("deny")
    else expect(explained(own.address, rules("allow *")).rule).toContain("this machine's own address")
  })

  test("without a port is that of 443, which is said where it matters", () => {
    const layer = rules("allow db.example:5432", "allow web.example")
    expect(explained("db.example", layer)).toMatchObject({
      verdict: "deny",
      lost: [{ rule: "allow db.example:5432" }],
    })
    expect(explained("db.example", layer).notes[0]).toBe("asked for port 443, because none was named")
    expect(explained("db.example:5432", layer).verdict).toBe("allow")
    expect(explained("web.example", layer).notes.join()).not.toContain("443")
  })
})

describe("loopback", () => {
  const ports = layerOf("user", { hostPorts: [sourced(5432)] })

  test.each(["localhost:80", "127.0.0.1:80", "127.1:80", "[::1]:80", "localhost"])(
    "%s is the sandbox's own",
    subject => {
      const found = explained(subject, rules("allow *"), ports)
      expect(found).toMatchObject({ verdict: "deny", rule: "inside, this is the sandbox itself" })
      expect(found.notes.join()).toContain("of this machine: --host-port")
    },
  )

  test("is the host's where a port is passed", () => {
    for (const subject of ["localhost:5432", "127.0.0.1:5432", "[::1]:5432"])
      expect(explained(subject, ports)).toMatchObject({
        verdict: "allow",
        rule: "network.host_ports 5432",
        layer: "user",
        source: "user says so",
        notes: ["inside, this port is the one of this machine"],
      })
  })

  test.each([
    ["other ports", { hostPorts: [sourced(80, "org", true)], none: [] }],
    ["all", { hostPorts: [], none: [sourced("hostPorts" as const, "org", true)] }],
  ])("is the sandbox's own where the organisation locks out %s, and no flag is offered", (_, lists) => {
    const org = layerOf("org", lists)
    expect(explained("127.0.0.1:5432", ports, org)).toEqual({
      subject: "127.0.0.1:5432",
      kind: "host",
      verdict: "deny",
      rule: "inside, this is the sandbox itself",
      layer: "org",
      source: "org says so",
      notes: ["the organisation's policy locks network.host_ports: no other port of this machine is reached"],
      lost: [{ rule: "network.host_ports 5432", layer: "user", source: "user says so" }],
    })
    expect(explained("127.0.0.1:80", org).verdict).toBe(lists.hostPorts.length === 0 ? "deny" : "allow")
  })
})

describe("requests", () => {
  const layer = rules("allow *", "allow api.github.com GET /repos/**", "deny api.github.com DELETE /**")

  test.each([
    ["api.github.com GET /repos/a?b=c", "allow", "allow api.github.com GET /repos/**"],
    ["api.github.com get /repos/a", "allow", "allow api.github.com GET /repos/**"],
    ["api.github.com GET /user", "deny", "no rule allows this request"],
    ["api.github.com DELETE /repos/a", "deny", "deny api.github.com DELETE /**"],
    ["github.com POST /anything", "allow", "allow *"],
    ["printer.local GET /", "deny", "name of the local network"],
  ])("%s: %s", (subject, verdict, rule) => {
    expect(explained(subject, layer)).toMatchObject({ verdict, rule })
  })

  test("are offered as a rule of their own, quoted for a shell", () => {
    expect(explained("api.github.com POST /user", layer).notes[0]).toBe(
      "to allow it: --allow-host 'api.github.com POST /user'",
    )
  })

  test("are mentioned where only the host was asked about", () => {
    const { verdict, notes } = explained("api.github.com", layer)
    expect(verdict).toBe("allow")
    expect(notes.join("; ")).toContain("Cordon looks into its TLS, with a certificate of its own")
    expect(notes.join("; ")).toContain("it depends on the request: ask about 'api.github.com GET /'")
    expect(explained("github.com", layer).notes.join()).not.toContain("TLS")
  })
})

test("credentials are named with the hosts that they are for", () => {
  const layer = layerOf("user", {
    credentials: [
      sourced(credential("GITHUB_TOKEN", "api.github.com")),
      sourced(credential("CORP", "*.corp.example")),
    ],
    hosts: [hostRule("allow *")],
  })
  expect(explained("api.github.com", layer).notes).toContain(
    "the credential GITHUB_TOKEN is put into its requests",
  )
  expect(explained("x.corp.example", layer).notes).toContain("the credential CORP is put into its requests")
  expect(explained("github.com", layer).notes.join()).not.toContain("credential")
})

describe("where no host is looked at", () => {
  test.each([
    ["open", "allow", "the network is the host's own: no name is looked at"],
    ["off", "deny", "to open the network for it: --net filtered --allow-host github.com:443"],
  ] as const)("%s: %s", (networkMode, verdict, note) => {
    const layer = layerOf("command line", { settings: { networkMode }, hosts: [hostRule("allow x.example")] })
    expect(explained("github.com:443", layer)).toEqual({
      subject: "github.com:443",
      kind: "host",
      verdict,
      rule: `network.mode ${networkMode}`,
      layer: "command line",
      source: "command line says so",
      notes: [note],
      lost: [],
    })
  })
})

describe("what the organisation locks is not offered to be opened", () => {
  const said = "the organisation's policy locks"

  test.each([true, false])("a denial, locked: %p", locked => {
    const org = layerOf("org", { hosts: [hostRule("deny a.example", "org", locked)] })
    expect(explained("a.example", org, rules("allow *")).notes).toEqual([
      locked
        ? `${said} the denial: no option opens it`
        : "a denial holds whatever allows the host; to reach it, take the rule out",
    ])
  })

  test.each([true, false])("the mode off, locked: %p", locked => {
    const org: Layer = { ...layerOf("org"), settings: { networkMode: sourced("off", "org", locked) } }
    expect(explained("a.example", org).notes).toEqual([
      locked
        ? `${said} the network's mode: no option opens it`
        : "to open the network for it: --net filtered --allow-host a.example",
    ])
  })

  test.each([true, false])("its list of hosts, locked: %p", locked => {
    const org = layerOf("org", { hosts: [hostRule("allow a.example", "org", locked)] })
    expect(explained("b.example", org).notes).toEqual(locked ? [] : ["to allow it: --allow-host b.example"])
  })
})

describe("what is asked about", () => {
  test.each([
    ["github.com", true],
    ["github.com:443", true],
    ["10.0.0.1", true],
    ["127.1", true],
    ["::1", true],
    ["[::1]:80", true],
    ["localhost", true],
    ["*.npmjs.org", true],
    ["api.github.com GET /x", true],
    ["localhost GET /x", true],
    ["https://github.com/a", true],
    ["github", false],
    ["src/a.ts", false],
    ["/etc/passwd", false],
    ["~/.aws", false],
    [".git/hooks", false],
    ["./a.b", false],
    ["$HOME", false],
    ["a file with spaces", false],
    ["api.github.com GET x", false],
  ])("%s is a host: %p", (subject, expected) => {
    expect(isHostSubject(subject)).toBe(expected)
  })

  test.each([
    ["*.npmjs.org", "explain takes one host and no pattern"],
    ["*:443", "explain takes one host and no pattern"],
    ["10.0.0.0/8", "explain takes one host and no pattern"],
    ["https://github.com", "is a URL"],
    ["github.com:0", "a port is a number from 1 to 65535"],
    ["a..b", "is no host name"],
  ])("%s is refused", (subject, message) => {
    expect(() => explained(subject)).toThrow(message)
    expect(() => explained(subject)).toThrow(UserError)
  })
})
