/** What the policy asks for and this version cannot do: refused, because a rule that does not hold is a lie. */
import { UserError } from "../base/error.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource, type Sourced } from "../policy/source.ts"

/** @throws UserError for the first rule that would not hold */
export function refuseUnsupported(policy: Policy): void {
  const { networkMode, ask } = policy.settings
  if (networkMode.value === "filtered")
    refuse(
      networkMode,
      "network mode filtered is not there yet in this version",
      "use --net open, or --net off",
    )
  if (ask.value !== "never") refuse(ask, "network.ask needs network mode filtered", "remove it")
  const said = policy.hosts.find(
    ({ layer, verdict, value }) => isPersons(layer) && !(verdict === "allow" && value.kind === "any"),
  )
  if (said !== undefined)
    refuse(
      said,
      `network.${said.verdict} needs network mode filtered, which is not there yet`,
      "remove the rule, and use --net off or --net open",
    )
  const port = policy.hostPorts[0] ?? policy.expose[0]
  if (port !== undefined && networkMode.value === "off")
    refuse(
      port,
      `port ${port.value} cannot be passed while the network is off`,
      "use --net open, where the host's ports are reachable",
    )
  const command = policy.commands[0]
  if (command !== undefined)
    refuse(command, "commands.deny is not enforced yet in this version", "remove the rule")
}

function isPersons(layer: Sourced<unknown>["layer"]): boolean {
  return !["base", "preset", "toolchain", "agent"].includes(layer)
}

function refuse({ source }: Sourced<unknown>, what: string, hint: string): never {
  throw new UserError(`${formatSource(source)}: ${what}`, hint)
}
