/** What the live engine is told of a session before the sandbox is there. */
import type { SessionGroup } from "./group.ts"
import type { Preparation } from "./messages.ts"
import type { Supervised } from "./supervised.ts"

type OfProcess = {
  /** our end of the one to the process inside */
  socket: number
  /** our own, which the command starts with */
  umask: number
  group: SessionGroup | undefined
}

export function preparationOf(
  { rules, plan, mountPoints, bound, reads, bare }: Supervised,
  { socket, umask, group }: OfProcess,
): Preparation {
  const { limits, network, stateFiles, unixSockets } = plan
  return {
    kind: "prepare",
    socket,
    rules: rules(),
    mountPoints: mountPoints.filter(path => !stateFiles.includes(path)),
    bound,
    stateFiles,
    reads,
    bare: bare && { offline: network.mode === "off" },
    umask,
    entry: group?.entry,
    memory: limits.memory,
    network: network.mode === "filtered" ? { hostPorts: network.hostPorts } : undefined,
    unixSockets,
    waits: waitsForBorder(plan),
  }
}

/** Ports of the host are listened on before the command starts: one that is taken stops the run. */
export function waitsForBorder({ network }: Supervised["plan"]): boolean {
  return network.mode === "filtered" && network.expose.length > 0
}
