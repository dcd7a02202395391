/** What people wrote into a list that the organisation closes, and that does not hold. */
import { type ClosableList, listName } from "../policy/closed-lists.ts"
import { isWritten } from "../policy/merge-network.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource } from "../policy/source.ts"
import type { NetworkPlan } from "./launch-plan.ts"

const whatIsListed: Readonly<Record<ClosableList, string>> = {
  hostPorts: "ports",
  expose: "ports",
  sockets: "sockets",
  optional: "protections",
}

/** One warning for each item; none about ports where the network leads nowhere, or is the host's own. */
export function closedListWarnings({ closed }: Pick<Policy, "closed">, mode: NetworkPlan["mode"]): string[] {
  return closed
    .filter(({ list }) => mode === "filtered" || whatIsListed[list] !== "ports")
    .flatMap(({ list, leftOut }) =>
      leftOut
        .filter(isWritten)
        .map(
          ({ value, source }) =>
            `${formatSource(source)}: ${listName(list)} ${value} has no effect: the organisation's policy allows its own list of ${whatIsListed[list]} only`,
        ),
    )
}
