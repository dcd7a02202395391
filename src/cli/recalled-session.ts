/** From a launch that is remembered to the end of the session: what session.ts does, without the planning. */
import { landlockAbi } from "../kernel/landlock.ts"
import { invocationWithout, signalsForCommand } from "../launch.ts"
import type { LaunchPlan } from "../plan/launch-plan.ts"
import type { RecalledLaunch } from "../remembered/memory.ts"
import { readMemory } from "../remembered/memory-file.ts"
import type { Place } from "../remembered/place.ts"
import { recallLaunch } from "../remembered/recall.ts"
import { type Engine, startEngine } from "../supervise/engine.ts"
import { supervise } from "../supervise/supervise.ts"
import { openBorder } from "./border.ts"
import { sayAtOnce, warn } from "./output.ts"

/**
 * Starts the command and stays with it; when all goes well it does not return.
 * @param words of the command line
 * @returns undefined when the launch has to be planned
 */
export function runRemembered(words: readonly string[], place: Place): Promise<number> | undefined {
  const memory = readMemory(place)
  if (memory === undefined) return undefined
  // A thread takes as long to come up as asking takes; one that waits in vain waits for ever and for nothing.
  const ahead = memory.launch.plan.network.mode === "filtered" ? engineFor(memory.launch.plan) : undefined
  const recalled = recallLaunch(memory, words)
  return recalled && runRecalled(recalled, ahead ?? engineFor(recalled.plan))
}

function engineFor({ landlock, network }: Pick<LaunchPlan, "landlock" | "network">): Engine {
  return startEngine({
    scoped: landlock?.scopeAbstractSockets === true,
    threaded: network.mode === "filtered",
  })
}

async function runRecalled(recalled: RecalledLaunch, engine: Engine): Promise<number> {
  const { plan, rules, quiet, warnings } = recalled
  if (!quiet) for (const text of warnings) warn(text)
  const signals = signalsForCommand()
  if (recalled.namespacesInDoubt) await tryNamespaces(recalled)
  return supervise({
    invocation: invocationWithout(recalled, recalled.bubblewrap),
    lastSteps: async () => (await import("../steps.ts")).programOfSteps(recalled, signals),
    engine,
    rules,
    reads: plan.live?.carriesOutReads === true ? "carry out" : "continue",
    plan,
    bare: undefined,
    log: undefined,
    tell: sayAtOnce,
    openBorder: async sandbox => openBorder(sandbox, { ...recalled, ended: undefined, log: undefined }),
  })
}

async function tryNamespaces({ bubblewrap }: RecalledLaunch): Promise<void> {
  const { requireNamespaces } = await import("../host/bubblewrap.ts")
  requireNamespaces(bubblewrap, process.getuid?.() ?? 0, landlockAbi())
}
