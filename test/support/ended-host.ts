/** A host whose TLS is ended, as the bridges see it: rules, credentials, and what was recorded. */
import type { Swap } from "../../src/network/credentials/swap.ts"
import type { RequestRecord } from "../../src/network/streams/ended-connection.ts"
import type { EndedHost, Refusal } from "../../src/network/terminator/decision.ts"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import { hostJudge } from "../../src/policy/host-verdict.ts"
import type { HostRule } from "../../src/policy/layer.ts"
import { sourceOf } from "../../src/policy/source.ts"

export const secret = "ghp_SECRETsecretSECRET"
export const placeholder = "ghp_PLACEHOLDERplaceho"
export const bearer: Swap = { as: { kind: "bearer" }, secret, placeholder }

export type EndedOptions = {
  port?: number
  /** `allow api.test GET /x/**` */
  rules?: readonly string[]
  swaps?: readonly Swap[]
  failure?: Refusal
}

export function ruleOf(text: string): HostRule {
  const [verdict, ...words] = text.split(" ")
  const value = hostPattern(words.join(" "))
  return {
    verdict: verdict === "deny" ? "deny" : "allow",
    value,
    source: sourceOf("test"),
    layer: "user",
    locked: false,
  }
}

export function endedHost({
  port = 443,
  rules = [],
  swaps = [bearer],
  failure,
}: EndedOptions = {}): EndedHost {
  const judge = hostJudge(rules.map(ruleOf), { ask: "never", own: [], credentials: [] })
  return { host: "api.test", port, swaps, judge: () => judge, failure }
}

/** `GET /x 200 allow` */
export function recordText({ verdict, request }: RequestRecord): string {
  return `${request.method} ${request.path} ${request.status} ${verdict}`
}
