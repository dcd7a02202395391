/** What a session does when it is asked from outside; the socket is tried in control.test.ts. */
import { describe, expect, test } from "bun:test"
import type { EventBody } from "../../../src/audit/event.ts"
import { UserError } from "../../../src/base/error.ts"
import { PersonApprovals } from "../../../src/network/people/approvals.ts"
import { type ControlRequest, messageLine, readReply } from "../../../src/network/people/control-messages.ts"
import { sessionControl } from "../../../src/network/people/session-control.ts"
import { sessionRules } from "../../../src/network/people/session-rules.ts"
import type { Credential } from "../../../src/policy/credential.ts"
import { hostPattern } from "../../../src/policy/host-pattern.ts"
import type { HostRule } from "../../../src/policy/layer.ts"
import { sourceOf } from "../../../src/policy/source.ts"
import { ruleOf } from "../../support/session-host.ts"

type Options = { rules?: readonly HostRule[]; credentials?: Credential[]; asks?: boolean }

function controlled({ rules: policy = [], credentials = [], asks = true }: Options = {}) {
  const events: EventBody[] = []
  const record = (event: EventBody) => void events.push(event)
  const rules = sessionRules({ plan: { rules: policy, ask: "unlisted", credentials }, own: () => [] })
  const approvals = asks
    ? new PersonApprovals({
        rules,
        timeoutMs: 60_000,
        record,
        isAttended: () => true,
        announce: () => undefined,
      })
    : undefined
  const control = sessionControl({
    session: "3f2a91c4-7f10-4449-b489-a77c58c6b4ed",
    project: "/x",
    command: ["agent"],
    policyFile: "/p.yaml",
    rules,
    approvals,
    record,
  })
  return { control, rules, approvals, events }
}

const rule = (verdict: "allow" | "deny", pattern: string): ControlRequest => ({
  kind: "rule",
  verdict,
  pattern,
  by: `cordon ${verdict}`,
})

function refusal(control: ReturnType<typeof controlled>["control"], request: ControlRequest): string {
  try {
    return control.reply(request).kind
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as UserError).message
  }
}

/** A rule with a method and a path, as policies have them. */
function requestRule(text: string): HostRule {
  return { ...ruleOf("allow x"), value: hostPattern(text), source: sourceOf("policy.yaml") }
}

const credential: Credential = {
  name: "TOKEN",
  from: { kind: "variable", name: "TOKEN" },
  hosts: [hostPattern("api.example.com"), hostPattern("*.git.example")],
  as: { kind: "bearer" },
}

describe("a rule", () => {
  test("is added, listed and recorded with the command that did it", () => {
    const { control, events } = controlled()
    expect(control.reply(rule("allow", "EXAMPLE.com."))).toEqual({ kind: "done" })
    expect(control.reply({ kind: "status" })).toMatchObject({
      kind: "status",
      status: { rules: [{ verdict: "allow", pattern: "example.com" }] },
    })
    expect(events).toEqual([{ kind: "rule", verdict: "allow", pattern: "example.com", by: "cordon allow" }])
  })

  test.each([
    ["https://example.com", "is a URL"],
    ["a*.com", "a*.com"],
    ["example.com:0", "a port is a number"],
    ["10.0.0.1/8", "10.0.0.0/8"],
    ["", ""],
  ])("that is none is refused with the right spelling: %s", (pattern, why) => {
    const { control, events } = controlled()
    const said = refusal(control, rule("allow", pattern))
    expect(said).not.toBe("done")
    expect(said).toContain(why)
    expect(events).toEqual([])
  })

  test.each([
    ["allow", "bad.example", "bad.example stays denied: deny bad.example"],
    ["allow", "bad.example:80", "stays denied"],
    ["allow", "*.all.example", "*.all.example stays denied: deny *.all.example"],
    ["allow", "x.all.example", "stays denied"],
    ["deny", "bad.example", "done"],
    ["allow", "good.example", "done"],
    ["allow", "*", "done"],
    ["allow", "10.0.0.0/8", "done"],
    ["allow", "10.0.0.7:5432", "done"],
    ["allow", "[2001:db8::1]:443", "done"],
  ] as const)("%s %s: %s", (verdict, pattern, said) => {
    const { control } = controlled({ rules: [ruleOf("deny bad.example"), ruleOf("deny *.all.example")] })
    expect(refusal(control, rule(verdict, pattern))).toContain(said)
  })

  test("that would not open a locked list is refused, a denial is not", () => {
    const { control, events } = controlled({ rules: [ruleOf("allow corp.example locked")] })
    expect(refusal(control, rule("allow", "example.com"))).toContain(
      "the organisation's policy allows other hosts only",
    )
    expect(refusal(control, rule("deny", "corp.example"))).toBe("done")
    expect(events).toHaveLength(1)
  })

  test("about what is denied by an addition says how to undo that", () => {
    const { control, rules } = controlled()
    control.reply(rule("deny", "example.com:443"))
    expect(refusal(control, rule("allow", "example.com"))).toContain(
      "deny example.com:443 (command line, cordon deny)",
    )
    expect(refusal(control, rule("allow", "example.com:443"))).toBe("done")
    expect(rules.judge().judgeName("example.com", 443).verdict).toBe("allow")
  })

  test("more than a thousand are refused", () => {
    const { control } = controlled()
    for (let index = 0; index < 1000; index++) control.reply(rule("deny", `h${index}.example`))
    expect(refusal(control, rule("deny", "one.more"))).toContain("1000 added rules")
  })
})

