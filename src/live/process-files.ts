/** Files of processes (proc(5)) that we could open and the program could not. */
import { isWithin } from "../base/path.ts"
import type { Place } from "./place.ts"

/**
 * The kernel lets us write to the memory of processes that the program itself could not touch: the first one of the
 * sandbox is under no filter, and whoever takes it over has left (ptrace(2), proc(5)). What is no process's is the
 * kernel's.
 */
export function isBeyondReach({ path }: Pick<Place, "path">): boolean {
  if (!isWithin(path, "/proc")) return false
  const [, , process] = path.split("/", 3)
  return !(Number(process) > 1)
}

/**
 * What anybody may know of a process. The rest the kernel gives to whoever could trace it (proc(5), ptrace(2)): we could
 * trace the first process of the sandbox, the program could not.
 */
const known =
  /^(?:task\/\d+\/)?(?:c(?:group|mdline|omm|puset)|fd|limits|loginuid|mount(?:info|s|stats)|net(?:\/.*)?|ns|oom_\w+|sched(?:stat)?|sessionid|setgroups|statm?|status|task(?:\/\d+)?|(?:u|g|proj)id_map|wchan)$/

export function isFirstProcess({ path }: Pick<Place, "path">): boolean {
  const first = "/proc/1/"
  return path.startsWith(first) && !known.test(path.slice(first.length))
}
