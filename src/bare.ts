/** What the landlock backend changes of the flow of `run.ts`: there is nothing that mounts or namespaces could carry. */
import { listTree, readBareFacts } from "./host/bare-facts.ts"
import type { HostKernel } from "./host/kernel-facts.ts"
import type { LimitFacts } from "./host/limit-facts.ts"
import type { PathFacts } from "./host/path-facts.ts"
import { barePlan } from "./plan/bare.ts"
import { bareRules, sessionDirectory } from "./plan/bare-rules.ts"
import type { LaunchPlan } from "./plan/launch-plan.ts"
import type { Resolved } from "./plan/links.ts"
import { placesOf } from "./plan/nodes.ts"
import type { Policy } from "./policy/policy.ts"

export type BareRun = {
  /** the policy with rules in place of private directories */
  policy: (policy: Policy) => Policy
  /** the kernel counts processes of a user namespace, or of all that the user has */
  limits: (facts: LimitFacts) => LimitFacts
  plan: (plan: LaunchPlan, known: Known) => LaunchPlan
}

type Known = {
  policy: Policy
  resolved: Resolved
  found: readonly string[]
  facts: PathFacts
  kernel: HostKernel
  preload: string
}

export function bareRun(session: string): BareRun {
  const directory = sessionDirectory(session, process.pid)
  const { terminals, ptraceScope } = readBareFacts()
  return {
    policy: policy => {
      const offline = policy.settings.networkMode.value === "off"
      return { ...policy, paths: bareRules(policy.paths, { directory, terminals, offline }) }
    },
    limits: facts => ({ ...facts, countsProcesses: false }),
    plan: (plan, { policy, resolved, found, facts, kernel, preload }) =>
      barePlan(plan, {
        policy,
        kernel,
        ptraceScope,
        directory,
        preload,
        reading: {
          accessOf: resolved.judge.accessOf,
          places: placesOf({ ...resolved, found, facts }),
          list: listTree,
          kindOf: path => kindOf(path, facts),
        },
      }),
  }
}

function kindOf(path: string, facts: PathFacts): "directory" | "file" | undefined {
  const { kind } = facts(path)
  if (kind === "missing" || kind === "unreachable") return undefined
  return kind === "directory" ? "directory" : "file"
}
