/** What the carrying out of one call after another needs: made once, its memory used again for each. */
import type { Listener } from "../kernel/listener.ts"
import type { Mounts } from "../kernel/namespaces.ts"
import { type Pinned, pinned } from "../kernel/raw-call.ts"
import type { Dial } from "../network/streams/dial.ts"
import type { HostFiles } from "./host-files.ts"
import { OwnMounts } from "./own-mounts.ts"
import type { OwnProcesses } from "./own-processes.ts"
import type { Permissions } from "./permissions.ts"
import { Place } from "./place.ts"
import type { Umasks } from "./umasks.ts"
import type { UnixSockets } from "./unix-sockets.ts"

export type Session = {
  listener: Listener
  /** the program's `/`, pinned */
  root: number
  /** the one path of most calls, the old one of two */
  place: Place
  /** the new path of two */
  other: Place
  permissions: Permissions
  umasks: Umasks
  /** opening for reading: checked and left to the kernel, which a second thread can race, or carried out */
  reads: "continue" | "carry out"
  /** where connections of the sandbox are made to; undefined where it has no border */
  network: Border | undefined
  /** the network namespace that we are in and the sandbox is not (SO_NETNS_COOKIE); undefined where both are in one */
  outerNamespace: bigint | undefined
  unixSockets: UnixSockets
  /** undefined where the sandbox has a PID namespace */
  processes: OwnProcesses | undefined
  /** what of the file system the sandbox sees */
  mounts: Mounts
  /** for what else an argument points to: the target of a link, an address, a value */
  memory: Pinned
  name: Pinned
}

export type Border = {
  /** inside, loopback's ports of these numbers are the host's */
  hostPorts: ReadonlySet<number>
  /** a connection to the border was begun */
  dialled(dial: Dial): void
}

type SessionRules = "reads" | "network" | "outerNamespace" | "unixSockets" | "mounts"

/** XATTR_SIZE_MAX of linux/limits.h: no value that a call points to is longer */
const valueMax = 65_536

/** @param root the program's `/`, pinned */
export function startSession(
  listener: Listener,
  root: number,
  policy: Pick<Session, "permissions" | "umasks" | "processes" | SessionRules> & { hostFiles: HostFiles },
): Session {
  const { hostFiles, ...rest } = policy
  const { processes } = rest
  // Without namespaces the sandbox has the host's mounts, and the policy says all that mounts say elsewhere.
  const mounts = processes === undefined ? new OwnMounts(root) : undefined
  const surroundings = { root, hostFiles, processes, mounts }
  return {
    listener,
    root,
    place: new Place(listener, surroundings),
    other: new Place(listener, surroundings),
    ...rest,
    memory: pinned(valueMax),
    name: pinned(4096 + 1),
  }
}

/**
 * What is to be done about a call: its result or -errno; the kernel does it; or it is answered when `attempt` gives another
 * result than "later".
 */
export type Outcome = number | "continue" | Later
export type Later = {
  attempt: () => number | "later"
  /** lets go of what the wait holds @returns the -errno for a call that may not wait */
  giveUp: () => number
  /** what becomes writable when it is worth trying again */
  socket?: number
}
