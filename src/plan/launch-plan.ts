/** Everything a launch does, as data: what a backend renders, `--dry-run` prints and `explain` reads. */
import type { NetworkMode } from "../policy/layer.ts"

/** One step of building the file system that the command sees; in order, shallow first. */
export type Mount =
  /** the host's own tree */
  | { kind: "host"; path: string; access: "read" | "write"; why: string }
  /** an empty directory of the sandbox's own, writable */
  | { kind: "private"; path: string; mode: number; why: string }
  /** an empty directory that cannot be listed or written; passable when something below it is visible */
  | { kind: "hidden-directory"; path: string; passable: boolean; why: string }
  /** an empty file that cannot be opened */
  | { kind: "hidden-file"; path: string; why: string }
  /** a directory of the sandbox's own below one that is private or hidden */
  | { kind: "directory"; path: string; mode: number; why: string }
  | { kind: "link"; path: string; target: string; why: string }
  | { kind: "file"; path: string; content: string; why: string }
  | { kind: "proc"; path: string; why: string }
  | { kind: "dev"; path: string; why: string }
  /** no writing any more to what stands at the path, whatever is mounted below it */
  | { kind: "sealed"; path: string; why: string }

export type LaunchPlan = {
  session: string
  command: readonly string[]
  /** canonical project directory, and where the command starts */
  project: string
  mounts: readonly Mount[]
  /** the whole environment of the command */
  environment: Readonly<Record<string, string>>
  network: { mode: Exclude<NetworkMode, "filtered"> }
  /** programs inside may make user namespaces */
  nestedUserns: boolean
  /** `new-session` takes the terminal away, where the kernel would let programs type into it */
  terminal: "keep" | "new-session"
  /** whether the host's abstract sockets are out of reach by Landlock (the network namespace does it in `off`) */
  scopeAbstractSockets: boolean
  /** directories of the agent that are made on the host, as the agent itself would */
  create: readonly string[]
  warnings: readonly string[]
  /** protections that the host lacks and the policy calls optional */
  degraded: readonly string[]
}
