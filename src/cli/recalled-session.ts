/** A launch that is remembered, up to the start of bubblewrap; with all that it loads, kept as short as it can be. */
import type { Invocation } from "../kernel/invocation.ts"
import { landlockAbi, scopeAbstractSockets } from "../kernel/landlock.ts"
import { type CommandSignals, invocationWithout, signalsForCommand } from "../launch.ts"
import type { RecalledLaunch } from "../remembered/memory.ts"
import { readMemory } from "../remembered/memory-file.ts"
import type { Place } from "../remembered/place.ts"
import { recallLaunch } from "../remembered/recall.ts"
import { type Begun, beginIf, beginSession } from "../supervise/begin.ts"

/**
 * Starts the command and stays with it; when all goes well it does not return.
 * @param words of the command line
 * @returns undefined when the launch has to be planned
 */
export function runRemembered(words: readonly string[], place: Place): Promise<number> | undefined {
  const memory = readMemory(place)
  const recallable = memory && recallLaunch(memory, words)
  if (recallable === undefined) return undefined
  const { launch, holds } = recallable
  if (launch.plan.landlock?.scopeAbstractSockets === true) scopeAbstractSockets()
  const invocation = invocationWithout(launch, launch.bubblewrap)
  // Before ours are set.
  const recalled = { launch, invocation, signals: signalsForCommand() }
  if (launch.namespacesInDoubt) return holds() ? runInDoubt(recalled) : undefined
  const begun = beginIf(invocation, holds)
  return begun && superviseIt(recalled, begun)
}

/** What is begun. */
export type Recalled = { launch: RecalledLaunch; invocation: Invocation; signals: CommandSignals }

async function superviseIt(recalled: Recalled, begun: Begun): Promise<number> {
  const { superviseRecalled } = await import("./recalled-supervision.ts")
  return superviseRecalled(recalled, begun)
}

async function runInDoubt(recalled: Recalled): Promise<number> {
  const { requireNamespaces } = await import("../host/bubblewrap.ts")
  requireNamespaces(recalled.launch.bubblewrap, process.getuid?.() ?? 0, landlockAbi())
  return superviseIt(recalled, beginSession(recalled.invocation))
}
