/** Connections that wait: one question for all of them, one answer, and never for ever. */
import { describe, expect, test } from "bun:test"
import type { EventBody } from "../../../src/audit/event.ts"
import { UserError } from "../../../src/base/error.ts"
import { PersonApprovals } from "../../../src/network/people/approvals.ts"
import { sessionRules } from "../../../src/network/people/session-rules.ts"
import { ruleOf } from "../../support/session-host.ts"

type Options = { rules?: string[]; timeoutMs?: number; attended?: boolean }

function approvalsWith({ rules: texts = [], timeoutMs = 60_000, attended = true }: Options = {}) {
  const events: EventBody[] = []
  const announced: string[] = []
  const rules = sessionRules({
    plan: { rules: texts.map(ruleOf), ask: "unlisted", credentials: [] },
    own: () => [],
  })
  const approvals = new PersonApprovals({
    rules,
    timeoutMs,
    record: event => events.push(event),
    isAttended: () => attended,
    announce: ({ host, port }) => announced.push(`${host}:${port}`),
  })
  const ask = (host: string, port = 443, withdrawn?: AbortSignal) =>
    approvals.ask({ host, port, program: "/usr/bin/curl", process: 4711 }, withdrawn)
  const answers = () =>
    events.map(event => (event.kind === "ask" ? `${event.host} ${event.answer}` : event.kind))
  return { approvals, rules, events, announced, ask, answers }
}

/** What a promise has come to, or "waits". */
async function stateOf(promise: Promise<string>): Promise<string> {
  await Bun.sleep(0)
  return Promise.race([promise, Promise.resolve("waits")])
}

describe("a question", () => {
  test("waits until somebody answers", async () => {
    const { approvals, ask } = approvalsWith()
    const asked = ask("example.com")
    expect(await stateOf(asked)).toBe("waits")
    approvals.answer(1, "once", "example.com")
    expect(await asked).toBe("allow")
  })

  test("is one for all connections to a host and port, and others are others", async () => {
    const { approvals, ask, announced } = approvalsWith()
    const all = [ask("example.com"), ask("example.com"), ask("example.com", 80), ask("other.com")]
    expect(
      approvals.pending().map(({ id, host, port, connections }) => [id, host, port, connections]),
    ).toEqual([
      [1, "example.com", 443, 2],
      [2, "example.com", 80, 1],
      [3, "other.com", 443, 1],
    ])
    expect(announced).toEqual(["example.com:443", "example.com:80", "other.com:443"])
    approvals.answer(1, "once", "example.com")
    expect(await Promise.all(all.map(stateOf))).toEqual(["allow", "allow", "waits", "waits"])
  })

  test("tells who asks, what can be said, and until when", () => {
    const { approvals, ask } = approvalsWith({ timeoutMs: 60_000 })
    void ask("api.example.com")
    const [question] = approvals.pending()
    expect(question).toMatchObject({
      program: "/usr/bin/curl",
      process: 4711,
      patterns: ["api.example.com:443", "api.example.com", "*.example.com"],
    })
    const left = Date.parse(question?.until ?? "") - Date.now()
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(60_000)
  })

  test("is not asked where a rule says it", async () => {
    const { approvals, ask, events } = approvalsWith({ rules: ["allow good.com", "deny bad.com"] })
    expect(await Promise.all([ask("good.com"), ask("bad.com"), ask("10.0.0.1")])).toEqual([
      "allow",
      "deny",
      "deny",
    ])
    expect(approvals.pending()).toEqual([])
    expect(events).toEqual([])
  })

  test("is refused when its time is over, and recorded", async () => {
    const { approvals, ask, events } = approvalsWith({ timeoutMs: 30 })
    expect(await Promise.all([ask("example.com"), ask("example.com")])).toEqual(["deny", "deny"])
    expect(approvals.pending()).toEqual([])
    expect(events).toEqual([
      {
        kind: "ask",
        host: "example.com",
        port: 443,
        program: "/usr/bin/curl",
        answer: "timeout",
        pattern: "",
      },
    ])
  })

  test("can be asked again after that, and is then another one", async () => {
    const { approvals, ask, announced } = approvalsWith({ timeoutMs: 30 })
    await ask("example.com")
    const again = ask("example.com")
    expect(approvals.pending().map(({ id }) => id)).toEqual([2])
    approvals.answer(2, "once", "example.com")
    expect(await again).toBe("allow")
    expect(announced).toEqual(["example.com:443"])
  })
})

