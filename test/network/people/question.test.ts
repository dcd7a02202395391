/** What is offered to people as an answer. */
import { describe, expect, test } from "bun:test"
import { patternsFor } from "../../../src/network/people/question.ts"
import { fitsTarget, readyPattern, targetOf } from "../../../src/policy/host-match.ts"
import { hostPattern, hostText } from "../../../src/policy/host-pattern.ts"

const questions: readonly [string, number, string[]][] = [
  ["example.com", 443, ["example.com:443", "example.com"]],
  ["api.example.com", 443, ["api.example.com:443", "api.example.com", "*.example.com"]],
  ["a.b.example.com", 8443, ["a.b.example.com:8443", "a.b.example.com", "*.b.example.com"]],
  ["shop.co.uk", 443, ["shop.co.uk:443", "shop.co.uk"]],
  ["www.shop.co.uk", 443, ["www.shop.co.uk:443", "www.shop.co.uk", "*.shop.co.uk"]],
  ["xn--mnchen-3ya.de", 80, ["xn--mnchen-3ya.de:80", "xn--mnchen-3ya.de"]],
  ["host", 80, ["host:80", "host"]],
  ["203.0.113.7", 22, ["203.0.113.7:22", "203.0.113.7"]],
  ["2001:db8::1", 443, ["[2001:db8::1]:443", "2001:db8::1"]],
]

describe("what is offered", () => {
  test.each(questions)("for %s, port %d, is narrowest first", (host, port, patterns) => {
    expect(patternsFor({ host, port })).toEqual(patterns)
  })

  test.each(questions)(
    "for %s, port %d, means what was asked, and is written as patterns are",
    (host, port) => {
      for (const text of patternsFor({ host, port })) {
        const pattern = hostPattern(text)
        expect(hostText(pattern)).toBe(text)
        expect(fitsTarget(readyPattern(pattern), targetOf(host), port)).toBe(true)
      }
    },
  )

  test.each(questions)("for %s, port %d, begins with just that", (host, port) => {
    const [first = ""] = patternsFor({ host, port })
    const pattern = readyPattern(hostPattern(first))
    expect(fitsTarget(pattern, targetOf(host), port + 1)).toBe(false)
    expect(fitsTarget(pattern, targetOf(`www.${host}`), port)).toBe(false)
  })
})
