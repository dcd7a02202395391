/**
 * Calls on other processes, where the host's are in reach: priorities, processors, limits. Nothing of them lies in memory,
 * so that the kernel may do what was judged.
 */
import { errno } from "../kernel/file-flags.ts"
import type { Handler, Handlers } from "./engine.ts"
import type { Outcome, Session } from "./session.ts"

const ofFirst: Handler = session => judged(session, session.listener.int(0))

export const processHandlers: Handlers = {
  prlimit64: ofFirst,
  sched_setaffinity: ofFirst,
  sched_setscheduler: ofFirst,
  sched_setparam: ofFirst,
  sched_setattr: ofFirst,
  setpriority: session => ofOne(session, 0), // PRIO_PROCESS
  ioprio_set: session => ofOne(session, 1), // IOPRIO_WHO_PROCESS
}

/** Groups and users are more than the sandbox. */
function ofOne(session: Session, process: number): Outcome {
  const { listener } = session
  return listener.int(0) === process ? judged(session, listener.int(1)) : -errno.notPermitted
}

/** @param id of a process or a thread; 0 = the caller */
function judged({ processes }: Session, id: number): Outcome {
  const noSuchProcess = 3
  return id === 0 || processes?.isOwn(id) ? "continue" : -noSuchProcess
}
