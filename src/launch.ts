/** From a plan to what this machine executes. */
import { bubblewrapInvocation, guardianDescriptor } from "./backends/bubblewrap.ts"
import type { Invocation } from "./backends/invocation.ts"
import { landlockInvocation } from "./backends/landlock.ts"
import { type Bubblewrap, findBubblewrap } from "./host/bubblewrap.ts"
import { type LastSteps, lastStepsProgram } from "./inside/last-steps.ts"
import { presentArchitecture } from "./kernel/system-calls.ts"
import { notifyingFilter, refusingFilter } from "./live/filters.ts"
import type { LaunchPlan } from "./plan/launch-plan.ts"
import type { Prepared } from "./run.ts"

export type Launch = {
  /** undefined where the last steps make the sandbox by themselves */
  bubblewrap: Bubblewrap | undefined
  last: LastSteps
  invocation: Invocation
}

export type CommandSignals = Pick<LastSteps, "restoredSignals" | "signalMask">

/** How a plan is carried out on this machine. */
export function launchOf({ plan, program }: Prepared, signals: CommandSignals): Launch {
  const { project, bare } = plan
  const bubblewrap = bare === undefined ? findBubblewrap() : undefined
  const architecture = presentArchitecture()
  const last: LastSteps = {
    program: program.kind === "found" ? program.program.path : (plan.command[0] ?? ""),
    words: plan.command,
    environment: plan.environment,
    landlock: plan.landlock,
    bare: bare && { ...bare, project },
    resources: plan.limits.resources,
    filter: refusingFilter(plan, architecture),
    guardian: needsSupervisor(plan)
      ? {
          kind: "supervisor",
          filter: notifyingFilter(plan, architecture),
          border: plan.network.mode === "filtered",
        }
      : { kind: "bubblewrap" },
    guardianDescriptor,
    ...signals,
  }
  const lastSteps = lastStepsProgram(last, architecture)
  const invocation =
    bubblewrap === undefined
      ? landlockInvocation(lastSteps)
      : bubblewrapInvocation(plan, { program: bubblewrap.path, lastSteps })
  return { bubblewrap, last, invocation }
}

/** Whether somebody has to stay while the command runs: to decide on names and connections, to watch a clock, to remove a control group. */
export function needsSupervisor({ live, limits, network }: LaunchPlan): boolean {
  const limited = limits.timeMs !== undefined || limits.group !== undefined
  return live !== undefined || limited || network.mode === "filtered"
}
