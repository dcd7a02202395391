/** From the start of bubblewrap to the end of the session, of a launch that is remembered: what session.ts does. */
import type { Invocation } from "../kernel/invocation.ts"
import { signalsForCommand } from "../launch.ts"
import type { PathPolicy } from "../policy/policy.ts"
import type { RecalledLaunch } from "../remembered/memory.ts"
import { programOfSteps } from "../steps.ts"
import type { Begun } from "../supervise/begin.ts"
import { startEngine } from "../supervise/engine.ts"
import { supervise } from "../supervise/supervise.ts"
import { openBorder } from "./border.ts"
import { sayAtOnce, warn } from "./output.ts"

export function superviseRecalled(
  recalled: RecalledLaunch,
  invocation: Invocation,
  begun: Begun,
): Promise<never> {
  const { plan, rules, quiet, warnings } = recalled
  // Before ours are set.
  const signals = signalsForCommand()
  const { landlock, network } = plan
  const engine = startEngine({
    scoped: landlock?.scopeAbstractSockets === true,
    threaded: network.mode === "filtered",
  })
  if (!quiet) for (const text of warnings) warn(text)
  return supervise(
    {
      invocation,
      lastSteps: async () => programOfSteps(recalled, signals),
      engine,
      rules: JSON.parse(rules) as PathPolicy,
      reads: plan.live?.carriesOutReads === true ? "carry out" : "continue",
      plan,
      bare: undefined,
      log: undefined,
      tell: sayAtOnce,
      openBorder: async sandbox => openBorder(sandbox, { ...recalled, ended: undefined, log: undefined }),
    },
    begun,
  )
}
