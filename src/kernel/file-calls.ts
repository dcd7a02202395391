/**
 * The calls on files that the live engine makes: relative to a descriptor, on a name that lies in pinned memory. Each
 * returns the kernel's result, or -errno. One thin function a call; what they mean stands in section 2 of the manual.
 */
import { replacement, textOf } from "../base/path-bytes.ts"
import { at, errno, flags, resolve } from "./file-flags.ts"
import { type Address, type Pinned, pinned, pinnedString, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

const how: Pinned = pinned(24)
/** Where renames never end, one try in twenty fails. */
const triesMax = 50

export function openAt(directory: number, path: Address, openFlags: number, mode = 0): number {
  return rawCall(number.openat, directory, path, openFlags | flags.closeOnExec, mode)
}

/** struct open_how of openat2(2): none of it needs more than half a word. */
function writeHow(openFlags: number, mode: number, resolving: number): void {
  how.words[0] = openFlags | flags.closeOnExec
  how.words[2] = mode
  how.words[4] = resolving
}

/** openat2(2). @param resolving of `resolve` @param mode 0 unless a file may be made: openat2 refuses it then */
export function openResolving(
  directory: number,
  path: Address,
  openFlags: number,
  resolving: number,
): number {
  writeHow(openFlags, 0, resolving)
  // The path went through `..` while something on this machine was renamed: the kernel asks to try again (openat2(2)).
  for (let tries = 1; ; tries++) {
    const opened = rawCall(number.openat2, directory, path, how.address, 24)
    if (opened !== -errno.again || tries === triesMax) return opened
  }
}

/** Flags that open(2) knows; it passes over others, openat2(2) refuses them. */
let known = 0o4010000
for (const flag of Object.values(flags)) known |= flag

/**
 * Opens one name and follows no link there. Not with O_NOFOLLOW: it would stay among the flags of the open file, for the
 * program to see (fcntl(2), F_GETFL).
 */
export function openName(directory: number, name: Address, openFlags: number, mode: number): number {
  const makes = (openFlags & (flags.create | flags.temporary)) !== 0
  writeHow(openFlags & known, makes ? mode : 0, resolve.noSymlinks)
  return rawCall(number.openat2, directory, name, how.address, 24)
}

/** The root directory of a process, as it sees it (proc_pid_root(5)). */
export function openRoot(process: number): number {
  return openAt(
    at.currentDirectory,
    pinnedString(`/proc/${process}/root`).address,
    flags.path | flags.directory,
  )
}

export function close(descriptor: number): void {
  rawCall(number.close, descriptor)
}

export function readLinkAt(directory: number, path: Address, into: Pinned): number {
  return rawCall(number.readlinkat, directory, path, into.address, into.bytes.length)
}

export function makeDirectory(directory: number, name: Address, mode: number): number {
  return rawCall(number.mkdirat, directory, name, mode)
}

export function makeNode(directory: number, name: Address, node: { mode: number; device: number }): number {
  return rawCall(number.mknodat, directory, name, node.mode, node.device)
}

export function makeSymlink(target: Address, directory: number, name: Address): number {
  return rawCall(number.symlinkat, target, directory, name)
}

type Name = { directory: number; name: Address }

export function makeLink(from: Name, to: Name, linkFlags: number): number {
  return rawCall(number.linkat, from.directory, from.name, to.directory, to.name, linkFlags)
}

export function unlink(directory: number, name: Address, unlinkFlags: number): number {
  return rawCall(number.unlinkat, directory, name, unlinkFlags)
}

export function rename(from: Name, to: Name, renameFlags: number): number {
  return rawCall(number.renameat2, from.directory, from.name, to.directory, to.name, renameFlags)
}

/** unshare(2), CLONE_FS: umask(2) is this thread's alone from here on. */
export function ownUmask(): number {
  const fileAttributes = 0x200
  return rawCall(number.unshare, fileAttributes)
}

/** umask(2) of all threads that share it. @returns the one before */
export function setUmask(mask: number): number {
  return rawCall(number.umask, mask)
}

/** fcntl(2) F_SETFL */
export function setStatusFlags(descriptor: number, statusFlags: number): number {
  return rawCall(number.fcntl, descriptor, 4, statusFlags)
}

/** fchdir(2) of all threads that share the working directory. */
export function changeDirectory(directory: number): number {
  return rawCall(number.fchdir, directory)
}

/** _LINUX_CAPABILITY_VERSION_3 of linux/capability.h */
export const capabilityVersion = 0x2008_0522

/** capset(2): this thread has no capability from here on. */
export function dropCapabilities(): number {
  const header = pinned(8)
  header.bytes.writeUInt32LE(capabilityVersion, 0)
  return rawCall(number.capset, header.address, pinned(24).address)
}

const ownDescriptors = openAt(
  at.currentDirectory,
  pinnedString("/proc/self/fd").address,
  flags.path | flags.directory,
)
const target = pinned(4096)
const decimal = pinned(16)
let written = -1

/** The NUL-terminated decimal of a descriptor; overwritten by the next call, which is mostly about the same number. */
function decimalOf(descriptor: number): Address {
  if (descriptor !== written) decimal.bytes[decimal.bytes.write(String(descriptor))] = 0
  written = descriptor
  return decimal.address
}

const slash = 47
const unreachable = "(unreachable)"

function textAt(start: number, end: number): string {
  const text = target.bytes.toString("utf8", start, end)
  return text.includes(replacement) ? textOf(target.bytes.subarray(start, end)) : text
}

/**
 * Where an open file stands, as the mount namespace it was opened in sees it (proc_pid_fd(5)).
 * @returns undefined when the path is longer than the kernel tells
 */
export function pathOfDescriptor(descriptor: number): string | undefined {
  const length = readLinkAt(ownDescriptors, decimalOf(descriptor), target)
  return length < 0 || length === target.bytes.length ? undefined : textAt(0, length)
}

const dot = pinnedString(".").address
let home = -1

/**
 * The same of a directory in a third of the time: by going there (getcwd(2)), which moves no thread but this one and
 * those that it starts (`ownUmask`); `goHome` follows. What was removed, or where we may not go, has its path from the
 * link.
 */
export function pathOfDirectory(descriptor: number): string | undefined {
  if (home < 0) home = openAt(at.currentDirectory, dot, flags.path | flags.directory)
  if (rawCall(number.fchdir, descriptor) < 0) return pathOfDescriptor(descriptor)
  const length = rawCall(number.getcwd, target.address, target.bytes.length)
  if (length < 0) return pathOfDescriptor(descriptor)
  // The kernel says so of every mount that our own root does not reach: the sandbox's.
  const start = target.bytes[0] === slash ? 0 : unreachable.length
  return textAt(start, length - 1)
}

/** Back to where this thread was before the first `pathOfDirectory`: for whatever else it does. */
export function goHome(): void {
  if (home >= 0) changeDirectory(home)
}

/** A pinned file again, by the link that proc_pid_fd(5) has for it: no name is looked up, nothing can be swapped. */
export function openAgain(descriptor: number, openFlags: number): number {
  return openAt(ownDescriptors, decimalOf(descriptor), openFlags)
}

/** The place of a pinned file for calls that take a path and follow links. */
export function linkOfDescriptor(descriptor: number): Name {
  return { directory: ownDescriptors, name: decimalOf(descriptor) }
}
