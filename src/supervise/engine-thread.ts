/** The thread of the live engine (worker.ts). It takes as long to come up as a plan takes to be made. */
import { scopeAbstractSockets } from "../kernel/landlock.ts"

/** As the build names it: a compiled program has its threads among its entries. */
const workerFile = "./supervise/worker.ts"

export type EngineThread = {
  worker: Worker
  /** this thread, the other one and whatever is started from now on are kept from abstract unix sockets of others */
  scoped: boolean
}

/**
 * Started ahead of the plan, so that neither waits for the other. It waits for its first message, and does not keep this
 * process from ending.
 * @param scoped whether the plan will keep the sandbox from the host's abstract sockets by Landlock: who connects on its
 * behalf has to be in the same domain, and threads that are there already cannot enter it (landlock(7))
 */
export function startEngineThread(scoped: boolean): EngineThread {
  if (scoped) scopeAbstractSockets()
  const worker = new Worker(workerFile)
  worker.unref()
  return { worker, scoped }
}
