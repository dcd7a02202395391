/** What the carrying out of one call after another needs: made once, its memory used again for each. */
import type { Listener } from "../kernel/listener.ts"
import { type Pinned, pinned } from "../kernel/raw-call.ts"
import type { Umasks } from "./caller.ts"
import type { HostFiles } from "./host-files.ts"
import type { Permissions } from "./permissions.ts"
import { Place } from "./place.ts"

export type Session = {
  listener: Listener
  /** the one path of most calls, the old one of two */
  place: Place
  /** the new path of two */
  other: Place
  permissions: Permissions
  umasks: Umasks
  /** opening for reading: checked and left to the kernel, which a second thread can race, or carried out */
  reads: "continue" | "carry out"
  /** for what else an argument points to: the target of a link, a value */
  memory: Pinned
  name: Pinned
}

/** XATTR_SIZE_MAX of linux/limits.h: no value that a call points to is longer */
const valueMax = 65_536

/** @param root the program's `/`, pinned */
export function startSession(
  listener: Listener,
  root: number,
  policy: Pick<Session, "permissions" | "umasks" | "reads"> & { hostFiles: HostFiles },
): Session {
  const { hostFiles, ...rest } = policy
  return {
    listener,
    place: new Place(listener, root, hostFiles),
    other: new Place(listener, root, hostFiles),
    ...rest,
    memory: pinned(valueMax),
    name: pinned(4096 + 1),
  }
}

/**
 * What is to be done about a call: its result or -errno; the kernel does it; it has been answered; or it is answered when
 * `attempt` gives another result than "later".
 */
export type Outcome = number | "continue" | "answered" | Later
export type Later = {
  attempt: () => number | "later" | "answered"
  /** lets go of what the wait holds @returns the -errno for a call that may not wait */
  giveUp: () => number
}
