/** What the policy asks for and does not get with this network mode: refused, because a rule that does not hold is a lie. */
import { UserError } from "../base/error.ts"
import { closableLists } from "../policy/closed-lists.ts"
import type { NetworkMode } from "../policy/layer.ts"
import { isWritten } from "../policy/merge-network.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource, rankOf, type Sourced } from "../policy/source.ts"

/** @throws UserError for the first rule that would not hold */
export function refuseUnsupported(policy: Policy): void {
  const { networkMode } = policy.settings
  if (networkMode.value === "open") refuseInOpen(policy)
  if (networkMode.value === "off") refuseInOff(policy, networkMode)
  const command = policy.commands[0]
  if (command !== undefined)
    refuse(command, "commands.deny is not enforced yet in this version", "remove the rule")
}

/** In `open` nothing looks at connections. */
function refuseInOpen({ settings: { ask }, hosts, credentials, closed }: Policy): void {
  if (ask.value !== "never") refuse(ask, "network.ask needs network mode filtered", "use --net filtered")
  const rule = hosts.find(each => isWritten(each) && !(each.verdict === "allow" && each.value.kind === "any"))
  if (rule !== undefined)
    refuse(
      rule,
      `network.${rule.verdict} needs network mode filtered`,
      "use --net filtered, or remove the rule",
    )
  const credential = credentials[0]
  if (credential !== undefined)
    refuse(
      credential,
      `the credential ${credential.value.name} needs network mode filtered`,
      "use --net filtered, or remove the credential",
    )
  // The host's loopback would be shared as a whole: a lock on its ports would lock nothing.
  const ports = closed.find(({ list }) => list !== "sockets")
  if (ports !== undefined)
    refuse(
      ports,
      `network.${closableLists[ports.list]} is locked, which needs network mode filtered`,
      "use --net filtered",
    )
}

/** In `off` there is nothing to connect to: a contradiction, unless a higher layer has taken the network away on purpose. */
function refuseInOff(policy: Policy, mode: Sourced<NetworkMode>): void {
  const contradicts = (said: Sourced<unknown>) =>
    isWritten(said) &&
    rankOf(said.layer) >= rankOf(mode.layer) &&
    (isWritten(mode) || said.layer === "command line")
  const hint = mode.locked
    ? "leave it out: the organisation's policy locks the mode"
    : "use --net filtered, or leave it out"
  const host = policy.hosts.find(rule => rule.verdict === "allow" && contradicts(rule))
  if (host !== undefined) refuse(host, "network.allow contradicts network mode off", hint)
  const port = [...policy.hostPorts, ...policy.expose].find(contradicts)
  if (port !== undefined) refuse(port, `port ${port.value} cannot be passed while the network is off`, hint)
}

function refuse({ source }: Pick<Sourced<unknown>, "source">, what: string, hint: string): never {
  throw new UserError(`${formatSource(source)}: ${what}`, hint)
}
