/** Keeps a launch that went well, so that the next one like it need not be planned (recall.ts). */
import type { Journal } from "../base/journal.ts"
import { orgPolicyPath } from "../governance/org-policy-path.ts"
import type { Bubblewrap } from "../host/bubblewrap.ts"
import type { FilteredNetwork, LaunchPlan } from "../plan/launch-plan.ts"
import { preloadPath } from "../plan/no-sandbox.ts"
import type { Prepared } from "../run.ts"
import { keptQuestions } from "./askers.ts"
import { keptEnvironment } from "./environment.ts"
import type { KeptLaunch, KeptPlan, Memory } from "./memory.ts"
import { memoryText, parseMemory } from "./memory-file.ts"
import { writeMemory } from "./memory-writing.ts"
import { format, type Place } from "./place.ts"

/** What of the launch the plan does not say. */
export type Carried = Pick<KeptLaunch, "warnings" | "quiet" | "stateHome" | "policyFile" | "program"> & {
  bubblewrap: Bubblewrap | undefined
}

/** Called while bubblewrap builds the sandbox, when nobody waits for us. In doubt a launch is not kept. */
export function rememberLaunch(journal: Journal | undefined, prepared: Prepared, carried: Carried): void {
  if (journal === undefined) return
  const { place, entries } = journal
  const { plan, inForce, rules, policy } = prepared
  const { bubblewrap, program, warnings, quiet, stateHome, policyFile } = carried
  if (bubblewrap === undefined || !isRepeatable(plan) || inForce.files.includes(orgPolicyPath)) return
  if (!isOfAll(place, prepared)) return
  const questions = keptQuestions(entries)
  const environment = keptEnvironment(plan.environment, { inherited: process.env, ...policy })
  if (questions === undefined || environment === undefined) return
  const { key } = place
  const commandAt = place.words.all - plan.command.length
  const launch = {
    ...{ program, bubblewrap, environment, warnings, quiet, stateHome, policyFile },
    commandAt,
    rules: JSON.stringify(rules),
    plan: keptPlan(plan),
  }
  const memory: Memory = { format, key, questions, launch }
  const text = memoryText(memory)
  // What JSON cannot hold, and what is this launch's only, would come back as something else.
  if (text.includes(plan.session) || !Bun.deepEquals(parseMemory(text), memory)) return
  if (!Bun.deepEquals(JSON.parse(launch.rules), rules)) return
  writeMemory(place, text)
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

/** The preload for browsers is in the program: it need not be kept. */
function keptPlan({ session, command, environment, ...plan }: LaunchPlan): KeptPlan {
  const mounts = plan.mounts.map(mount => (mount.path === preloadPath ? { ...mount, content: "" } : mount))
  return { ...plan, mounts }
}
