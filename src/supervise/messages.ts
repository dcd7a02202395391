/** What the supervisor and the live engine tell each other, in two threads or in one. */
import type { BorderSockets } from "../kernel/border-sockets.ts"
import type { Dial } from "../network/streams/dial.ts"
import type { NamedSocket } from "../plan/launch-plan.ts"
import type { PathPolicy } from "../policy/policy.ts"
import type { GroupEntry } from "./group.ts"

export type ToEngine = Preparation | { kind: "begin" }

export type Preparation = {
  kind: "prepare"
  /** our end of the socket to the process inside */
  socket: number
  rules: PathPolicy
  /** an agent's own files in directories that are read-only inside */
  stateFiles: readonly string[]
  /** paths of what the sandbox has mounted */
  mountPoints: readonly string[]
  /** paths at which the sandbox is to have what the host has there */
  bound: readonly string[]
  reads: "continue" | "carry out"
  /** the sandbox has no mounts and no processes of its own (plan/bare.ts) */
  bare: { offline: boolean } | undefined
  /** what the command is started with */
  umask: number
  /** what the process inside is limited by; undefined where nothing is */
  entry: GroupEntry | undefined
  /** bytes that it may have for itself; undefined = without limit */
  memory: number | undefined
  /** the connections of the sandbox go through the border */
  network: { hostPorts: readonly number[] } | undefined
  /** unix sockets of the host that programs inside may connect to */
  unixSockets: readonly NamedSocket[]
  /** the command starts only when the supervisor says so */
  waits: boolean
}

export type FromEngine =
  /** the process inside is ready; it becomes the command */
  | { kind: "ready"; command: number; border: BorderSockets | undefined }
  /** it may not start: the machine did not give what was asked for */
  | { kind: "refused"; message: string; hint: string }
  /** a connection to the border was begun */
  | { kind: "dialled"; dial: Dial }
