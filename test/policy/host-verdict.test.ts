/** What the policy says about hosts: denials beat allowances, private places have to be named, and everything is explained. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import { type HostFacts, type HostVerdict, hostJudge } from "../../src/policy/host-verdict.ts"
import type { HostRule } from "../../src/policy/layer.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { credential, hostRule, sourced } from "./naive-model.ts"

const facts: HostFacts = { ask: "never", own: ["203.0.113.7", "2a00::7"], credentials: [] }

function judge(texts: readonly string[], more: Partial<HostFacts> = {}) {
  return hostJudge(
    texts.map(text => hostRule(text)),
    { ...facts, ...more },
  )
}

/** The verdict on what was dialled: name or address. */
function verdict(texts: readonly string[], host: string, port = 443): HostVerdict["verdict"] {
  return judge(texts).judgeName(host, port).verdict
}

describe("names", () => {
  test.each([
    [["allow github.com"], "github.com", "allow"],
    [["allow github.com"], "api.github.com", "deny"],
    [["allow github.com"], "notgithub.com", "deny"],
    [["allow github.com"], "github.com.evil.example", "deny"],
    [["allow *.github.com"], "api.github.com", "allow"],
    [["allow *.github.com"], "a.b.github.com", "allow"],
    [["allow *.github.com"], "github.com", "deny"],
    [["allow *.github.com"], "evilgithub.com", "deny"],
    [["allow *"], "anything.example", "allow"],
    [[], "github.com", "deny"],
    [["deny github.com"], "github.com", "deny"],
  ] as const)("%j: %s is %s", (rules, host, expected) => {
    expect(verdict(rules, host)).toBe(expected)
  })

  test.each([
    [["allow github.com:443"], 443, "allow"],
    [["allow github.com:443"], 22, "deny"],
    [["allow github.com"], 22, "allow"],
    [["allow *:443"], 443, "allow"],
    [["allow *:443"], 80, "deny"],
    [["allow *", "deny *:25"], 25, "deny"],
    [["allow *", "deny *:25"], 443, "allow"],
  ] as const)("%j on port %d is %s", (rules, port, expected) => {
    expect(verdict(rules, "github.com", port)).toBe(expected)
  })

  test.each([
    ["GitHub.COM", "allow"],
    ["github.com.", "allow"],
    ["GITHUB.com.", "allow"],
    ["github.com..", "deny"],
    [" github.com", "deny"],
    ["github.com\0", "deny"],
    ["github.com\n.evil", "deny"],
    ["", "deny"],
    [".", "deny"],
    ["*", "deny"],
    ["*.github.com", "deny"],
    [`${"a".repeat(64)}.com`, "deny"],
    [`${"a.".repeat(130)}com`, "deny"],
    ["git\u0438hub.com", "deny"],
    ["fe80::1%eth0", "deny"],
    ["0x", "deny"],
    ["1.2.3.4.5", "deny"],
    ["github.com.443", "deny"],
  ] as const)("%j is %s where github.com and * are allowed", (host, expected) => {
    expect(verdict(["allow github.com", "allow *"], host)).toBe(expected)
  })

  test("what is no name says so, and no flag is offered", () => {
    expect(judge(["allow *"]).judgeName("a b", 443)).toEqual({
      verdict: "deny",
      rule: undefined,
      why: "this is no host name",
      opening: undefined,
    })
  })
})

describe("a denial", () => {
  test.each([
    [["allow a.example", "deny *.example"], "a.example"],
    [["allow a.example", "deny *"], "a.example"],
    [["allow a.example:443", "deny a.example"], "a.example"],
    [["allow *", "deny a.example"], "a.example"],
    [["allow 10.0.0.1", "deny 10.0.0.0/8"], "10.0.0.1"],
    [["allow 10.0.0.0/8", "deny 10.0.0.1"], "10.0.0.1"],
    [["allow *", "deny 8.8.0.0/16"], "8.8.8.8"],
  ])("beats what is more specific and what is less: %j", (rules, host) => {
    expect(verdict(rules, host)).toBe("deny")
    expect(verdict([...rules].reverse(), host)).toBe("deny")
  })

  test("of a lower layer beats an allowance of a higher one", () => {
    const rules = [hostRule("allow a.example", "command line"), hostRule("deny *.example", "project")]
    expect(hostJudge(rules, facts).judgeName("a.example", 443).verdict).toBe("deny")
  })

  test("of an IPv4 address holds on every way to it, an allowance does not", () => {
    const ways = [
      "8.8.8.8",
      "::ffff:8.8.8.8",
      "64:ff9b::8.8.8.8",
      "2002:808:808::1",
      "::8.8.8.8",
      "134744072",
      "0x8.8.8.8",
    ]
    for (const way of ways) expect([way, verdict(["allow *", "deny 8.8.8.8"], way)]).toEqual([way, "deny"])
    expect(verdict(["allow 8.8.8.8"], "64:ff9b::8.8.8.8")).toBe("deny")
    expect(verdict(["allow 8.8.8.8"], "::ffff:8.8.8.8")).toBe("allow")
  })
})