describe("an answer", () => {
  test("once is for what waits now", async () => {
    const { approvals, ask, rules } = approvalsWith()
    const first = ask("example.com")
    approvals.answer(1, "once", "example.com:443")
    expect(await first).toBe("allow")
    expect(await stateOf(ask("example.com"))).toBe("waits")
    expect(rules.added()).toEqual([])
  })

  test.each(["session", "always"] as const)("%s holds for the next connections too", async answer => {
    const { approvals, ask, answers } = approvalsWith()
    const first = ask("example.com")
    approvals.answer(1, answer, "example.com")
    expect(await Promise.all([first, ask("example.com"), ask("example.com", 80)])).toEqual([
      "allow",
      "allow",
      "allow",
    ])
    expect(answers()).toEqual([`example.com ${answer}`])
  })

  test("deny holds for the next ones as well, so that a program that tries again does not ask again", async () => {
    const { approvals, ask, answers } = approvalsWith()
    const first = ask("example.com")
    approvals.answer(1, "deny", "example.com:443")
    expect(await Promise.all([first, ask("example.com")])).toEqual(["deny", "deny"])
    expect(await stateOf(ask("example.com", 80))).toBe("waits")
    expect(answers()).toEqual(["example.com deny"])
  })

  test("with a wider pattern answers what else it means, and nothing more", async () => {
    const { approvals, ask, answers } = approvalsWith()
    const all = [ask("a.example.com"), ask("b.example.com", 80), ask("example.com")]
    approvals.answer(1, "session", "*.example.com")
    expect(await Promise.all(all.map(stateOf))).toEqual(["allow", "allow", "waits"])
    expect(answers()).toEqual(["a.example.com session", "b.example.com session"])
  })

  test("is recorded with its pattern, as patterns are written", () => {
    const { approvals, ask, events } = approvalsWith()
    void ask("a.example.com")
    approvals.answer(1, "session", "*.EXAMPLE.com.")
    expect(events).toEqual([
      {
        kind: "ask",
        host: "a.example.com",
        port: 443,
        program: "/usr/bin/curl",
        answer: "session",
        pattern: "*.example.com",
      },
    ])
  })

  test.each([
    [1, "other.com", "does not mean example.com"],
    [1, "https://example.com", "is a URL"],
    [1, "example.com GET /x", "leave method and path out"],
    [7, "example.com", "does not wait any more"],
  ])("to question %d with %s is refused, and the question waits on", async (id, pattern, why) => {
    const { approvals, ask, events } = approvalsWith()
    const asked = ask("example.com")
    expect(() => approvals.answer(id, "session", pattern)).toThrow(UserError)
    expect(() => approvals.answer(id, "session", pattern)).toThrow(why)
    expect(await stateOf(asked)).toBe("waits")
    expect(events).toEqual([])
  })

  test("comes once: the second is told that nobody waits", () => {
    const { approvals, ask } = approvalsWith()
    void ask("example.com")
    approvals.answer(1, "once", "example.com")
    expect(() => approvals.answer(1, "once", "example.com")).toThrow("does not wait any more")
  })
})

describe("rules that are added otherwise", () => {
  test("decide what waits", async () => {
    const { rules, ask, answers } = approvalsWith()
    const [yes, no, open] = [ask("yes.com"), ask("no.com"), ask("open.com")]
    rules.add(ruleOf("allow yes.com"))
    rules.add(ruleOf("deny no.com"))
    expect(await Promise.all([yes, no, open].map(stateOf))).toEqual(["allow", "deny", "waits"])
    expect(answers()).toEqual(["yes.com session", "no.com deny"])
  })
})

