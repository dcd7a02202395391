/**
 * What the policy says about a host: the plan, the border and `explain` all ask here. A deny rule beats every allow
 * rule; the most specific rule of those that agree explains. `*` means any public host: private names and addresses
 * are reached only where a rule names them.
 */
import { type Address, parseAddress } from "../base/address.ts"
import { guardOf, isInRange } from "./address-ranges.ts"
import type { Credential } from "./credential.ts"
import { guardOfName } from "./guarded-names.ts"
import {
  byCloseness,
  closest,
  fitsTarget,
  isAbout,
  isPlain,
  type ReadyRule,
  readyPattern,
  type Target,
  targetOf,
  targetText,
} from "./host-match.ts"
import { isCanonicalName } from "./host-name.ts"
import { byRule, type HostVerdict, refused } from "./host-reasons.ts"
import type { HostRule } from "./layer.ts"
import { judgeRequest } from "./request-verdict.ts"

export type { HostVerdict } from "./host-reasons.ts"

export type HostJudge = {
  /** a name, before any look-up */
  judgeName(name: string, port: number): HostVerdict
  /** an address that was dialled as such */
  judgeAddress(address: string, port: number): HostVerdict
  /** an address that an allowed name resolved to: public, or named by a rule (literal or CIDR), and not denied */
  judgeResolved(name: string, address: string, port: number): HostVerdict
  /** one HTTP request to a host whose TLS we end (name already allowed); the path with or without its query */
  judgeRequest(name: string, port: number, request: { method: string; path: string }): HostVerdict
  /** TLS to this name is ended at the border: a credential is for it or a rule has a request */
  isEnded(name: string, port: number): boolean
  /** everything that matched, closest first, for explain; @param port undefined = whichever */
  matchesOf(host: string, port: number | undefined): HostRule[]
}

export type HostFacts = {
  ask: "never" | "unlisted"
  /** canonical addresses of the host's interfaces: never reached unless named */
  own: readonly string[]
  credentials: readonly Credential[]
}

/** The rules that are in force, ready to be held against a target. */
type Judging = {
  allows: readonly ReadyRule[]
  denies: readonly ReadyRule[]
  /** the organisation's list is all there is */
  closed: boolean
  ask: HostFacts["ask"]
  own: readonly Address[]
}

export function hostJudge(rules: readonly HostRule[], { ask, own, credentials }: HostFacts): HostJudge {
  const ready = rules.map(rule => ({ ...readyPattern(rule.value), rule }))
  const locked = ready.filter(({ rule }) => rule.verdict === "allow" && rule.locked)
  const judging: Judging = {
    // Hosts that the organisation locks are all there are: another allowance would loosen its list.
    allows: locked.length > 0 ? locked : ready.filter(({ rule }) => rule.verdict === "allow"),
    denies: ready.filter(({ rule }) => rule.verdict === "deny"),
    closed: locked.length > 0,
    ask,
    own: own.flatMap(text => parseAddress(text) ?? []),
  }
  const ending = [
    ...credentials.flatMap(({ hosts }) => hosts.map(readyPattern)),
    ...[...judging.allows, ...judging.denies].filter(({ pattern }) => pattern.request !== undefined),
  ]
  // No flag would help against the organisation's list.
  const offered = (verdict: HostVerdict) => (judging.closed ? { ...verdict, opening: undefined } : verdict)
  const judge = (host: string, port: number) => offered(judgeTarget(targetOf(host), port, judging))
  return {
    judgeName: judge,
    judgeAddress: judge,
    judgeResolved: (name, address, port) =>
      offered(judgeResolved([targetOf(name), targetOf(address)], port, judging)),
    judgeRequest: (name, port, request) => {
      const about = (each: ReadyRule) => isAbout(each, targetOf(name), port)
      const [allows, denies] = [judging.allows.filter(about), judging.denies.filter(about)]
      return offered(judgeRequest(targetOf(name), { request, allows, denies }))
    },
    isEnded: (name, port) => ending.some(each => fitsTarget(each, targetOf(name), port)),
    matchesOf: (host, port) =>
      ready
        .filter(each => isAbout(each, targetOf(host), port))
        .map(({ rule }) => rule)
        .sort(byCloseness),
  }
}

function judgeTarget(target: Target, port: number, judging: Judging): HostVerdict {
  const text = targetText(target)
  if ("name" in target && !isCanonicalName(target.name)) return refused("this is no host name", undefined)
  const denial = closest(judging.denies.filter(each => isPlain(each) && isAbout(each, target, port)))
  if (denial !== undefined) return byRule(denial)
  const allows = judging.allows.filter(each => isAbout(each, target, port))
  const guard = shutGuard(target, allows, judging)
  if (guard !== undefined) return refused(guard, text)
  const allowance = closest(allows)
  if (allowance !== undefined) return byRule(allowance)
  if (judging.closed) return refused("the organisation's policy allows other hosts only", text)
  const verdict = judging.ask === "unlisted" ? "ask" : "deny"
  return { ...refused("no rule allows it", text), verdict }
}

function judgeResolved(
  [name, target]: readonly [Target, Target],
  port: number,
  judging: Judging,
): HostVerdict {
  if ("name" in target) return refused("its name leads to no address", undefined)
  const about = (each: ReadyRule) => isAbout(each, target, port) || isAbout(each, name, port)
  const denial = closest(judging.denies.filter(each => isPlain(each) && about(each)))
  if (denial !== undefined) return byRule(denial)
  const guard = shutGuard(
    target,
    judging.allows.filter(each => isAbout(each, target, port)),
    judging,
  )
  if (guard !== undefined) return refused(`${targetText(name)} leads to ${guard}`, targetText(target))
  const rule = closest(judging.allows.filter(about))
  return rule === undefined
    ? { verdict: "allow", rule, why: "a public address", opening: undefined }
    : byRule(rule)
}

/** What keeps the target shut in spite of `allows`: that it is no public host, and none of them names it. */
function shutGuard(target: Target, allows: readonly ReadyRule[], { own }: Judging): string | undefined {
  if ("name" in target) {
    const guard = guardOfName(target.name)
    const opens = ({ pattern: { kind } }: ReadyRule) =>
      kind === "name" || (kind === "below" && guard?.openedBy !== "name")
    return allows.some(opens) ? undefined : guard?.what
  }
  const guard = guardOf(target.address, own)
  return allows.some(
    ({ range }) => range !== undefined && guard !== undefined && isInRange(range, guard.range),
  )
    ? undefined
    : guard?.what
}
