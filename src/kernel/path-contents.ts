/** What files, links and directories hold, for a launch that looks at the machine: or -errno, as in path-calls.ts. */
import { replacement, textOf } from "../base/path-bytes.ts"
import { close } from "./file-calls.ts"
import { at, errno, fileTypes, flags } from "./file-flags.ts"
import { openAtPath, placed, sizeOf, typeAt } from "./path-calls.ts"
import { addressOf, pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())
const entries = pinned(32_768)

/** readlinkat(2). @returns what the link says (base/path-bytes.ts), or -errno */
export function linkTarget(path: string): string | number {
  const address = placed(path)
  if (address < 0) return address
  const length = rawCall(
    number.readlinkat,
    at.currentDirectory,
    address,
    entries.address,
    entries.bytes.length,
  )
  return length < 0 ? length : textOf(entries.bytes.subarray(0, length))
}

/** Files of proc(5) have no size, and are small. */
const leastSize = 4096

/** read(2) from where it stands to the end. @param most bytes that are wanted */
export function readRest(descriptor: number, most = Number.MAX_SAFE_INTEGER): Buffer | number {
  // One more than there is, or the end would not be seen.
  let bytes = Buffer.alloc(Math.min(Math.max(sizeOf(descriptor) + 1, leastSize), most))
  for (let length = 0; ; ) {
    const got = rawCall(number.read, descriptor, addressOf(bytes) + length, bytes.length - length)
    if (got < 0 && got !== -errno.interrupted) return got
    length += Math.max(got, 0)
    if (got === 0 || length === most) return bytes.subarray(0, length)
    if (length < bytes.length) continue
    const larger = Buffer.alloc(Math.min(4 * length, most))
    larger.set(bytes)
    bytes = larger
  }
}

/** What is in the file. @returns -errno also for a directory */
export function readPath(path: string): Buffer | number {
  const descriptor = openAtPath(path, flags.readOnly | flags.noControllingTerminal | flags.nonBlocking)
  if (descriptor < 0) return descriptor
  const bytes = readRest(descriptor)
  close(descriptor)
  return bytes
}

export type DirectoryEntry = { name: string; directory: boolean }

/** Bytes of struct linux_dirent64 with a name of 255 bytes, and with one as people give them: more is not asked for than is wanted. */
const [largestRecord, usualRecord] = [280, 32]
/** of struct linux_dirent64 */
const types = { unknown: 0, directory: 4 }

/** getdents64(2): what stands in the directory, `most` at most, in its order, without `.` and `..`; or -errno. */
export function entriesAt(path: string, most = Number.MAX_SAFE_INTEGER): DirectoryEntry[] | number {
  const descriptor = openAtPath(path, flags.readOnly | flags.directory | flags.nonBlocking)
  if (descriptor < 0) return descriptor
  const found: DirectoryEntry[] = []
  let length = 0
  do {
    const room = Math.max(largestRecord, usualRecord * (most - found.length))
    length = rawCall(number.getdents64, descriptor, entries.address, Math.min(entries.bytes.length, room))
    addEntries(found, path, length)
  } while (length > 0 && found.length < most)
  close(descriptor)
  return length < 0 ? length : found.slice(0, most)
}

/** struct linux_dirent64: inode, offset, size of the record in 16 bits, type, name with a NUL; each starts at a multiple of 8. */
function addEntries(found: DirectoryEntry[], path: string, length: number): void {
  let size = 0
  for (let start = 0; start < length; start += size) {
    const fields = entries.words[(start + 16) >> 2] ?? 0
    size = fields & 0xffff
    const type = (fields >> 16) & 0xff
    const name = nameAt(start + 19)
    if (name === "." || name === "..") continue
    // Some file systems leave the type out.
    const directory =
      type === types.unknown ? typeAt(`${path}/${name}`) === fileTypes.directory : type === types.directory
    found.push({ name, directory })
  }
}

/** Most names are plain text. */
function nameAt(start: number): string {
  const { bytes } = entries
  const end = bytes.indexOf(0, start)
  const name = bytes.toString("utf8", start, end)
  return name.includes(replacement) ? textOf(bytes.subarray(start, end)) : name
}
