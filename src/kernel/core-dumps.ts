/** What the kernel writes down of a process that crashes (core(5)). */
import { nodeFs } from "./node-fs.ts"

/**
 * No core dump holds memory of this process from here on: one could lie where a sandbox reads it, as in the directory
 * that Cordon was started in. Programs that were started before keep theirs.
 */
export function keepMemoryOutOfCoreDumps(): void {
  try {
    nodeFs().writeFileSync("/proc/self/coredump_filter", "0")
  } catch (cause) {
    // A kernel that makes no core dumps (CONFIG_ELF_CORE).
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
  }
}
