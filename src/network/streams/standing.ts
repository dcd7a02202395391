/** Waits for a connection that was begun. */
import { closeSync } from "node:fs"
import { connectionError, isDecided } from "../../kernel/outgoing.ts"

const lookAgainMs = { least: 1, most: 20 }

/**
 * The event loop takes a descriptor that is not connected yet, and then often never tells that it is (Bun 1.4.5, over any
 * network that is slower than loopback): so it is looked at until it is, less and less often.
 * @param descriptor closed when this throws
 * @param abandoned whether nobody waits for it any more
 * @throws SystemError of connect(2)
 */
export async function standing(descriptor: number, abandoned: () => boolean): Promise<number> {
  const begunMs = performance.now()
  while (!isDecided(descriptor) && !abandoned())
    await Bun.sleep(Math.min(lookAgainMs.least + (performance.now() - begunMs) / 8, lookAgainMs.most))
  const error = connectionError(descriptor)
  if (error === undefined && !abandoned()) return descriptor
  closeSync(descriptor)
  throw error ?? new Error("nobody waits for the connection any more")
}
