/** A launch that is remembered, up to the start of bubblewrap; with all that it loads, kept as short as it can be. */
import { landlockAbi, scopeAbstractSockets } from "../kernel/landlock.ts"
import { invocationWithout } from "../launch.ts"
import type { RecalledLaunch } from "../remembered/memory.ts"
import { readMemory } from "../remembered/memory-file.ts"
import type { Place } from "../remembered/place.ts"
import { recallLaunch } from "../remembered/recall.ts"
import { beginSession } from "../supervise/begin.ts"

/**
 * Starts the command and stays with it; when all goes well it does not return.
 * @param words of the command line
 * @returns undefined when the launch has to be planned
 */
export function runRemembered(words: readonly string[], place: Place): Promise<number> | undefined {
  const memory = readMemory(place)
  const recalled = memory && recallLaunch(memory, words)
  return recalled && runRecalled(recalled)
}

async function runRecalled(recalled: RecalledLaunch): Promise<number> {
  if (recalled.namespacesInDoubt) await tryNamespaces(recalled)
  if (recalled.plan.landlock?.scopeAbstractSockets === true) scopeAbstractSockets()
  const invocation = invocationWithout(recalled, recalled.bubblewrap)
  const begun = beginSession(invocation)
  const { superviseRecalled } = await import("./recalled-supervision.ts")
  return superviseRecalled(recalled, invocation, begun)
}

async function tryNamespaces({ bubblewrap }: RecalledLaunch): Promise<void> {
  const { requireNamespaces } = await import("../host/bubblewrap.ts")
  requireNamespaces(bubblewrap, process.getuid?.() ?? 0, landlockAbi())
}
