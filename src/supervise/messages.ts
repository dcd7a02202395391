/** What the two threads of the supervisor tell each other. */
import type { PathPolicy } from "../policy/policy.ts"
import type { GroupEntry } from "./group.ts"

export type ToWorker = {
  /** our end of the socket to the process inside */
  socket: number
  rules: PathPolicy
  /** an agent's own files in directories that are read-only inside */
  stateFiles: readonly string[]
  /** paths of what the sandbox has mounted */
  mountPoints: readonly string[]
  reads: "continue" | "carry out"
  /** what the command is started with */
  umask: number
  /** what the process inside is limited by; undefined where nothing is */
  entry: GroupEntry | undefined
}

export type FromWorker =
  /** the process inside is ready; it becomes the command */
  | { kind: "ready"; command: number }
  /** it may not start: the machine did not give what was asked for */
  | { kind: "refused"; message: string; hint: string }
