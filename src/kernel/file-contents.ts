/** What is in files and directories that the live engine looks into: read and written in bounds, never an exception. */

import { openAt } from "./file-calls.ts"
import { flags } from "./file-flags.ts"
import { addressOf, pinned, pinnedString, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

/** read(2) of a regular file. @returns undefined when it is longer than `most`, or cannot be read */
export function contentOf(descriptor: number, most: number): Buffer | undefined {
  const bytes = Buffer.alloc(most + 1)
  const length = rawCall(number.read, descriptor, addressOf(bytes), bytes.length)
  return length < 0 || length > most ? undefined : bytes.subarray(0, length)
}

/** write(2) of all of it. @returns 0 or -errno */
export function writeContent(descriptor: number, bytes: Buffer): number {
  const noSpace = 28
  const written = rawCall(number.write, descriptor, addressOf(bytes), bytes.length)
  return written < 0 ? written : written < bytes.length ? -noSpace : 0
}

const entries = pinned(32_768)
const self = pinnedString(".").address
const dots = ["", ".", ".."]

/**
 * The names in a directory (getdents64(2)) that is pinned.
 * @returns undefined when there are more than `most`, or it cannot be listed
 */
export function namesIn(directory: number, most: number): Buffer[] | undefined {
  const listed = openAt(directory, self, flags.readOnly | flags.directory | flags.nonBlocking)
  if (listed < 0) return undefined
  const names: Buffer[] = []
  let length = 0
  do {
    length = rawCall(number.getdents64, listed, entries.address, entries.bytes.length)
    names.push(...namesOf(length))
  } while (length > 0 && names.length <= most)
  rawCall(number.close, listed)
  return length < 0 || names.length > most ? undefined : names
}

/** struct linux_dirent64: inode, offset, length of the record in 16 bits, type, name with a NUL. */
function namesOf(length: number): Buffer[] {
  const names: Buffer[] = []
  for (let start = 0; start < length; start += entries.bytes.readUInt16LE(start + 16)) {
    const name = entries.bytes.subarray(start + 19, entries.bytes.indexOf(0, start + 19))
    if (!dots.includes(name.toString("latin1"))) names.push(Buffer.from(name))
  }
  return names
}
