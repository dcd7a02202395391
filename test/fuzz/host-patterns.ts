/**
 * Host patterns and what is held against them: every text is a pattern or is refused in a sentence, a pattern means the
 * same when it is written again, and whatever a program dials gets a verdict. Nothing throws, and nothing takes long.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict"
import fc from "fast-check"
import { hostPattern, hostText } from "../../src/policy/host-pattern.ts"
import { hostJudge } from "../../src/policy/host-verdict.ts"
import type { HostRule } from "../../src/policy/layer.ts"
import { sourceOf } from "../../src/policy/source.ts"
import { target } from "./target.ts"

/** A text of a few hundred characters takes microseconds; this machine may be busy. */
const slowMs = 2_000

/** What means something to names, addresses, ports, requests and URLs. */
const unit = fc.constantFrom(
  ..."abzAZ019.*-_:/[]% ?#@,;{}\\",
  ...["::", "ffff:", "0x", "127.", ".0.0.1", "com", "GET ", "/**", "xn--", "://", "%2e", "%2f", "..", "/24"],
  ...["\u00fc", "\u0456", "\u3002", "\u212a", "\u200b", "\u{1f600}", "\ud800", "\0", "\n", "\t"],
)
const text = fc.array(unit, { maxLength: 24 }).map(parts => parts.join(""))
const known = fc.constantFrom(
  ...[
    "*",
    "*.com",
    "a.com",
    "10.0.0.0/8",
    "169.254.169.254",
    "::/0",
    "a.com:443",
    "a.com GET /a/**",
    "*.com PUT /b",
  ],
)

export const hostPatterns = target(
  { name: "host-patterns", weight: 1, runs: 3000 },
  fc.record({
    rules: fc.array(fc.tuple(fc.constantFrom("allow" as const, "deny" as const), fc.oneof(known, text)), {
      maxLength: 4,
    }),
    host: fc.oneof(text, fc.constantFrom("a.com", "x.com", "10.1", "0xa9fea9fe", "64:ff9b::a00:1", "A.COM.")),
    port: fc.integer({ min: 0, max: 65_536 }),
    path: text.map(rest => `/${rest}`),
    repeat: fc.constantFrom(1, 1, 1, 400),
  }),
  ({ rules, host, port, path, repeat }) => {
    const started = performance.now()
    const accepted = rules.flatMap(([verdict, pattern]) => ruleOf(verdict, pattern.repeat(repeat)))
    holdsForVerdicts(accepted, { host: host.repeat(repeat), port, path: path.repeat(repeat) })
    ok(performance.now() - started < slowMs, `took ${(performance.now() - started).toFixed(0)} ms`)
  },
)

/** The rule, when the text is a pattern. */
function ruleOf(verdict: HostRule["verdict"], written: string): HostRule[] {
  try {
    const value = hostPattern(written)
    match(value.host, /^[\x21-\x7e]+$/)
    equal(value.host, value.host.toLowerCase())
    deepEqual(hostPattern(hostText(value)), value, hostText(value))
    return [{ value, verdict, source: sourceOf("fuzz"), layer: "user", locked: false }]
  } catch (cause) {
    ok(cause instanceof SyntaxError, String(cause))
    ok(cause.message !== "" && cause.message.length < 3 * written.length + 300, cause.message)
    return []
  }
}

type Asked = { host: string; port: number; path: string }

function holdsForVerdicts(rules: readonly HostRule[], { host, port, path }: Asked): void {
  const { judgeName, judgeAddress, judgeResolved, judgeRequest, isEnded, matchesOf } = hostJudge(rules, {
    ask: "unlisted",
    own: ["203.0.113.7"],
    credentials: [],
  })
  for (const verdict of [
    judgeName(host, port),
    judgeAddress(host, port),
    judgeResolved("a.com", host, port),
    judgeRequest(host, port, { method: "GET", path }),
  ]) {
    ok(verdict.why !== "")
    ok(["allow", "deny", "ask"].includes(verdict.verdict))
    if (verdict.rule !== undefined) equal(verdict.rule.verdict, verdict.verdict)
    // What is offered is a pattern: a person pastes it.
    if (verdict.opening !== undefined) hostPattern(verdict.opening)
  }
  if (judgeName(host, port).verdict === "allow") ok(matchesOf(host, port).length > 0)
  if (rules.every(({ value }) => value.request === undefined)) equal(isEnded(host, port), false)
}
