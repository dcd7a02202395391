/** Calls that change a file and not its name: chmod(2), chown(2), utimensat(2), truncate(2), setxattr(2). */
import { close } from "../kernel/file-calls.ts"
import { errno, fileTypes } from "../kernel/file-flags.ts"
import { typeOf } from "../kernel/file-identity.ts"
import { followLinks } from "./follow.ts"
import type { Permissions } from "./permissions.ts"
import type { Place } from "./place.ts"

/** What is done to the pinned file. @returns 0 or -errno */
export type Change = (descriptor: number) => number

/** @param follows whether a link at the place stands for what it leads to */
export function changeOnBehalf(
  place: Place,
  follows: boolean,
  change: Change,
  permissions: Permissions,
): number {
  const followed = follows || place.mustBeDirectory ? followLinks(place) : 0
  const refused = followed || permissions.change(place)
  if (refused < 0) return refused
  const pinned = place.pin()
  if (pinned < 0) return pinned
  const wrong = place.mustBeDirectory && typeOf(pinned) !== fileTypes.directory
  const result = wrong ? -errno.notDirectory : change(pinned)
  close(pinned)
  return result
}
