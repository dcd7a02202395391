/** What places are found in. */
import type { HostFiles } from "./host-files.ts"
import type { OwnMounts } from "./own-mounts.ts"
import type { OwnProcesses } from "./own-processes.ts"

export type Surroundings = {
  /** the program's `/`, pinned */
  root: number
  hostFiles: HostFiles
  /** undefined where the sandbox sees no others than its own */
  processes: OwnProcesses | undefined
  /** undefined where the sandbox has the host's */
  mounts: OwnMounts | undefined
}
