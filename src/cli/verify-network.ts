/** What `cordon verify` tries of the network: the policy's own hosts, and what no policy opens by a star. */
import { interfaceAddresses } from "../host/interfaces.ts"
import type { Attempt } from "../inside/probe.ts"
import { isLocalhost, isNobodys } from "../network/names/name-answers.ts"
import type { FilteredNetwork, NetworkPlan } from "../plan/launch-plan.ts"
import { hostText } from "../policy/host-pattern.ts"
import { type HostJudge, hostJudge } from "../policy/host-verdict.ts"
import type { HostRule } from "../policy/layer.ts"
import { isWritten } from "../policy/merge-network.ts"
import type { Check, Surroundings } from "./verify-checks.ts"

/** Places that a `*` does not open, each for a kind of them. */
const guarded = {
  addresses: ["169.254.169.254", "10.0.0.1", "192.168.0.1", "100.64.0.1", "fd00::1"],
  names: ["metadata.google.internal", "router.lan"],
} as const
/** A name that nobody has (RFC 6761): what the policy says of any other. */
const anyName = "verify.example"
const webPort = 80

/** @param abstract whether the host's abstract sockets are kept out of reach */
export function networkChecks(
  network: NetworkPlan,
  { port, abstractName }: Surroundings,
  abstract: boolean,
): Check[] {
  return [
    {
      guarantee: loopbackGuarantees[network.mode],
      attempt: { kind: "connect", port },
      expected: network.mode === "open" ? "done" : "refused",
    },
    ...(network.mode === "filtered" ? filteredChecks(network) : []),
    ...(abstract
      ? [
          {
            guarantee: "the host's abstract sockets are out of reach",
            attempt: { kind: "connect-abstract", name: abstractName },
            expected: "refused",
          } as const,
        ]
      : []),
  ]
}

const loopbackGuarantees = {
  off: "there is no network (network.mode off)",
  open: "the network is the host's (network.mode open)",
  filtered: "services on the host's loopback are out of reach",
} as const

/** With `ask` nobody answers a probe: what would be asked about is refused. */
function filteredChecks({ rules, credentials }: FilteredNetwork): Check[] {
  const own = interfaceAddresses()
  const judge = hostJudge(rules, { ask: "never", own, credentials })
  return [
    ...rules.filter(isTriable).map(rule => ruleCheck(rule, judge)),
    ...guarded.names.map(name => nameCheck(name, judge)),
    nameCheck(anyName, judge),
    ...[...guarded.addresses, ...own.slice(0, 2)].map(address => addressCheck(address, judge)),
    {
      guarantee: "datagrams leave for nowhere",
      attempt: { kind: "datagram", address: "192.0.2.1", port: 443 },
      expected: "refused",
    },
  ]
}

/**
 * One place stands for a rule. Of what is allowed only what somebody wrote: nobody wants each registry to be asked. Requests
 * are judged only once a host has answered. Names that lead to no border, whatever the rules say, show nothing.
 */
function isTriable(rule: HostRule): boolean {
  const { kind, request, host } = rule.value
  const wanted = rule.verdict === "deny" || isWritten(rule)
  const isName = (kind === "name" || kind === "below") && !isNobodys(host) && !isLocalhost(host)
  return wanted && request === undefined && isName
}

function ruleCheck({ value, verdict, source }: HostRule, judge: HostJudge): Check {
  const host = value.kind === "below" ? `verify.${value.host}` : value.host
  const port = value.port ?? webPort
  const allowed = judge.judgeName(host, port).verdict === "allow"
  return {
    guarantee: `${host}:${port} is ${allowed ? "let through" : "refused"}: ${verdict} ${hostText(value)} (${source.file})`,
    attempt: { kind: "reach", host, port },
    expected: allowed ? "done" : "refused",
  }
}

function nameCheck(host: string, judge: HostJudge): Check {
  const { verdict, why } = judge.judgeName(host, webPort)
  return check(host, verdict === "allow", why)
}

function addressCheck(address: string, judge: HostJudge): Check {
  const { verdict, why } = judge.judgeAddress(address, webPort)
  return check(address, verdict === "allow", why)
}

function check(host: string, allowed: boolean, why: string): Check {
  const attempt: Attempt = { kind: "reach", host, port: webPort }
  return {
    guarantee: `${host} is ${allowed ? "let through" : "refused"}: ${why}`,
    attempt,
    expected: allowed ? "done" : "refused",
  }
}
