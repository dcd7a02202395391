/** Calls that make, move and remove names: mkdir(2), mknod(2), symlink(2), link(2), rename(2), unlink(2). */
import {
  close,
  linkOfDescriptor,
  makeDirectory,
  makeLink,
  makeNode,
  makeSymlink,
  openAt,
  rename,
  unlink,
} from "../kernel/file-calls.ts"
import { at, errno, fileTypes, flags } from "../kernel/file-flags.ts"
import type { Address } from "../kernel/raw-call.ts"
import { installConfig } from "./git-config.ts"
import { mayMove } from "./moved-tree.ts"
import type { Permissions } from "./permissions.ts"
import type { Place } from "./place.ts"

/** RENAME_NOREPLACE, RENAME_EXCHANGE of rename(2) */
const noReplace = 1
const exchange = 2

export function makeDirectoryAt(place: Place, mode: number, permissions: Permissions): number {
  const refused = alreadyThere(place) || permissions.makeDirectory(place)
  if (refused < 0) return refused
  const made = makeDirectory(place.directory, place.name, mode)
  if (made < 0 || !permissions.begins(place)) return made
  const descriptor = openAt(place.directory, place.name, flags.path | flags.directory | flags.noFollow)
  if (descriptor >= 0) {
    permissions.wasMade(descriptor)
    close(descriptor)
  }
  return 0
}

/** A descriptor that is named by `/proc/self/fd/N` has no name below which anything could be made. */
function alreadyThere({ isObject }: Place): number {
  return isObject ? -errno.exists : 0
}

/** The same for what is made and is no directory: no slash may stand behind its name. */
export function notMakeable(place: Place): number {
  if (!place.mustBeDirectory || place.isSelf) return alreadyThere(place)
  return place.type() < 0 ? -errno.noEntry : -errno.exists
}

export function makeNodeAt(
  place: Place,
  node: { mode: number; device: number },
  permissions: Permissions,
): number {
  const refused = notMakeable(place) || permissions.write(place)
  return refused < 0 ? refused : makeNode(place.directory, place.name, node)
}

/** @param target NUL-terminated, of ours */
export function makeSymlinkAt(place: Place, target: Address, permissions: Permissions): number {
  const refused = notMakeable(place) || permissions.writeLink(place)
  return refused < 0 ? refused : makeSymlink(target, place.directory, place.name)
}

/** A second name gives what the first one has: whoever may not write the file by one name gets no other for it. */
export function makeLinkAt(from: Place, to: Place, permissions: Permissions): number {
  const type = from.type()
  const isLink = type === fileTypes.link
  const slashed = from.mustBeDirectory && type >= 0 && type !== fileTypes.directory
  if (slashed) return -errno.notDirectory
  const refused =
    notMakeable(to) ||
    permissions.read(from) ||
    permissions.giveName(from) ||
    (isLink ? permissions.writeLink(to) : permissions.write(to))
  if (refused < 0) return refused
  const pinned = from.pin()
  if (pinned < 0) return pinned
  const made = makeLink(
    linkOfDescriptor(pinned),
    { directory: to.directory, name: to.name },
    at.symlinkFollow,
  )
  close(pinned)
  return made
}

export function unlinkAt(place: Place, unlinkFlags: number, permissions: Permissions): number {
  const refused = permissions.remove(place)
  if (refused < 0) return refused
  if (place.isObject) return -errno.notPermitted
  if (place.isSelf) return (unlinkFlags & at.removeDirectory) !== 0 ? -errno.invalid : -errno.isDirectory
  if (place.mustBeDirectory && (unlinkFlags & at.removeDirectory) === 0) return unlinkedAsDirectory(place)
  return unlink(place.directory, place.name, unlinkFlags)
}

/** `unlink("name/")` */
function unlinkedAsDirectory(place: Place): number {
  const type = place.type()
  if (type < 0) return -errno.noEntry
  return type === fileTypes.directory ? -errno.isDirectory : -errno.notDirectory
}

export function renameAt(from: Place, to: Place, renameFlags: number, permissions: Permissions): number {
  const move = { from, to, type: from.type(), replaced: to.type() }
  const wrong = mismatch(move, renameFlags)
  if (wrong < 0) return wrong
  if (permissions.isBegunConfig(to) && renameFlags === 0 && move.type === fileTypes.regular)
    return installConfig(from, to, permissions)
  const refused =
    refusal(from, to, move.type, permissions) ||
    ((renameFlags & exchange) !== 0 ? refusal(to, from, move.replaced, permissions) : 0)
  if (refused < 0) return refused
  return rename(
    { directory: from.directory, name: from.name },
    { directory: to.directory, name: to.name },
    renameFlags,
  )
}

/** @property type of what stands there, or -errno */
type Move = { from: Place; to: Place; type: number; replaced: number }

/** What names, slashes behind them and flags ask for (rename(2)). @returns 0 or -errno */
function mismatch({ from, to, type, replaced }: Move, renameFlags: number): number {
  const isDotted = from.isSelf || to.isSelf
  if ((renameFlags & noReplace) !== 0 && to.isSelf) return -errno.exists
  if (isDotted) return -errno.busy
  if (type < 0) return type
  const exchanges = (renameFlags & exchange) !== 0
  if ((renameFlags & noReplace) !== 0 && replaced >= 0) return -errno.exists
  if (exchanges && replaced < 0) return replaced
  if (exchanges && to.mustBeDirectory && replaced !== fileTypes.directory) return -errno.notDirectory
  const slashed = from.mustBeDirectory || (to.mustBeDirectory && !exchanges)
  return slashed && type !== fileTypes.directory ? -errno.notDirectory : 0
}

function refusal(from: Place, to: Place, type: number, permissions: Permissions): number {
  const isDirectory = type === fileTypes.directory
  const asked =
    permissions.read(from) ||
    permissions.remove(from) ||
    (isDirectory
      ? permissions.makeDirectory(to)
      : type === fileTypes.link
        ? permissions.writeLink(to)
        : permissions.write(to))
  if (asked < 0) return asked
  if (permissions.isMountPoint(to)) return -errno.busy
  return isDirectory ? mayMove(from, to.path, permissions.gate) : 0
}
