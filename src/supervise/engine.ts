/** Where the live engine runs, and how the supervisor and it hear of each other. */
import { eventLoopDescriptor } from "../kernel/event-loop.ts"
import { scopeAbstractSockets } from "../kernel/landlock.ts"
import { engineHere } from "./engine-here.ts"
import { engineThread } from "./engine-thread.ts"
import type { FromEngine, ToEngine } from "./messages.ts"

export type EngineHost = {
  tell: (message: ToEngine) => void
  /** Once, before anything is told. @param failed nobody answers the calls inside any more */
  hear: (message: (from: FromEngine) => void, failed: (why: string) => void) => void
  /** from now on it keeps this process from ending */
  hold: () => void
  /** it does not any more */
  release: () => void
}

export type Engine = {
  host: EngineHost
  /** this thread, others of ours and whatever is started from now on are kept from abstract unix sockets of others */
  scoped: boolean
  /** it has a thread of its own, and the main thread is free for connections */
  threaded: boolean
}

type Wanted = {
  /** whether the plan will keep the sandbox from the host's abstract sockets by Landlock: who connects on its behalf has
   * to be in the same domain, and threads that are there already cannot enter it (landlock(7)) */
  scoped: boolean
  /**
   * Whether the main thread will be busy with something else, or has a time limit to keep: a program can hold up whoever
   * carries out its calls (a lease on the file, fcntl(2); O_NONBLOCK taken off a socket under its connect)
   */
  threaded: boolean
}

/**
 * To be started as soon as it is known how: a thread takes as long to come up as a plan takes to be made. One that has
 * nothing else to do is no better than none: it would make each launch a seventh longer and take 14 MB.
 */
export function startEngine({ scoped, threaded }: Wanted): Engine {
  if (scoped) scopeAbstractSockets()
  const loop = threaded ? undefined : eventLoopDescriptor()
  return {
    host: loop === undefined ? engineThread() : engineHere(loop),
    scoped,
    threaded: loop === undefined,
  }
}
