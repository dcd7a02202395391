/** Processes by their numbers, as proc(5) lists them. */
import { readdirSync, readFileSync } from "node:fs"
import { rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

/** PIDs of the children of all its threads (proc_tid_children(5)); none when it has ended. */
export function childrenOf(process: number): number[] {
  return ended(() =>
    readdirSync(`/proc/${process}/task`).flatMap(thread =>
      ended(() => readFileSync(`/proc/${process}/task/${thread}/children`, "latin1").split(" "))
        .filter(Boolean)
        .map(Number),
    ),
  )
}

/** Nothing of what has ended meanwhile, or where the kernel does not list children (CONFIG_PROC_CHILDREN). */
function ended<T>(read: () => T[]): T[] {
  try {
    return read()
  } catch (cause) {
    if (["ENOENT", "ESRCH"].includes((cause as NodeJS.ErrnoException).code ?? "")) return []
    throw cause
  }
}

/** kill(2) with SIGKILL. Whoever has ended by now does not need it. */
export function sendKill(process: number): void {
  rawCall(callNumbers(presentArchitecture()).kill, process, 9)
}
