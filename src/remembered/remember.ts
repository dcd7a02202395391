/** Keeps a launch that went well, so that the next one like it need not be planned (recall.ts). */
import type { Journal } from "../base/journal.ts"
import { orgPolicyPath } from "../governance/org-policy-path.ts"
import type { Bubblewrap } from "../host/bubblewrap.ts"
import { boundPaths } from "../launch.ts"
import type { FilteredNetwork, LaunchPlan } from "../plan/launch-plan.ts"
import type { Prepared } from "../run.ts"
import { type KeptQuestion, keptQuestions } from "./askers.ts"
import { keptEnvironment } from "./environment.ts"
import type { KeptLaunch, KeptStart, Memory } from "./memory.ts"
import { memoryText, storedMemory } from "./memory-file.ts"
import { writeMemory } from "./memory-writing.ts"
import { format, type Place } from "./place.ts"

/** What of the launch the plan does not say. */
export type Carried = Pick<KeptLaunch, "warnings" | "quiet" | "stateHome" | "policyFile" | "program"> &
  Pick<KeptStart, "invocation"> & { bubblewrap: Bubblewrap | undefined }

/** Called while bubblewrap builds the sandbox, when nobody waits for us. In doubt a launch is not kept. */
export function rememberLaunch(journal: Journal | undefined, prepared: Prepared, carried: Carried): void {
  if (journal === undefined) return
  const { place, entries } = journal
  const { plan, inForce, rules, policy } = prepared
  const { bubblewrap, invocation, program, warnings, quiet, stateHome, policyFile } = carried
  if (bubblewrap === undefined || !isRepeatable(plan) || inForce.files.includes(orgPolicyPath)) return
  if (!isOfAll(place, prepared)) return
  const questions = keptQuestions(entries)
  const environment = keptEnvironment(plan.environment, { inherited: process.env, ...policy })
  if (questions === undefined || environment === undefined) return
  const { mounts, session, command, environment: values, ...kept } = plan
  const memory: Memory = {
    start: {
      ...{ format, key: place.key, questions, invocation },
      scoped: plan.landlock?.scopeAbstractSockets === true,
      doubted: questions.some(isDoubt) ? bubblewrap : null,
    },
    launch: {
      ...{ program, environment, warnings, quiet, stateHome, policyFile, plan: kept },
      mountPoints: mounts.map(({ path }) => path),
      bound: boundPaths(mounts),
      commandAt: place.words.all - command.length,
    },
    rules: JSON.stringify(rules),
  }
  const text = memoryText(memory)
  if (!text.includes(session) && isRead(text, memory) && Bun.deepEquals(JSON.parse(memory.rules), rules))
    writeMemory(place, text)
}

function isDoubt([kind, , mark]: KeptQuestion): boolean {
  return kind === "namespaces in doubt" && mark === "true"
}

/** What JSON cannot hold would come back as something else. */
function isRead(text: string, { start, launch, rules }: Memory): boolean {
  const read = storedMemory(Buffer.from(text))
  return (
    Bun.deepEquals(read?.start, start) && Bun.deepEquals(read?.launch(), launch) && read?.rules() === rules
  )
}

/**
 * Where the key is made of some words only, the plan must be that of whatever words follow: those that follow the name of
 * the program, which starts no agent with these.
 */
function isOfAll({ words: { all, deciding } }: Place, { plan: { command }, agents }: Prepared): boolean {
  return deciding === all || (agents.length === 0 && deciding === all - command.length + 1)
}

/** A group is another one each time; what has been made is not missing the next time; secrets are read anew. */
function isRepeatable({ bare, create, limits, live, network }: LaunchPlan): boolean {
  return (
    bare === undefined &&
    create.length === 0 &&
    limits.group === undefined &&
    live !== undefined &&
    (network.mode !== "filtered" || isPlain(network))
  )
}

/** Without what makes a session's own authority, and without a proxy, whose address may hold a password. */
function isPlain({ credentials, proxy, rules }: FilteredNetwork): boolean {
  return (
    credentials.length === 0 && proxy === undefined && !rules.some(({ value }) => value.request !== undefined)
  )
}
