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

/** openat2(2). @param resolving of `resolve` @param mode 0 unless a file may be made: openat2 refuses it then */
export function openResolving(
  directory: number,
  path: Address,
  openFlags: number,
  resolving: number,
): number {
  how.bytes.writeInt32LE(openFlags | flags.closeOnExec, 0)
  how.bytes.writeInt32LE(0, 8)
  how.bytes.writeInt32LE(resolving, 16)
  // The path went through `..` while something on this machine was renamed: the kernel asks to try again (openat2(2)).
  for (let tries = 1; ; tries++) {
    const opened = rawCall(number.openat2, directory, path, how.address, 24)
    if (opened !== -errno.again || tries === triesMax) return opened
  }
}

/** Flags that open(2) knows; it passes over others, openat2(2) refuses them. */
const known = Object.values(flags).reduce((all, flag) => all | flag, 0o4010000)

/**
 * Opens one name and follows no link there. Not with O_NOFOLLOW: it would stay among the flags of the open file, for the
 * program to see (fcntl(2), F_GETFL).
 */
export function openName(directory: number, name: Address, openFlags: number, mode: number): number {
  const makes = (openFlags & (flags.create | flags.temporary)) !== 0
  how.bytes.writeInt32LE((openFlags & known) | flags.closeOnExec, 0)
  how.bytes.writeInt32LE(makes ? mode : 0, 8)
  how.bytes.writeInt32LE(resolve.noSymlinks, 16)
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

const status = pinned(256)
const nothing = pinnedString("").address

export type FileIdentity = {
  device: number
  inode: bigint
  /** when it was made, in nanoseconds where the file system knows: what was removed can give its inode to another */
  born: bigint
  mode: number
  /** how many names it has */
  links: number
}

/** statx(2), of descriptors opened with O_PATH too. */
export function identify(descriptor: number): FileIdentity | undefined {
  const basicAndBirth = 0xfff
  const { bytes, address } = status
  if (rawCall(number.statx, descriptor, nothing, at.emptyPath, basicAndBirth, address) < 0) return undefined
  return {
    links: bytes.readUInt32LE(16),
    mode: bytes.readUInt16LE(28),
    inode: bytes.readBigUInt64LE(32),
    born: bytes.readBigInt64LE(80) * 1_000_000_000n + BigInt(bytes.readUInt32LE(88)),
    device: bytes.readUInt32LE(136) * 2 ** 20 + bytes.readUInt32LE(140),
  }
}

/** Whether two descriptors are of one file; of what cannot be told, not. */
export function isSameFile(one: number, other: number): boolean {
  const [first, second] = [identify(one), identify(other)]
  return first !== undefined && first.inode === second?.inode && first.device === second.device
}

const ownDescriptors = openAt(
  at.currentDirectory,
  pinnedString("/proc/self/fd").address,
  flags.path | flags.directory,
)
const target = pinned(4096)
const decimal = pinned(16)

/** The NUL-terminated decimal of a descriptor; overwritten by the next call. */
function decimalOf(descriptor: number): Address {
  decimal.bytes[decimal.bytes.write(String(descriptor))] = 0
  return decimal.address
}

/**
 * Where an open file stands, as the mount namespace it was opened in sees it (proc_pid_fd(5)).
 * @returns undefined when the path is longer than the kernel tells
 */
export function pathOfDescriptor(descriptor: number): string | undefined {
  const length = readLinkAt(ownDescriptors, decimalOf(descriptor), target)
  if (length < 0 || length === target.bytes.length) return undefined
  const text = target.bytes.toString("utf8", 0, length)
  return text.includes(replacement) ? textOf(target.bytes.subarray(0, length)) : text
}

/** A pinned file again, by the link that proc_pid_fd(5) has for it: no name is looked up, nothing can be swapped. */
export function openAgain(descriptor: number, openFlags: number): number {
  return openAt(ownDescriptors, decimalOf(descriptor), openFlags)
}

/** The place of a pinned file for calls that take a path and follow links. */
export function linkOfDescriptor(descriptor: number): Name {
  return { directory: ownDescriptors, name: decimalOf(descriptor) }
}
