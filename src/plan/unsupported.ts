/** What the policy asks for and does not get with this network mode: refused, because a rule that does not hold is a lie. */
import { listName } from "../policy/closed-lists.ts"
import type { NetworkMode } from "../policy/layer.ts"
import { isWritten } from "../policy/merge-network.ts"
import type { Policy } from "../policy/policy.ts"
import { RuleError } from "../policy/rule-error.ts"
import { rankOf, type Source, type Sourced } from "../policy/source.ts"

/** A rule that would not hold, in words. */
export type Unsupported = { source: Source; what: string; hint: string }

/** @throws RuleError for the first rule that would not hold */
export function refuseUnsupported(policy: Policy): void {
  const [first] = unsupported(policy)
  if (first !== undefined) throw new RuleError(first.source, first.what, first.hint)
}

/** Every rule that would not hold. */
export function unsupported(policy: Policy): Unsupported[] {
  const { networkMode } = policy.settings
  return [
    ...(networkMode.value === "open" ? unsupportedInOpen(policy) : []),
    ...(networkMode.value === "off" ? unsupportedInOff(policy, networkMode) : []),
    ...policy.commands.map(({ source }) => ({
      source,
      what: "commands.deny is not enforced yet in this version",
      hint: "remove the rule",
    })),
  ]
}

/** In `open` nothing looks at connections. */
function unsupportedInOpen({ settings: { ask }, hosts, credentials, closed }: Policy): Unsupported[] {
  const found: Unsupported[] = []
  if (ask.value !== "never")
    found.push({
      source: ask.source,
      what: "network.ask needs network mode filtered",
      hint: "use --net filtered",
    })
  for (const rule of hosts)
    if (isWritten(rule) && !(rule.verdict === "allow" && rule.value.kind === "any"))
      found.push({
        source: rule.source,
        what: `network.${rule.verdict} needs network mode filtered`,
        hint: "use --net filtered, or remove the rule",
      })
  for (const { source, value } of credentials)
    found.push({
      source,
      what: `the credential ${value.name} needs network mode filtered`,
      hint: "use --net filtered, or remove the credential",
    })
  // The host's loopback would be shared as a whole: a lock on its ports would lock nothing.
  for (const { source, list } of closed)
    if (list === "hostPorts" || list === "expose")
      found.push({
        source,
        what: `${listName(list)} is locked, which needs network mode filtered`,
        hint: "use --net filtered",
      })
  return found
}

/** In `off` there is nothing to connect to: a contradiction, unless a higher layer has taken the network away on purpose. */
function unsupportedInOff(policy: Policy, mode: Sourced<NetworkMode>): Unsupported[] {
  const contradicts = (said: Sourced<unknown>) =>
    isWritten(said) &&
    rankOf(said.layer) >= rankOf(mode.layer) &&
    (isWritten(mode) || said.layer === "command line")
  const hint = mode.locked
    ? "leave it out: the organisation's policy locks the mode"
    : "use --net filtered, or leave it out"
  const hosts = policy.hosts.filter(rule => rule.verdict === "allow" && contradicts(rule))
  const ports = [...policy.hostPorts, ...policy.expose].filter(contradicts)
  return [
    ...hosts.map(({ source }) => ({ source, what: "network.allow contradicts network mode off", hint })),
    ...ports.map(({ source, value }) => ({
      source,
      what: `port ${value} cannot be passed while the network is off`,
      hint,
    })),
  ]
}
