/** What people write as an answer, and what it means from then on. */
import { describe, expect, test } from "bun:test"
import { UserError } from "../../../src/base/error.ts"
import {
  isYes,
  patternForPolicy,
  patternOfAnswer,
  personAnswers,
  ruleOfAnswer,
} from "../../../src/network/people/answer.ts"
import { hostPattern } from "../../../src/policy/host-pattern.ts"

describe("what a person writes", () => {
  const question = { host: "api.example.com", port: 443 }

  test.each([
    ["api.example.com", "api.example.com"],
    ["API.Example.COM.", "api.example.com"],
    ["api.example.com:443", "api.example.com:443"],
    ["*.example.com", "*.example.com"],
    ["*.com", "*.com"],
    ["*", "*"],
  ])("%s is taken", (text, pattern) => {
    expect(patternForPolicy(text, question)).toBe(pattern)
  })

  test.each([
    "example.com",
    "api.example.com:80",
    "*.api.example.com",
    "other.com",
    "https://api.example.com",
    "api.example.com/path",
    "10.0.0.1",
    "",
    "api.example.com GET /x",
  ])('"%s" is refused, with what would do', text => {
    try {
      patternOfAnswer(text, question)
      throw new Error("taken")
    } catch (error) {
      expect(error).toBeInstanceOf(UserError)
      expect((error as UserError).hint).toContain("api.example.com:443, api.example.com, *.example.com")
    }
  })
})

describe("an answer", () => {
  const pattern = hostPattern("example.com")

  test.each([
    ["once", undefined],
    ["session", "allow"],
    ["always", "allow"],
    ["deny", "deny"],
  ] as const)("%s gives the session this rule: %s", (answer, verdict) => {
    expect(ruleOfAnswer(pattern, answer)?.verdict).toBe(verdict)
  })

  test("says in its rule who said so", () => {
    const rule = ruleOfAnswer(pattern, "session")
    expect(rule?.source).toEqual({ file: "cordon approve --session", line: 0, column: 0 })
    expect(rule?.locked).toBe(false)
  })

  test("is a yes or a no", () => {
    const yes = [...personAnswers, "timeout" as const, "nobody" as const].filter(isYes)
    expect(yes).toEqual(["once", "session", "always"])
  })
})
