/** The calls that change a file and not its name, or watch it. They act on a pinned file: each follows the link that leads to it. */
import { at } from "./file-flags.ts"
import { type Address, pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

const pinnedPath = pinned(48)

function pathOfPinned(descriptor: number): Address {
  pinnedPath.bytes[pinnedPath.bytes.write(`/proc/self/fd/${descriptor}`)] = 0
  return pinnedPath.address
}

export function changeMode(descriptor: number, mode: number): number {
  return rawCall(number.fchmodat, at.currentDirectory, pathOfPinned(descriptor), mode)
}

export function changeOwner(descriptor: number, owner: { user: number; group: number }): number {
  return rawCall(number.fchownat, at.currentDirectory, pathOfPinned(descriptor), owner.user, owner.group, 0)
}

/** @param times struct timespec twice, or 0 for now */
export function changeTimes(descriptor: number, times: Address): number {
  return rawCall(number.utimensat, at.currentDirectory, pathOfPinned(descriptor), times, 0)
}

export function truncate(descriptor: number, length: number): number {
  return rawCall(number.truncate, pathOfPinned(descriptor), length)
}

export type ExtendedAttribute = { name: Address; value: Address; size: number; flags: number }

export function setExtendedAttribute(descriptor: number, attribute: ExtendedAttribute): number {
  const { name, value, size, flags: how } = attribute
  return rawCall(number.setxattr, pathOfPinned(descriptor), name, value, size, how)
}

export function removeExtendedAttribute(descriptor: number, name: Address): number {
  return rawCall(number.removexattr, pathOfPinned(descriptor), name)
}

/** inotify_add_watch(2), follows the link as the others do. @returns the watch, or -errno */
export function addWatch(notifications: number, file: number, mask: number): number {
  return rawCall(number.inotify_add_watch, notifications, pathOfPinned(file), mask)
}