describe("addresses", () => {
  test.each([
    [["allow *"], "8.8.8.8", "allow"],
    [["allow *"], "2606:4700::1", "allow"],
    [["allow *"], "203.0.113.80", "allow"],
    [["allow 8.8.0.0/16"], "8.8.8.8", "allow"],
    [["allow 8.8.0.0/16"], "8.9.8.8", "deny"],
    [["allow 2606:4700::/32"], "2606:4700::1", "allow"],
    [["allow 2606:4700::/32"], "2606:4701::1", "deny"],
    [["allow github.com"], "8.8.8.8", "deny"],
    [["allow 10.1.2.0/24:5432"], "10.1.2.9", "deny"],
  ] as const)("%j: %s is %s", (rules, host, expected) => {
    expect(judge(rules).judgeAddress(host, 443).verdict).toBe(expected)
  })

  test.each([
    "127.1",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "127.0.0.1.",
  ])("%s is loopback, whatever asks for it", spelling => {
    const { judgeName, judgeAddress, judgeResolved } = judge(["allow *"])
    for (const found of [judgeName(spelling, 80), judgeAddress(spelling, 80)])
      expect(found.why).toStartWith("loopback address")
    expect(judgeResolved("a.example", spelling, 80).why).toStartWith("a.example leads to loopback address")
  })
})

describe("guarded places", () => {
  const places = [
    "10.0.0.1",
    "192.168.1.1",
    "172.20.0.1",
    "100.100.1.1",
    "169.254.1.1",
    "127.0.0.1",
    "fd00::1",
    "fe80::1",
    "0.0.0.1",
    "224.0.0.1",
    "198.18.0.5",
    "169.254.169.254",
    "168.63.129.16",
    "203.0.113.7",
    "2a00::7",
    "64:ff9b::10.0.0.1",
  ]

  test.each(places)("%s is not meant by *, nor by a range wider than its own, and by itself it is", place => {
    for (const wide of ["allow *", "allow 0.0.0.0/0", "allow ::/0", "allow 128.0.0.0/1", "allow *:443"])
      expect([wide, verdict(["allow *", wide], place)]).toEqual([wide, "deny"])
    const { opening } = judge(["allow *"]).judgeAddress(place, 443)
    expect(verdict([`allow ${opening}`], place)).toBe("allow")
    expect(verdict([`allow ${opening}`, `deny ${opening}`], place)).toBe("deny")
  })

  test.each([
    ["10.0.0.1", "allow 10.0.0.0/8", "allow"],
    ["10.0.0.1", "allow 10.0.0.0/16", "allow"],
    ["10.0.0.1", "allow 8.0.0.0/6", "deny"],
    ["fd00::1", "allow fc00::/7", "allow"],
    ["fd00::1", "allow f000::/4", "deny"],
    // who opens a range does not mean the metadata service in it, nor this machine
    ["169.254.169.254", "allow 169.254.0.0/16", "deny"],
    ["169.254.169.254", "allow 169.254.169.0/24", "deny"],
    ["169.254.169.255", "allow 169.254.169.0/24", "allow"],
    ["fd00:ec2::254", "allow fd00::/8", "deny"],
    ["fd00:ec2::254", "allow fd00:ec2::/32", "deny"],
    ["fd00:ec2::254", "allow fd00:ec2::254", "allow"],
    ["203.0.113.7", "allow 203.0.113.0/24", "deny"],
    ["203.0.113.8", "allow 203.0.113.0/24", "allow"],
    // a range of IPv4 addresses is no word on the translators that lead to them
    ["64:ff9b::10.0.0.1", "allow 10.0.0.0/8", "deny"],
    ["64:ff9b::10.0.0.1", "allow 64:ff9b::/96", "deny"],
  ] as const)("%s with %s is %s", (place, rule, expected) => {
    expect(verdict(["allow *", rule], place)).toBe(expected)
  })

  test.each([
    ["vault.corp.internal", "allow vault.corp.internal", "allow"],
    ["vault.corp.internal", "allow *.internal", "allow"],
    ["vault.corp.internal", "allow *.corp.internal", "allow"],
    ["vault.corp.internal", "allow *.vault.corp.internal", "deny"],
    ["metadata.google.internal", "allow *.internal", "deny"],
    ["metadata.google.internal", "allow metadata.google.internal", "allow"],
    ["metadata", "allow metadata", "allow"],
    ["host.docker.internal", "allow host.docker.internal", "allow"],
    ["printer.local", "allow *", "deny"],
    ["printer.local", "allow *:443", "deny"],
  ] as const)("%s with * and %s is %s", (name, rule, expected) => {
    expect(verdict(["allow *"], name)).toBe("deny")
    expect(verdict(["allow *", rule], name)).toBe(expected)
  })

  test("nobody is asked about them", () => {
    const { judgeName } = judge([], { ask: "unlisted" })
    for (const place of [...places, "printer.local", "metadata", "localhost", "a b"])
      expect([place, judgeName(place, 443).verdict]).toEqual([place, "deny"])
    expect(judgeName("github.com", 443).verdict).toBe("ask")
    expect(judgeName("8.8.8.8", 443).verdict).toBe("ask")
  })
})

