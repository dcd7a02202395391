/** From a plan to what this machine executes; all but the last steps, which steps.ts makes. */
import { bubblewrapInvocation } from "./backends/bubblewrap.ts"
import type { Bubblewrap } from "./host/bubblewrap.ts"
import type { LastSteps } from "./inside/last-steps.ts"
import type { Invocation } from "./kernel/invocation.ts"
import { isIgnored, signalMask, signalNumbers } from "./kernel/signals.ts"
import type { LaunchPlan, Mount } from "./plan/launch-plan.ts"

/** What the last steps are made from. */
export type Stepped = {
  plan: Omit<LaunchPlan, "mounts">
  /** path of the command's file as the sandbox sees it */
  program: string
}

export type Planned = Stepped & {
  plan: LaunchPlan
  /** undefined where the last steps make the sandbox by themselves */
  bubblewrap: Bubblewrap | undefined
}

export type CommandSignals = Pick<LastSteps, "restoredSignals" | "signalMask">

/** bubblewrap can begin with it: what it executes in the end is made while it builds the sandbox. */
export function invocationWithout({ plan }: Planned, bubblewrap: Bubblewrap): Invocation {
  return bubblewrapInvocation(plan, { program: bubblewrap.path, lastSteps: "late" })
}

/** Whether somebody has to stay while the command runs: to decide on names and connections, to watch a clock, to remove a control group. */
export function needsSupervisor({ live, limits, network }: Stepped["plan"]): boolean {
  const limited = limits.timeMs !== undefined || limits.group !== undefined
  return live !== undefined || limited || network.mode === "filtered"
}

/** Paths at which the sandbox has what the host has there; those of the kernel's, where nobody replaces anything, are left out. */
export function boundPaths(mounts: readonly Mount[]): string[] {
  const last = new Map(mounts.map(({ path, kind }) => [path, kind]))
  return [...last].flatMap(([path, kind]) =>
    kind === "host" && path !== "/" && !/^\/(proc|sys)(\/|$)/.test(path) ? [path] : [],
  )
}

/**
 * The command finds signals as our caller left them. SIGPIPE and SIGXFSZ are ignored by the runtime; SIGINT and SIGQUIT
 * will be by us, because they come from the terminal and are meant for the command.
 */
export function signalsForCommand(): CommandSignals {
  const { SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ } = signalNumbers
  const restoredSignals = [SIGPIPE, SIGXFSZ, ...[SIGINT, SIGQUIT].filter(signal => !isIgnored(signal))]
  return { restoredSignals, signalMask: signalMask() }
}