describe("a rule with a method and a path", () => {
  test.each([
    ["api.example.com GET /x", "done"],
    ["api.example.com:443 POST /x", "done"],
    ["a.git.example GET /x", "done"],
    ["*.git.example GET /x", "done"],
    ["git.example GET /x", "cannot be told apart"],
    ["other.com GET /x", "cannot be told apart"],
    ["*.example.com GET /x", "cannot be told apart"],
  ])("%s: %s, where a credential has its TLS ended", (pattern, said) => {
    const { control } = controlled({ credentials: [credential] })
    expect(refusal(control, rule("allow", pattern))).toContain(said)
    expect(refusal(control, rule("deny", pattern))).toContain(said)
  })

  test("is taken for a host that has one in the policy", () => {
    const { control } = controlled({ rules: [requestRule("api.example.com GET /repos/**")] })
    expect(refusal(control, rule("allow", "api.example.com POST /repos/me"))).toBe("done")
    expect(refusal(control, rule("allow", "www.example.com POST /repos/me"))).toContain(
      "cannot be told apart",
    )
  })
})

describe("a question", () => {
  test("is in the status, and is answered", async () => {
    const { control, approvals } = controlled()
    const asked = approvals?.ask({ host: "example.com", port: 443, program: "/usr/bin/curl", process: 1 })
    const reply = control.reply({ kind: "watch" })
    expect(reply.kind === "status" && reply.status.questions.map(({ id, host }) => [id, host])).toEqual([
      [1, "example.com"],
    ])
    expect(control.reply({ kind: "answer", question: 1, answer: "once", pattern: "example.com" })).toEqual({
      kind: "done",
    })
    expect(await asked).toBe("allow")
  })

  test("of a session that asks nothing cannot be answered, its rules can be changed", () => {
    const { control } = controlled({ asks: false })
    const answer = { kind: "answer", question: 1, answer: "once", pattern: "x.com" } as const
    expect(refusal(control, answer)).toContain("nothing waits in this session")
    expect(refusal(control, rule("deny", "example.com"))).toBe("done")
  })
})

describe("a status", () => {
  test("of whatever size of texts can be read by who asked", () => {
    const rules = sessionRules({ plan: { rules: [], ask: "unlisted", credentials: [] }, own: () => [] })
    const approvals = new PersonApprovals({
      rules,
      timeoutMs: 60_000,
      record: () => undefined,
      isAttended: () => true,
      announce: () => undefined,
    })
    const control = sessionControl({
      session: "s",
      project: "/x",
      command: Array(500).fill("w".repeat(100_000)),
      policyFile: "/p",
      rules,
      approvals,
      record: () => undefined,
    })
    for (let index = 0; index < 256; index++)
      void approvals.ask({ host: `h${index}.com`, port: 443, program: `/${"p".repeat(100_000)}`, process: 1 })
    const line = messageLine(control.reply({ kind: "status" }))
    expect(line.length).toBeLessThan(1 << 20)
    const read = readReply(Buffer.from(line).toString())
    expect(read?.kind === "status" && read.status.questions.length).toBe(256)
    approvals.close()
  })
})

describe("who watches", () => {
  test("hears of rules and of questions, until it ends", () => {
    const { control, approvals } = controlled()
    let heard = 0
    const end = control.watch(() => heard++)
    control.reply(rule("deny", "a.com"))
    const afterRule = heard
    void approvals?.ask({ host: "b.com", port: 443, program: "", process: 1 })
    const afterQuestion = heard
    end()
    control.reply(rule("deny", "c.com"))
    expect([afterRule > 0, afterQuestion > afterRule, heard === afterQuestion]).toEqual([true, true, true])
    approvals?.close()
  })
})