describe("what a name resolved to", () => {
  const resolved = (texts: readonly string[], address: string, port = 443) =>
    judge(texts).judgeResolved("a.example", address, port)

  test.each([
    [["allow *"], "8.8.8.8", "allow"],
    [["allow a.example"], "2606:4700::1", "allow"],
    [["allow a.example"], "10.0.0.1", "deny"],
    [["allow a.example", "allow 10.0.0.1"], "10.0.0.1", "allow"],
    [["allow a.example", "allow 10.0.0.0/8:443"], "10.0.0.1", "allow"],
    [["allow a.example", "allow 10.0.0.0/8:22"], "10.0.0.1", "deny"],
    [["allow a.example", "allow 127.0.0.1"], "127.0.0.1", "allow"],
    [["allow *", "deny 8.8.8.0/24"], "8.8.8.8", "deny"],
    [["allow *", "deny a.example"], "8.8.8.8", "deny"],
    [["allow *"], "203.0.113.7", "deny"],
    [["allow *"], "169.254.169.254", "deny"],
    [["allow *"], "::ffff:169.254.169.254", "deny"],
    [["allow *"], "64:ff9b::169.254.169.254", "deny"],
    // a person allowed the name once: there is no rule for it
    [[], "8.8.8.8", "allow"],
    [[], "10.0.0.1", "deny"],
    [["allow *"], "a.example", "deny"],
    [["allow *"], "fe80::1%eth0", "deny"],
  ] as const)("%j: %s is %s", (rules, address, expected) => {
    expect(resolved(rules, address).verdict).toBe(expected)
  })

  test("is named with the name that led there, and the flag that would open it", () => {
    expect(resolved(["allow *"], "10.0.0.1")).toEqual({
      verdict: "deny",
      rule: undefined,
      why: "a.example leads to private address 10.0.0.1",
      opening: "10.0.0.1",
    })
  })
})

describe("locked allowances are all there are", () => {
  const rules = [
    hostRule("allow *.corp.example", "org", true),
    hostRule("allow *", "preset"),
    hostRule("allow github.com", "command line"),
    hostRule("allow 10.0.0.1", "user"),
  ]
  const closed = hostJudge(rules, { ...facts, ask: "unlisted" })

  test.each([
    ["git.corp.example", "allow"],
    ["github.com", "deny"],
    ["8.8.8.8", "deny"],
    ["10.0.0.1", "deny"],
  ])("%s is %s, and nobody is asked", (host, expected) => {
    expect(closed.judgeName(host, 443).verdict).toBe(expected as "allow")
  })

  test("no flag is offered where none would help", () => {
    expect(closed.judgeName("github.com", 443)).toMatchObject({
      why: "the organisation's policy allows other hosts only",
      opening: undefined,
    })
  })

  test("a denial of anybody narrows them", () => {
    const narrowed = hostJudge([...rules, hostRule("deny git.corp.example", "project")], facts)
    expect(narrowed.judgeName("git.corp.example", 443).verdict).toBe("deny")
    expect(narrowed.judgeName("ci.corp.example", 443).verdict).toBe("allow")
  })

  test("a locked denial closes nothing else", () => {
    const denied = hostJudge([hostRule("deny evil.example", "org", true), hostRule("allow *")], facts)
    expect(denied.judgeName("evil.example", 443).verdict).toBe("deny")
    expect(denied.judgeName("good.example", 443).verdict).toBe("allow")
  })
})

