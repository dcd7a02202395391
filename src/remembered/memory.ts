/** What is kept of a launch: enough to carry it out again, and nothing that the caller would have to be silent about. */
import type { Bubblewrap } from "../host/bubblewrap.ts"
import type { LaunchPlan } from "../plan/launch-plan.ts"
import type { KeptQuestion } from "./askers.ts"
import type { KeptEnvironment } from "./environment.ts"

export type Memory = {
  format: number
  /** the name of the file as well: one that was renamed is another launch's */
  key: string
  questions: readonly KeptQuestion[]
  launch: KeptLaunch
}

export type KeptLaunch = {
  plan: KeptPlan
  environment: KeptEnvironment
  /** where in the words the command begins */
  commandAt: number
  /** path of the command's file as the sandbox sees it */
  program: string
  bubblewrap: Bubblewrap
  /** PathPolicy as JSON, most of all that is kept: nobody needs it before bubblewrap runs */
  rules: string
  /** what a person is told at each launch */
  warnings: readonly string[]
  quiet: boolean
  /** XDG_STATE_HOME */
  stateHome: string
  /** absolute path of the user policy, there or not */
  policyFile: string
}

/** The session is another one each time; words and values are the caller's, who has them still. */
export type KeptPlan = Omit<LaunchPlan, "session" | "command" | "environment">

/** A launch as it is carried out. */
export type RecalledLaunch = Omit<KeptLaunch, "plan" | "environment" | "commandAt"> & {
  plan: LaunchPlan
  /** whether bubblewrap has to be tried first (host/bubblewrap.ts) */
  namespacesInDoubt: boolean
}
