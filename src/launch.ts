/** From a plan to what this machine executes. */
import { constants } from "node:os"
import { bubblewrapInvocation, guardianDescriptor } from "./backends/bubblewrap.ts"
import type { Invocation } from "./backends/invocation.ts"
import { landlockInvocation } from "./backends/landlock.ts"
import type { Bubblewrap } from "./host/bubblewrap.ts"
import { type LastSteps, lastStepsProgram } from "./inside/last-steps.ts"
import { isIgnored, signalMask } from "./kernel/signals.ts"
import { presentArchitecture } from "./kernel/system-calls.ts"
import { notifyingFilter, refusingFilter } from "./live/filters.ts"
import type { LaunchPlan } from "./plan/launch-plan.ts"

export type Planned = {
  plan: LaunchPlan
  /** path of the command's file as the sandbox sees it */
  program: string
  /** undefined where the last steps make the sandbox by themselves */
  bubblewrap: Bubblewrap | undefined
}

export type Launch = {
  last: LastSteps
  invocation: Invocation
}

export type CommandSignals = Pick<LastSteps, "restoredSignals" | "signalMask">

/** How a plan is carried out on this machine. */
export function launchOf({ plan, program, bubblewrap }: Planned, signals: CommandSignals): Launch {
  const { project, bare } = plan
  const architecture = presentArchitecture()
  const last: LastSteps = {
    program,
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
  return { last, invocation }
}

/** Whether somebody has to stay while the command runs: to decide on names and connections, to watch a clock, to remove a control group. */
export function needsSupervisor({ live, limits, network }: LaunchPlan): boolean {
  const limited = limits.timeMs !== undefined || limits.group !== undefined
  return live !== undefined || limited || network.mode === "filtered"
}

/**
 * The command finds signals as our caller left them. SIGPIPE and SIGXFSZ are ignored by the runtime; SIGINT and SIGQUIT
 * will be by us, because they come from the terminal and are meant for the command.
 */
export function signalsForCommand(): CommandSignals {
  const { SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ } = constants.signals
  const restoredSignals = [SIGPIPE, SIGXFSZ, ...[SIGINT, SIGQUIT].filter(signal => !isIgnored(signal))]
  return { restoredSignals, signalMask: signalMask() }
}
