/** Judges of hosts for tests, from rules as people write them. */
import type { Destination } from "../../src/network/upstream/destination.ts"
import type { Credential } from "../../src/policy/credential.ts"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import { type HostJudge, hostJudge } from "../../src/policy/host-verdict.ts"
import type { HostRule } from "../../src/policy/layer.ts"

export type Rules = {
  allow?: readonly string[]
  deny?: readonly string[]
  ask?: "never" | "unlisted"
  credentials?: readonly Credential[]
}

/** The rules of a person's own policy, each on a line of its own. */
export function rulesOf(verdict: HostRule["verdict"], patterns: readonly string[]): HostRule[] {
  return patterns.map((text, index) => ({
    verdict,
    value: hostPattern(text),
    source: { file: "~/.config/cordon/policy.yaml", line: index + 1, column: 3 },
    layer: "user",
    locked: false,
  }))
}

export function judgeOf({ allow = [], deny = [], ask = "never", credentials = [] }: Rules): HostJudge {
  return hostJudge([...rulesOf("allow", allow), ...rulesOf("deny", deny)], { ask, own: [], credentials })
}

export const nameAt = (host: string, port = 443): Destination => ({ kind: "name", host, port })
export const addressAt = (host: string, port = 443): Destination => ({ kind: "address", host, port })
