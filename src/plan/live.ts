/** Whether names have to be decided on while the command runs: what mounts cannot say. */
import { HostError } from "../base/error.ts"
import type { HostKernel } from "../host/kernel-facts.ts"
import type { LiveMode } from "../policy/layer.ts"
import type { PathPolicy } from "../policy/policy.ts"
import { type Acceptances, acceptsAbsence, orAccept } from "./accepted-absence.ts"
import type { LiveNames, NetworkPlan } from "./launch-plan.ts"

export type LivePlan = { live: LiveNames | undefined; degraded: string[] }

export type LiveContext = {
  kernel: Pick<HostKernel, "notification">
  network: NetworkPlan
  /** what the policy says under `filesystem.live` */
  mode: LiveMode
}

/**
 * A mount needs something to stand on: globs and names that may come into being have nothing. And where connections are
 * decided on one by one, each is asked about.
 * @throws HostError when the kernel cannot ask, unless the policy calls that optional
 */
export function planLive(
  { paths, protections }: PathPolicy,
  { kernel: { notification }, network, mode }: LiveContext,
  acceptances: Acceptances,
): LivePlan {
  const reads = denies(paths)
  const names = protects(protections)
  const connections = network.mode === "filtered"
  if (!reads && !names && !connections) return { live: undefined, degraded: [] }
  if (notification) return { live: { reads, carriesOutReads: reads && mode === "strict" }, degraded: [] }
  if (connections)
    throw new HostError(
      "this kernel cannot ask about connections as they are made (seccomp user notification)",
      "use --net off or --net open, or a kernel >= 5.19, see cordon doctor",
    )
  if (acceptsAbsence(acceptances, "live-names"))
    return {
      live: undefined,
      degraded: ["live-names: denied globs and protected names hold for what exists at launch, and no more"],
    }
  throw new HostError(
    "this kernel cannot ask about file names as they are used (seccomp user notification)",
    `use a kernel >= 5.19, see cordon doctor${orAccept(acceptances, "live-names")}`,
  )
}

/** Whether the engine runs for these rules, however many more there are: it decides on sockets of the host too then. */
export function isLive(
  { paths, protections }: Pick<PathPolicy, "paths" | "protections">,
  { notification }: Pick<HostKernel, "notification">,
): boolean {
  return notification && (denies(paths) || protects(protections))
}

function denies(paths: PathPolicy["paths"]): boolean {
  return paths.some(({ access }) => access === "deny")
}

function protects(protections: PathPolicy["protections"]): boolean {
  return protections.some(({ effect }) => effect === "protect")
}
