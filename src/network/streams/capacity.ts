/** How many connections there may be at one time: a program inside must not take the last descriptor from us. */
import { readFileSync } from "node:fs"

/** Attempts at further addresses, of all connections together: a name can have many, of which none answers. */
export const furtherAttemptsMax = 256
/**
 * for what else this process has open: those attempts, the calls that wait (live/engine.ts), of which each may hold two,
 * and some hundred more
 */
const kept = furtherAttemptsMax + 1280
/** of a connection whose TLS is ended: the client's, a pair, the server's */
const each = 4
const connectionsMax = 4096
const connectionsMin = 32

/** @param limits text of /proc/self/limits (proc_pid_limits(5)); the runtime has made the soft limit the hard one */
export function connectionCapacity(limits: string = readFileSync("/proc/self/limits", "latin1")): number {
  const descriptors = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  const share = Math.floor((descriptors - kept) / each)
  return Math.min(Math.max(share, connectionsMin), connectionsMax)
}
