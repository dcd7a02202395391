/** Whether names have to be decided on while the command runs: what mounts cannot say. */
import { HostError } from "../base/error.ts"
import type { HostKernel } from "../host/kernel-facts.ts"
import type { PathPolicy, Policy } from "../policy/policy.ts"
import type { LiveNames } from "./launch-plan.ts"

export type LivePlan = { live: LiveNames | undefined; degraded: string[] }

/**
 * A mount needs something to stand on: globs and names that may come into being have nothing.
 * @throws HostError when the kernel cannot ask, unless the policy calls that optional
 */
export function planLive(
  { paths, protections }: PathPolicy,
  { notification }: Pick<HostKernel, "notification">,
  optional: Policy["optional"],
): LivePlan {
  const reads = paths.some(({ access }) => access === "deny")
  const names = protections.some(({ effect }) => effect === "protect")
  if (!reads && !names) return { live: undefined, degraded: [] }
  if (notification) return { live: { reads }, degraded: [] }
  if (optional.some(({ value }) => value === "live-names"))
    return {
      live: undefined,
      degraded: ["live-names: denied globs and protected names hold for what exists at launch, and no more"],
    }
  throw new HostError(
    "this kernel cannot ask about file names as they are used (seccomp user notification)",
    "use a kernel >= 5.19, see cordon doctor, or accept it with `optional: [live-names]` in your policy",
  )
}
