/**
 * A launch that is like an earlier one. A plan is made from the caller's words, environment and present directory, which
 * the memory's name is a hash of, and from what the machine answers, which is asked again here: where all of it is the
 * same, planning would give the same plan. What is trusted of the memory is what only we can have written; where an org
 * policy holds, that is not enough.
 */
import { orgPolicyPath } from "../governance/org-policy-path.ts"
import preload from "../inside/no-sandbox.cjs" with { type: "text" }
import { errno } from "../kernel/file-flags.ts"
import { statusAt } from "../kernel/path-calls.ts"
import type { LaunchPlan } from "../plan/launch-plan.ts"
import { preloadPath } from "../plan/no-sandbox.ts"
import { allAnswersHold, splitQuestions } from "./askers.ts"
import { recalledEnvironment } from "./environment.ts"
import type { Memory, RecalledLaunch } from "./memory.ts"

/** Another launch like the one that is remembered, if the other answers hold too. */
export type Recallable = {
  launch: RecalledLaunch
  /** asks them */
  holds: () => boolean
}

/**
 * @param words of the command line
 * @returns undefined when the launch has to be planned
 */
export function recallLaunch(memory: Memory, words: readonly string[]): Recallable | undefined {
  const { first, others } = splitQuestions(memory.questions)
  if (hasOrgPolicy() || !allAnswersHold(first)) return undefined
  return { launch: recalled(memory, words), holds: () => allAnswersHold(others) }
}

/** The memory is the user's, who could leave the question out of it. */
function hasOrgPolicy(): boolean {
  // One that we may not see holds all the more.
  return statusAt(orgPolicyPath, { follow: true }) !== -errno.noEntry
}

function recalled({ launch, questions }: Memory, words: readonly string[]): RecalledLaunch {
  const { commandAt, environment, plan, ...rest } = launch
  const session = crypto.randomUUID()
  return {
    ...rest,
    namespacesInDoubt: questions.some(([kind, , mark]) => kind === "namespaces in doubt" && mark === "true"),
    plan: {
      ...plan,
      session,
      command: words.slice(commandAt),
      environment: recalledEnvironment(environment, process.env, session),
      mounts: plan.mounts.map(withPreload),
    },
  }
}

function withPreload(mount: LaunchPlan["mounts"][number]): LaunchPlan["mounts"][number] {
  return mount.kind === "file" && mount.path === preloadPath ? { ...mount, content: preload } : mount
}
