/** On which file system something stands: its number (statx(2)), and what kind it is (statfs(2)). */
import { at } from "./file-flags.ts"
import { type Address, pinned, pinnedString, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

const status = pinned(256)
const system = pinned(256)
const nothing = pinnedString("").address

/** Where something stands. */
export type Standing = {
  /** the minor number of a file system that has no device, and so may be the kernel's own; 0 for one on a disk */
  deviceless: number
  /**
   * the mount that it was found by, which no other namespace has (mount_namespaces(7)); no later one either, but before
   * Linux 6.8, where the next mount takes the number of one that is gone
   */
  mount: number
}

/**
 * What is asked for costs no word with a server.
 * @param name as itself, should it be a link; undefined = the descriptor's own
 * @returns undefined where nothing stands, or nobody can tell
 */
export function standingOf(descriptor: number, name?: Address): Standing | undefined {
  const [noAutomount, asKnown] = [0x800, 0x4000]
  // STATX_MNT_ID_UNIQUE; a kernel that does not know it gives what STATX_MNT_ID asks for.
  const mountOnly = 0x4000 | 0x1000
  const how = (name === undefined ? at.emptyPath : at.symlinkNoFollow) | noAutomount | asKnown
  const { words, address } = status
  if (rawCall(number.statx, descriptor, name ?? nothing, how, mountOnly, address) < 0) return undefined
  const [major, minor = 0, low = 0, high = 0] = [words[34], words[35], words[36], words[37]]
  return { deviceless: major === 0 ? minor : 0, mount: (high >>> 0) * 2 ** 32 + (low >>> 0) }
}

/** Whether nothing is written there: to this mount, or to the whole file system (statfs(2), ST_RDONLY). */
export function isReadOnly(descriptor: number): boolean {
  if (rawCall(number.fstatfs, descriptor, system.address) < 0) return true
  return ((system.words[20] ?? 0) & 1) !== 0
}

/** `f_type` of fstatfs(2), a number of linux/magic.h; undefined where the kernel does not tell. */
export function kindOf(descriptor: number): number | undefined {
  if (rawCall(number.fstatfs, descriptor, system.address) < 0) return undefined
  return (system.words[0] ?? 0) >>> 0
}

const memoryKind = 0x0102_1994
/** What the kernel reckons a name on it at (mm/shmem.c, BOGO_INODE_SIZE). */
const nameSize = 1024

/**
 * How much memory a tmpfs(5) takes that has limits of its own, as all have that are mounted without a word on it.
 * @returns bytes; undefined where it is another file system, or the kernel does not tell
 */
export function memoryUsed(descriptor: number): number | undefined {
  if (kindOf(descriptor) !== memoryKind) return undefined
  const [blockSize, blocks, free, , names, freeNames] = [1, 2, 3, 4, 5, 6].map(index =>
    Number(system.bytes.readBigUInt64LE(8 * index)),
  )
  return ((blocks ?? 0) - (free ?? 0)) * (blockSize ?? 0) + ((names ?? 0) - (freeNames ?? 0)) * nameSize
}
