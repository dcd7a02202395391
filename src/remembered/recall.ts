/**
 * A launch that is like an earlier one. A plan is made from the caller's words, environment and present directory, which
 * the memory's name is a hash of, and from what the machine answers, which is asked again here: where all of it is the
 * same, planning would give the same plan. What is trusted of the memory is what only we can have written; where an org
 * policy holds, that is not enough.
 */
import { parentOf } from "../base/path.ts"
import { orgPolicyPath } from "../governance/org-policy-path.ts"
import { errno } from "../kernel/file-flags.ts"
import { typeAt } from "../kernel/path-calls.ts"
import { askPolicyFile } from "../policy/policy-file.ts"
import { allAnswersHold, splitQuestions } from "./askers.ts"
import { recalledEnvironment } from "./environment.ts"
import type { KeptStart, RecalledLaunch } from "./memory.ts"
import type { StoredMemory } from "./memory-file.ts"

/** What starts another launch like the one that is remembered. */
export type Recallable = {
  start: KeptStart
  /** asks the rest: it goes on as it began if this gives true */
  holds: () => boolean
}

/** @returns undefined when the launch has to be planned */
export function recallLaunch({ start, launch }: StoredMemory): Recallable | undefined {
  const { sooner, later } = splitQuestions(start.questions, start.scoped)
  if (hasOrgPolicy() || !allAnswersHold(sooner)) return undefined
  return { start, holds: () => allAnswersHold(later) && launch() !== undefined }
}

/** The memory is the user's, who could leave the question out of it. */
function hasOrgPolicy(): boolean {
  // One that we may not see holds all the more, and so does one that a link means which leads nowhere.
  return typeAt(parentOf(orgPolicyPath)) !== -errno.noEntry && askPolicyFile(orgPolicyPath).kind !== "missing"
}

/**
 * The whole of it, when it holds.
 * @param words of the command line
 */
export function recalledLaunch(
  { launch }: Pick<StoredMemory, "launch">,
  words: readonly string[],
): RecalledLaunch {
  const kept = launch()
  if (kept === undefined) throw new Error("bug: the memory holds no launch")
  const { commandAt, environment, plan, ...rest } = kept
  const session = crypto.randomUUID()
  return {
    ...rest,
    plan: {
      ...plan,
      session,
      command: words.slice(commandAt),
      environment: recalledEnvironment(environment, process.env, session),
    },
  }
}