describe("the explanation", () => {
  const at = (text: string, layer: LayerName, file: string, line: number): HostRule => ({
    ...hostRule(text, layer),
    source: { file, line, column: 1 },
  })

  test("names the rule, its layer, its file and line", () => {
    const rules = [at("deny *.pastebin.com", "user", "~/.config/cordon/policy.yaml", 7)]
    expect(hostJudge(rules, facts).judgeName("x.pastebin.com", 443).why).toBe(
      "deny *.pastebin.com (user, ~/.config/cordon/policy.yaml:7)",
    )
  })

  test("says what would open a host that nothing allows", () => {
    expect(judge([]).judgeName("DB.Corp.", 5432)).toEqual({
      verdict: "deny",
      rule: undefined,
      why: "no rule allows it",
      opening: "db.corp",
    })
    expect(judge(["allow *"]).judgeName("printer.local", 443)).toMatchObject({
      why: "name of the local network",
      opening: "printer.local",
    })
  })

  test.each([
    [["allow *", "allow *.example", "allow *.b.example", "allow a.b.example"], "a.b.example", 3],
    [["allow *.b.example", "allow *.example", "allow *"], "a.b.example", 0],
    [["allow a.b.example", "allow a.b.example:443"], "a.b.example", 1],
    [["allow *", "deny *", "deny *.example", "allow a.b.example"], "a.b.example", 2],
    [["allow *", "allow 8.0.0.0/8", "allow 8.8.0.0/16"], "8.8.8.8", 2],
  ])("%j of %s: the most specific of those that agree", (texts, host, index) => {
    const rules = texts.map(text => hostRule(text))
    expect(hostJudge(rules, facts).judgeName(host, 443).rule).toBe(rules[index] as HostRule)
  })

  test("of equal rules the higher layer's", () => {
    const rules = [hostRule("allow a.example", "toolchain"), hostRule("allow a.example", "command line")]
    expect(hostJudge(rules, facts).judgeName("a.example", 443).rule).toBe(rules[1] as HostRule)
    expect(hostJudge(rules.toReversed(), facts).judgeName("a.example", 443).rule).toBe(rules[1] as HostRule)
  })

  test("everything that matched is there, closest first", () => {
    const { matchesOf } = judge([
      "allow *",
      "deny *.example",
      "allow a.example:80",
      "allow b.example",
      "deny 8.8.8.8",
    ])
    const texts = (host: string, port?: number) =>
      matchesOf(host, port).map(({ verdict, value }) => `${verdict} ${value.host}`)
    expect(texts("a.example")).toEqual(["allow a.example", "deny example", "allow *"])
    expect(texts("A.example.", 443)).toEqual(["deny example", "allow *"])
    expect(texts("64:ff9b::8.8.8.8", 443)).toEqual(["deny 8.8.8.8/32", "allow *"])
  })
})

describe("hosts whose TLS is ended", () => {
  test.each([
    ["api.github.com", 443, true],
    ["api.github.com", 22, true],
    ["uploads.github.com", 443, false],
    ["x.corp.example", 8443, true],
    ["x.corp.example", 443, false],
    ["secret.example", 443, true],
    ["SECRET.example.", 443, true],
    ["denied.example", 443, true],
    ["plain.example", 443, false],
  ])("%s:%d: %p", (host, port, expected) => {
    const rules = [
      "allow *",
      "allow api.github.com GET /x",
      "allow *.corp.example:8443 GET /x",
      "deny denied.example PUT /**",
    ]
    const credentials = [credential("T", "secret.example")]
    expect(judge(rules, { credentials }).isEnded(host, port)).toBe(expected)
  })

  test("a rule about requests allows the host, and a denial of requests does not deny it", () => {
    expect(verdict(["allow api.github.com GET /x"], "api.github.com")).toBe("allow")
    expect(verdict(["allow *", "deny api.github.com DELETE /**"], "api.github.com")).toBe("allow")
  })

  test("an allowance that the organisation's list leaves out ends nothing", () => {
    const rules = [hostRule("allow a.example", "org", true), hostRule("allow b.example GET /x")]
    expect(hostJudge(rules, facts).isEnded("b.example", 443)).toBe(false)
  })
})

