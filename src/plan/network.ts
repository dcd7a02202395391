/** What the policy says about the network → what the border has to know. */
import { hostText } from "../policy/host-pattern.ts"
import type { HostRule } from "../policy/layer.ts"
import { isWritten } from "../policy/merge-network.ts"
import type { Policy } from "../policy/policy.ts"
import { secondsOf } from "../policy/restrictiveness.ts"
import { formatSource, type Sourced } from "../policy/source.ts"
import type { NetworkPlan } from "./launch-plan.ts"
import { upstreamProxy } from "./upstream-proxy.ts"

export type NetworkFacts = {
  /** the environment that Cordon was started with */
  environment: Readonly<Record<string, string | undefined>>
}

/** @throws UserError for a proxy of the host that cannot be used */
export function planNetwork(policy: Policy, { environment }: NetworkFacts): NetworkPlan {
  const { networkMode, ask, askTimeout } = policy.settings
  if (networkMode.value !== "filtered") return { mode: networkMode.value }
  return {
    mode: "filtered",
    rules: policy.hosts,
    ask: ask.value,
    askTimeoutMs: secondsOf(askTimeout.value) * 1000,
    hostPorts: distinct(policy.hostPorts),
    expose: distinct(policy.expose),
    proxy: upstreamProxy(environment),
    credentials: policy.credentials.map(({ value }) => value),
  }
}

function distinct(ports: readonly Sourced<number>[]): number[] {
  return [...new Set(ports.map(({ value }) => value))]
}

/** What people wrote about hosts and what does not mean what it seems to. */
export function networkWarnings(policy: Policy, plan: NetworkPlan): string[] {
  return plan.mode === "filtered" ? hostWarnings(policy) : []
}

function hostWarnings({ hosts }: Policy): string[] {
  const closed = hosts.some(({ verdict, locked }) => verdict === "allow" && locked)
  return hosts.filter(isWritten).flatMap(rule => {
    const said = `${formatSource(rule.source)}: network.${rule.verdict} ${hostText(rule.value)}`
    if (closed && rule.verdict === "allow" && !rule.locked)
      return [`${said} has no effect: the organisation's policy allows its own list of hosts only`]
    const { port } = rule.value
    return isLoopback(rule)
      ? [
          `${said} is about names that lead there; for a port of this machine write host_ports: [${port ?? 3000}]`,
        ]
      : []
  })
}

function isLoopback({ verdict, value: { kind, host } }: HostRule): boolean {
  return verdict === "allow" && kind === "address" && /^(127\.|::1\/128)/.test(host)
}

/** A plan to be shown: without the password of the proxy. */
export function shownNetwork(network: NetworkPlan): NetworkPlan {
  if (network.mode !== "filtered" || network.proxy === undefined) return network
  return { ...network, proxy: { ...network.proxy, url: withoutLogin(network.proxy.url) } }
}

/** `http://…@proxy.corp:3128`: a name without a password is often a token. */
export function withoutLogin(text: string): string {
  const { protocol, username, password, host } = new URL(text)
  return `${protocol}//${username + password === "" ? "" : "…@"}${host}`
}
