/** Rules that are added while a session runs: what they change, and what they cannot. */
import { describe, expect, spyOn, test } from "bun:test"
import { sessionRules } from "../../../src/network/people/session-rules.ts"
import { hostText } from "../../../src/policy/host-pattern.ts"
import { ruleOf } from "../../support/session-host.ts"

function rulesOf(...texts: string[]) {
  return sessionRules({
    plan: { rules: texts.map(ruleOf), ask: "unlisted", credentials: [] },
    own: () => [],
  })
}

const verdictOf = (rules: ReturnType<typeof rulesOf>, host: string, port = 443) =>
  rules.judge().judgeName(host, port).verdict

/** The clock of this process, so many milliseconds on. */
function later(milliseconds: number) {
  return spyOn(performance, "now").mockReturnValue(performance.now() + milliseconds)
}

describe("an addition", () => {
  test("holds from the next connection on", () => {
    const rules = rulesOf()
    expect(verdictOf(rules, "example.com")).toBe("ask")
    rules.add(ruleOf("allow example.com"))
    expect(verdictOf(rules, "example.com")).toBe("allow")
    expect(verdictOf(rules, "www.example.com")).toBe("ask")
  })

  const additions: [string, string, number, "allow" | "deny" | "ask"][] = [
    ["allow *.example.com", "www.example.com", 443, "allow"],
    ["allow *.example.com", "example.com", 443, "ask"],
    ["allow example.com:443", "example.com", 443, "allow"],
    ["allow example.com:443", "example.com", 80, "ask"],
    ["deny example.com", "example.com", 443, "deny"],
    ["allow 203.0.113.0/24", "203.0.113.9", 443, "allow"],
    ["allow 203.0.113.0/24", "203.0.114.9", 443, "ask"],
  ]
  test.each(additions)("%s makes %s:%d %s", (rule, host, port, verdict) => {
    const rules = rulesOf()
    rules.add(ruleOf(rule))
    expect(verdictOf(rules, host, port)).toBe(verdict)
  })

  test("is listed, oldest first", () => {
    const rules = rulesOf("allow policy.example")
    for (const text of ["allow a.com", "deny b.com", "allow c.com"]) rules.add(ruleOf(text))
    const shown = rules.added().map(({ verdict, value }) => `${verdict} ${hostText(value)}`)
    expect(shown).toEqual(["allow a.com", "deny b.com", "allow c.com"])
  })

  test("can be looked at before it is made", () => {
    const rules = rulesOf()
    expect(rules.judgeWith(ruleOf("allow example.com")).judgeName("example.com", 443).verdict).toBe("allow")
    expect(verdictOf(rules, "example.com")).toBe("ask")
    expect(rules.added()).toEqual([])
  })
})

describe("a later word about the same pattern", () => {
  test("takes the place of the earlier one, both ways", () => {
    const rules = rulesOf()
    for (const [text, verdict] of [
      ["allow example.com", "allow"],
      ["deny example.com", "deny"],
      ["allow example.com", "allow"],
    ] as const) {
      rules.add(ruleOf(text))
      expect(verdictOf(rules, "example.com")).toBe(verdict)
    }
    expect(rules.added()).toHaveLength(1)
  })

  test("does not take the place of one about another pattern: a denial holds", () => {
    const rules = rulesOf()
    rules.add(ruleOf("deny example.com:443"))
    rules.add(ruleOf("allow example.com"))
    expect(verdictOf(rules, "example.com", 443)).toBe("deny")
    expect(verdictOf(rules, "example.com", 80)).toBe("allow")
  })
})

describe("an addition weakens nothing", () => {
  test.each(["allow bad.example", "allow bad.example:443", "allow *.example", "allow *"])(
    "%s beats no denial of the policy",
    text => {
      const rules = rulesOf("deny bad.example", "allow good.example")
      rules.add(ruleOf(text))
      expect(verdictOf(rules, "bad.example")).toBe("deny")
      expect(verdictOf(rules, "good.example")).toBe("allow")
    },
  )

  test("a list that the organisation locks stays closed", () => {
    const rules = rulesOf("allow corp.example locked")
    rules.add(ruleOf("allow example.com"))
    expect(verdictOf(rules, "example.com")).toBe("deny")
    expect(verdictOf(rules, "corp.example")).toBe("allow")
  })

  test("a denial that the organisation locks holds", () => {
    const rules = rulesOf("deny bad.example locked")
    rules.add(ruleOf("allow bad.example"))
    expect(verdictOf(rules, "bad.example")).toBe("deny")
  })

  test("`*` opens no private place, and its name does", () => {
    const rules = rulesOf()
    rules.add(ruleOf("allow *"))
    expect(verdictOf(rules, "10.0.0.1")).toBe("deny")
    expect(verdictOf(rules, "example.com")).toBe("allow")
    rules.add(ruleOf("allow 10.0.0.1"))
    expect(verdictOf(rules, "10.0.0.1")).toBe("allow")
  })

  test("a denial beats what the policy allows", () => {
    const rules = rulesOf("allow example.com")
    rules.add(ruleOf("deny *.com"))
    expect(verdictOf(rules, "example.com")).toBe("deny")
  })
})

describe("who listens", () => {
  test("hears of each addition, when it holds already", () => {
    const rules = rulesOf()
    const heard: string[] = []
    rules.onChange(() => heard.push(verdictOf(rules, "example.com")))
    rules.add(ruleOf("allow example.com"))
    rules.add(ruleOf("deny example.com"))
    expect(heard).toEqual(["allow", "deny"])
  })

  test("hears nothing any more when it has enough, and others do", () => {
    const rules = rulesOf()
    const heard: string[] = []
    const end = rules.onChange(() => heard.push("one"))
    rules.onChange(() => heard.push("two"))
    rules.add(ruleOf("allow a.com"))
    end()
    rules.add(ruleOf("allow b.com"))
    expect(heard).toEqual(["one", "two", "two"])
  })

  test("may stop listening while it is told", () => {
    const rules = rulesOf()
    const heard: string[] = []
    const end = rules.onChange(() => {
      heard.push("one")
      end()
    })
    rules.onChange(() => heard.push("two"))
    rules.add(ruleOf("allow a.com"))
    rules.add(ruleOf("allow b.com"))
    expect(heard).toEqual(["one", "two", "two"])
  })
})

describe("the addresses of this machine", () => {
  test("are asked for anew when the judge has grown old, and not for each connection", () => {
    let asked = 0
    const own = ["203.0.113.7"]
    const rules = sessionRules({
      plan: { rules: [ruleOf("allow *")], ask: "never", credentials: [] },
      own: () => {
        asked++
        return own
      },
      freshMs: 60_000,
    })
    expect(rules.judge().judgeAddress("203.0.113.7", 80).verdict).toBe("deny")
    expect(rules.judge().judgeAddress("203.0.113.8", 80).verdict).toBe("allow")
    expect(asked).toBe(1)
    own[0] = "203.0.113.8"
    using _ = later(60_001)
    expect(rules.judge().judgeAddress("203.0.113.8", 80).verdict).toBe("deny")
    expect(rules.judge().judgeAddress("203.0.113.7", 80).verdict).toBe("allow")
  })

  test("come with each addition", () => {
    let asked = 0
    const rules = sessionRules({
      plan: { rules: [], ask: "never", credentials: [] },
      own: () => {
        asked++
        return []
      },
    })
    rules.judge()
    rules.add(ruleOf("allow a.com"))
    rules.judge()
    rules.judge()
    expect(asked).toBe(2)
  })
})
