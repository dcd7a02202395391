/** From the start of bubblewrap to the end of the session, of a launch that is remembered: what session.ts does. */
import type { PathPolicy } from "../policy/policy.ts"
import { recalledLaunch } from "../remembered/recall.ts"
import { programOfSteps } from "../steps.ts"
import type { Begun } from "../supervise/begin.ts"
import { startEngine } from "../supervise/engine.ts"
import { supervise } from "../supervise/supervise.ts"
import { openBorder } from "./border.ts"
import { sayAtOnce, warn } from "./output.ts"
import type { Recalled } from "./recalled-session.ts"

export function superviseRecalled(
  { words, memory, invocation, signals }: Recalled,
  begun: Begun,
): Promise<never> {
  const launch = recalledLaunch(memory, words)
  const { plan, mountPoints, bound, quiet, warnings } = launch
  const { landlock, limits, network } = plan
  const engine = startEngine({
    scoped: landlock?.scopeAbstractSockets === true,
    threaded: network.mode === "filtered" || limits.timeMs !== undefined,
  })
  if (!quiet) for (const text of warnings) warn(text)
  return supervise(
    {
      invocation,
      lastSteps: async () => programOfSteps(launch, signals),
      engine,
      rules: () => JSON.parse(memory.rules()) as PathPolicy,
      reads: plan.live?.carriesOutReads === true ? "carry out" : "continue",
      plan,
      mountPoints,
      bound,
      bare: undefined,
      log: undefined,
      tell: sayAtOnce,
      openBorder: async sandbox => openBorder(sandbox, { ...launch, ended: undefined, log: undefined }),
    },
    begun,
  )
}
