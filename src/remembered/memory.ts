/** What is kept of a launch: enough to carry it out again, and nothing that the caller would have to be silent about. */
import type { Bubblewrap } from "../host/bubblewrap.ts"
import type { Invocation } from "../kernel/invocation.ts"
import type { LaunchPlan } from "../plan/launch-plan.ts"
import type { KeptQuestion } from "./askers.ts"
import type { KeptEnvironment } from "./environment.ts"

/** In the order in which the parts are needed, and stand in the file. */
export type Memory = {
  start: KeptStart
  launch: KeptLaunch
  /** PathPolicy as JSON, most of all that is kept: nobody needs it before bubblewrap has all its options */
  rules: string
}

/** What starts bubblewrap. */
export type KeptStart = {
  format: number
  /** the name of the file as well: one that was renamed is another launch's */
  key: string
  questions: readonly KeptQuestion[]
  invocation: Invocation
  /** this process is to be in a Landlock domain together with the sandbox */
  scoped: boolean
  /** bubblewrap where it has to be tried first (host/bubblewrap.ts) */
  doubted: Bubblewrap | null
}

export type KeptLaunch = {
  plan: KeptPlan
  /** where the sandbox has something else than the host's directory holds */
  mountPoints: readonly string[]
  /** where it has what the host has there (launch.ts) */
  bound: readonly string[]
  environment: KeptEnvironment
  /** where in the words the command begins */
  commandAt: number
  /** path of the command's file as the sandbox sees it */
  program: string
  /** what a person is told at each launch */
  warnings: readonly string[]
  quiet: boolean
  /** XDG_STATE_HOME */
  stateHome: string
  /** absolute path of the user policy, there or not */
  policyFile: string
}

/** The session is another one each time; words and values are the caller's, who has them still. */
export type KeptPlan = Omit<LaunchPlan, "session" | "command" | "environment" | "mounts">

/** A launch as it is carried out. */
export type RecalledLaunch = Omit<KeptLaunch, "plan" | "environment" | "commandAt"> & {
  plan: Omit<LaunchPlan, "mounts">
}
