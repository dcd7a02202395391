/** Which file a descriptor is of, and of what type (statx(2)): of descriptors opened with O_PATH too. */
import { at, fileTypes } from "./file-flags.ts"
import { type Address, pinned, pinnedString, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

const status = pinned(256)
const nothing = pinnedString("").address

/** STATX_ATTR_MOUNT_ROOT */
const mountRoot = 0x2000

export type FileIdentity = {
  device: number
  inode: bigint
  /** when it was made, in nanoseconds where the file system knows: what was removed can give its inode to another */
  born: bigint
  mode: number
  /** how many names it has */
  links: number
  /** something is mounted there, and this is its root; false before Linux 5.8, which does not tell */
  mounted: boolean
}

/** @returns undefined where the kernel does not tell */
export function identify(descriptor: number): FileIdentity | undefined {
  const basicAndBirth = 0xfff
  const { bytes, words, address } = status
  if (rawCall(number.statx, descriptor, nothing, at.emptyPath, basicAndBirth, address) < 0) return undefined
  return {
    links: bytes.readUInt32LE(16),
    mounted: ((words[2] ?? 0) & mountRoot) !== 0,
    mode: bytes.readUInt16LE(28),
    inode: bytes.readBigUInt64LE(32),
    born: bytes.readBigInt64LE(80) * 1_000_000_000n + BigInt(bytes.readUInt32LE(88)),
    device: bytes.readUInt32LE(136) * 2 ** 20 + bytes.readUInt32LE(140),
  }
}

/** The S_IFMT part of a file's mode: all that most questions about a file need. @returns it, or -errno */
export function typeOf(descriptor: number): number {
  return askType(descriptor, nothing, at.emptyPath)
}

/** The same of what stands at a name, a link as itself. */
export function typeAt(directory: number, name: Address): number {
  const noAutomount = 0x800
  return askType(directory, name, at.symlinkNoFollow | noAutomount)
}

function askType(directory: number, name: Address, how: number): number {
  const typeOnly = 1
  const { words, address } = status
  const failed = rawCall(number.statx, directory, name, how, typeOnly, address)
  return failed < 0 ? failed : (words[7] ?? 0) & fileTypes.mask
}

/** Whether two descriptors are of one file; of what cannot be told, not. */
export function isSameFile(one: number, other: number): boolean {
  const [first, second] = [identify(one), identify(other)]
  return first !== undefined && first.inode === second?.inode && first.device === second.device
}
