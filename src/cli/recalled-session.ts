/** A launch that is remembered, up to the start of bubblewrap; with all that it loads, kept as short as it can be. */
import type { Bubblewrap } from "../host/bubblewrap.ts"
import type { Invocation } from "../kernel/invocation.ts"
import { landlockAbi, scopeAbstractSockets } from "../kernel/landlock.ts"
import { type CommandSignals, signalsForCommand } from "../launch.ts"
import { readMemory, type StoredMemory } from "../remembered/memory-file.ts"
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
  if (memory === undefined) return undefined
  const recallable = recallLaunch(memory)
  if (recallable === undefined) return undefined
  const { start, holds } = recallable
  if (start.scoped) scopeAbstractSockets()
  const { invocation } = start
  // Before ours are set.
  const recalled = { words, memory, invocation, signals: signalsForCommand() }
  if (start.doubted !== null) return holds() ? runInDoubt(recalled, start.doubted) : undefined
  const begun = beginIf(invocation, holds)
  return begun && superviseIt(recalled, begun)
}

/** What is begun. */
export type Recalled = {
  words: readonly string[]
  memory: Pick<StoredMemory, "launch" | "rules">
  invocation: Invocation
  signals: CommandSignals
}

async function superviseIt(recalled: Recalled, begun: Begun): Promise<number> {
  const { superviseRecalled } = await import("./recalled-supervision.ts")
  return superviseRecalled(recalled, begun)
}

async function runInDoubt(recalled: Recalled, bubblewrap: Bubblewrap): Promise<number> {
  const { requireNamespaces } = await import("../host/bubblewrap.ts")
  requireNamespaces(bubblewrap, process.getuid?.() ?? 0, landlockAbi())
  return superviseIt(recalled, beginSession(recalled.invocation))
}
