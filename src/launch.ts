/** From a plan to what this machine executes. */
import { bubblewrapInvocation, guardianDescriptor } from "./backends/bubblewrap.ts"
import type { Invocation } from "./backends/invocation.ts"
import { type Bubblewrap, findBubblewrap } from "./host/bubblewrap.ts"
import { type LastSteps, lastStepsProgram } from "./inside/last-steps.ts"
import { presentArchitecture } from "./kernel/system-calls.ts"
import { notifyingFilter, refusingFilter } from "./live/filters.ts"
import type { LaunchPlan } from "./plan/launch-plan.ts"
import type { Prepared } from "./run.ts"

export type Launch = {
  bubblewrap: Bubblewrap
  last: LastSteps
  invocation: Invocation
}

export type CommandSignals = Pick<LastSteps, "restoredSignals" | "signalMask">

/** How a plan is carried out on this machine. */
export function launchOf({ plan, program }: Prepared, signals: CommandSignals): Launch {
  const bubblewrap = findBubblewrap()
  const architecture = presentArchitecture()
  const last: LastSteps = {
    program: program.kind === "found" ? program.program.path : (plan.command[0] ?? ""),
    words: plan.command,
    environment: plan.environment,
    landlock: plan.landlock,
    resources: plan.limits.resources,
    filter: refusingFilter(plan, architecture),
    guardian: needsSupervisor(plan)
      ? { kind: "supervisor", filter: notifyingFilter(plan, architecture) }
      : { kind: "bubblewrap" },
    guardianDescriptor,
    ...signals,
  }
  const lastSteps = lastStepsProgram(last, architecture)
  return { bubblewrap, last, invocation: bubblewrapInvocation(plan, { program: bubblewrap.path, lastSteps }) }
}

/** Whether somebody has to stay while the command runs: to decide on names, to watch a clock, to remove a control group. */
export function needsSupervisor({ live, limits }: LaunchPlan): boolean {
  return live !== undefined || limits.timeMs !== undefined || limits.group !== undefined
}
