/** From a plan to the program of last steps, and to the invocation of whoever plans. */
import { bubblewrapInvocation, guardianDescriptor } from "./backends/bubblewrap.ts"
import { landlockInvocation } from "./backends/landlock.ts"
import { type LastSteps, lastStepsProgram } from "./inside/last-steps.ts"
import type { Invocation } from "./kernel/invocation.ts"
import { presentArchitecture } from "./kernel/system-calls.ts"
import {
  type CommandSignals,
  invocationWithout,
  needsSupervisor,
  type Planned,
  type Stepped,
} from "./launch.ts"
import { notifyingFilter, refusingFilter } from "./live/filters.ts"

/** What the process does that becomes the command. */
export function lastStepsOf({ plan, program }: Stepped, signals: CommandSignals): LastSteps {
  const { project, bare } = plan
  const architecture = presentArchitecture()
  return {
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
}

/** @returns an executable for this machine */
export function programOfSteps(stepped: Stepped, signals: CommandSignals): Uint8Array {
  return lastStepsProgram(lastStepsOf(stepped, signals), presentArchitecture())
}

/** With the last steps, unless a supervisor will be there to make them in the meantime. */
export function invocationOf(planned: Planned, signals: CommandSignals): Invocation {
  const { plan, bubblewrap } = planned
  if (bubblewrap === undefined) return landlockInvocation(programOfSteps(planned, signals))
  return needsSupervisor(plan)
    ? invocationWithout(planned, bubblewrap)
    : bubblewrapInvocation(plan, { program: bubblewrap.path, lastSteps: programOfSteps(planned, signals) })
}