describe("as a model that shares no code with it says", () => {
  const names = ["a.com", "b.com", "x.a.com", "a.internal", "metadata"]
  const addresses = ["8.8.8.8", "8.8.4.4", "10.0.0.1", "10.1.0.1", "169.254.169.254", "203.0.113.7"]
  const patterns = [
    ...["*", "*.com", "*.a.com", "*.internal", "a.com", "x.a.com", "a.internal", "metadata"],
    ...["8.8.8.8", "8.8.0.0/16", "10.0.0.0/8", "10.0.0.0/7", "10.1.0.1", "0.0.0.0/0", "169.254.169.254"],
    ...["169.254.0.0/16", "203.0.113.7", "203.0.113.0/24"],
  ]
  const ranges: Record<string, [string, string]> = {
    "8.8.0.0/16": ["8.8.", ""],
    "10.0.0.0/8": ["10.", "10."],
    "10.0.0.0/7": ["10.", ""],
    "0.0.0.0/0": ["", ""],
    "169.254.0.0/16": ["169.254.", "169.254."],
    "203.0.113.0/24": ["203.0.113.", ""],
  }

  type Plain = { verdict: "allow" | "deny"; pattern: string; port: number | undefined; locked: boolean }

  function fits({ pattern, port }: Plain, host: string, asked: number): boolean {
    if (port !== undefined && port !== asked) return false
    const isAddress = /^[\d.]+$/.test(host)
    if (pattern === "*" || pattern === host) return true
    if (pattern.startsWith("*.")) return !isAddress && host.endsWith(pattern.slice(1))
    const start = ranges[pattern]?.[0]
    return isAddress && start !== undefined && host.startsWith(start)
  }

  /** Whether a rule that fits opens a guarded host: by itself, or by a range or suffix of the guarded kind. */
  function opens({ pattern }: Plain, host: string): boolean {
    if (pattern === host) return true
    if (host === "a.internal") return pattern === "*.internal"
    return host.startsWith("10.") && (ranges[pattern]?.[1] ?? "") === "10."
  }

  function model(rules: readonly Plain[], host: string, port: number, ask: boolean): string {
    const matching = rules.filter(rule => fits(rule, host, port))
    if (matching.some(rule => rule.verdict === "deny")) return "deny"
    const closed = rules.some(rule => rule.verdict === "allow" && rule.locked)
    const allows = matching.filter(rule => rule.verdict === "allow" && (!closed || rule.locked))
    const guarded = [
      "a.internal",
      "metadata",
      "10.0.0.1",
      "10.1.0.1",
      "169.254.169.254",
      "203.0.113.7",
    ].includes(host)
    if (guarded && !allows.some(rule => opens(rule, host))) return "deny"
    if (allows.length > 0) return "allow"
    return ask && !closed ? "ask" : "deny"
  }

  const plainRule = fc.record<Plain>({
    verdict: fc.constantFrom("allow", "allow", "allow", "deny"),
    pattern: fc.constantFrom(...patterns),
    port: fc.constantFrom(undefined, undefined, 443, 22),
    locked: fc.integer({ min: 0, max: 9 }).map(value => value === 0),
  })

  test("verdict for verdict", () => {
    const host = fc.constantFrom(...names, ...addresses)
    fc.assert(
      fc.property(
        fc.array(plainRule, { maxLength: 6 }),
        host,
        fc.constantFrom(443, 22),
        fc.boolean(),
        (rules, asked, port, ask) => {
          const real = rules.map(
            ({ verdict: said, pattern, port: only, locked }): HostRule => ({
              ...sourced(hostPattern(only === undefined ? pattern : `${pattern}:${only}`), "user", locked),
              verdict: said,
            }),
          )
          const { judgeName } = hostJudge(real, { ...facts, ask: ask ? "unlisted" : "never" })
          const found = judgeName(asked, port)
          expect(found.verdict).toBe(model(rules, asked, port, ask) as "allow")
          if (found.rule !== undefined) expect(found.verdict).toBe(found.rule.verdict)
          if (found.opening !== undefined) {
            const opened = hostJudge([...real, hostRule(`allow ${found.opening}`)], facts)
            expect(opened.judgeName(asked, port).verdict).toBe("allow")
          }
        },
      ),
      { numRuns: 20_000 },
    )
  })

  test("adding a denial never opens, adding an allowance never closes, and locked lists hold against both", () => {
    const host = fc.constantFrom(...names, ...addresses)
    const rule = plainRule.map(({ verdict: said, pattern }) => hostRule(`${said} ${pattern}`))
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), rule, host, (rules, more, asked) => {
        const openness = (all: readonly HostRule[]) =>
          ["deny", "ask", "allow"].indexOf(
            hostJudge(all, { ...facts, ask: "unlisted" }).judgeName(asked, 443).verdict,
          )
        const [before, after] = [openness(rules), openness([...rules, more])]
        if (more.verdict === "deny") expect(after).toBeLessThanOrEqual(before)
        else expect(after).toBeGreaterThanOrEqual(before)
        const list = [hostRule("allow a.com", "org", true), hostRule("allow 8.8.8.8", "org", true)]
        expect(openness([...list, ...rules, more])).toBeLessThanOrEqual(openness(list))
      }),
      { numRuns: 5000 },
    )
  })
})
