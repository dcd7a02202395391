/** A launch that is remembered, up to the start of bubblewrap; with all that it loads, kept as short as it can be. */
import type { Invocation } from "../kernel/invocation.ts"
import { landlockAbi, scopeAbstractSockets } from "../kernel/landlock.ts"
import { type CommandSignals, invocationWithout, signalsForCommand } from "../launch.ts"
import type { RecalledLaunch } from "../remembered/memory.ts"
import { readMemory } from "../remembered/memory-file.ts"
import type { Place } from "../remembered/place.ts"
import { recallLaunch } from "../remembered/recall.ts"
import { type Begun, beginSession } from "../supervise/begin.ts"

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
  const signals = signalsForCommand()
  const begun = beginSession(invocation)
  let isHeld = true
  try {
    isHeld = !holds()
  } finally {
    if (isHeld) begun.abandon()
  }
  return isHeld ? undefined : runRecalled({ launch, invocation, signals }, begun)
}

/** What is begun. */
export type Recalled = { launch: RecalledLaunch; invocation: Invocation; signals: CommandSignals }

async function runRecalled(recalled: Recalled, begun: Begun): Promise<number> {
  const { launch } = recalled
  if (launch.namespacesInDoubt) await tryNamespaces(launch, begun)
  begun.release()
  const { superviseRecalled } = await import("./recalled-supervision.ts")
  return superviseRecalled(recalled, begun)
}

async function tryNamespaces({ bubblewrap }: RecalledLaunch, begun: Begun): Promise<void> {
  const { requireNamespaces } = await import("../host/bubblewrap.ts")
  try {
    requireNamespaces(bubblewrap, process.getuid?.() ?? 0, landlockAbi())
  } catch (cause) {
    begun.abandon()
    throw cause
  }
}