describe("nobody to ask", () => {
  test("is a refusal at once, recorded once for each host and port", async () => {
    const { approvals, ask, answers, announced } = approvalsWith({ attended: false })
    expect(await Promise.all([ask("a.com"), ask("a.com"), ask("b.com")])).toEqual([
      "nobody",
      "nobody",
      "nobody",
    ])
    expect(approvals.pending()).toEqual([])
    expect(answers()).toEqual(["a.com nobody", "b.com nobody"])
    expect(announced).toEqual([])
  })

  test("somebody who watches is somebody, as long as they do", async () => {
    const { approvals, ask } = approvalsWith({ attended: false })
    const end = approvals.watch(() => undefined)
    const asked = ask("a.com")
    expect(await stateOf(asked)).toBe("waits")
    approvals.answer(1, "once", "a.com")
    expect(await asked).toBe("allow")
    end()
    end()
    expect(await ask("a.com")).toBe("nobody")
    const again = approvals.watch(() => undefined)
    expect(await stateOf(ask("a.com"))).toBe("waits")
    again()
  })
})

describe("a program that hangs up", () => {
  test("takes its question back", async () => {
    const { approvals, ask, events } = approvalsWith()
    const gone = new AbortController()
    const asked = ask("example.com", 443, gone.signal)
    gone.abort()
    expect(await asked).toBe("deny")
    expect(approvals.pending()).toEqual([])
    expect(events).toEqual([])
  })

  test("leaves the others waiting", async () => {
    const { approvals, ask } = approvalsWith()
    const gone = new AbortController()
    const [first, second] = [ask("example.com", 443, gone.signal), ask("example.com")]
    gone.abort()
    expect(await stateOf(first)).toBe("deny")
    expect(approvals.pending()[0]?.connections).toBe(1)
    approvals.answer(1, "once", "example.com")
    expect(await second).toBe("allow")
  })

  test("before it was asked does not ask", async () => {
    const { approvals, ask } = approvalsWith()
    expect(await ask("example.com", 443, AbortSignal.abort())).toBe("deny")
    expect(approvals.pending()).toEqual([])
  })

  test("after the answer changes nothing", async () => {
    const { approvals, ask } = approvalsWith()
    const gone = new AbortController()
    const asked = ask("example.com", 443, gone.signal)
    approvals.answer(1, "once", "example.com")
    gone.abort()
    expect(await asked).toBe("allow")
  })
})

describe("bounds", () => {
  test("256 questions wait; the next is refused, and there is room again after an answer", async () => {
    const { approvals, ask } = approvalsWith()
    const waiting = Array.from({ length: 256 }, (_, index) => ask(`h${index}.com`))
    expect(await ask("more.com")).toBe("nobody")
    expect(await stateOf(ask("h0.com"))).toBe("waits")
    approvals.answer(1, "once", "h0.com")
    expect(await waiting[0]).toBe("allow")
    expect(await stateOf(ask("more.com"))).toBe("waits")
    approvals.close()
    expect(await Promise.all(waiting.slice(1))).toEqual(Array(255).fill("deny"))
  })

  test("a program that asks for ever is announced a thousand times at most", () => {
    const { approvals, ask, announced } = approvalsWith()
    for (let index = 0; index < 3000; index++) {
      const gone = new AbortController()
      void ask(`h${index}.com`, 443, gone.signal)
      gone.abort()
    }
    expect(announced).toHaveLength(1000)
    expect(approvals.pending()).toEqual([])
  })
})

describe("the end", () => {
  test("refuses all that waits", async () => {
    const { approvals, ask } = approvalsWith()
    const all = [ask("a.com"), ask("b.com")]
    approvals.close()
    expect(await Promise.all(all)).toEqual(["deny", "deny"])
  })
})

describe("who watches", () => {
  test("hears of questions, of connections that join, of answers and of what is taken back", () => {
    const { approvals, ask } = approvalsWith()
    let heard = 0
    const count = (action: () => unknown) => {
      const before = heard
      action()
      return heard - before
    }
    approvals.watch(() => heard++)
    const gone = new AbortController()
    expect(count(() => ask("a.com"))).toBeGreaterThan(0)
    expect(count(() => ask("a.com", 443, gone.signal))).toBeGreaterThan(0)
    expect(count(() => gone.abort())).toBeGreaterThan(0)
    expect(count(() => approvals.answer(1, "once", "a.com"))).toBeGreaterThan(0)
  })
})
