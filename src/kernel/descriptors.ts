/** What the sandbox finds open: 0, 1, 2, what it is meant to have, and nothing else. */
import { UserError } from "../base/error.ts"
import { bytesOf } from "../base/path-bytes.ts"
import { close } from "./file-calls.ts"
import { errno, fileTypes } from "./file-flags.ts"
import type { Invocation } from "./invocation.ts"
import { closeOnExec, createMemoryFile, duplicateFrom, keepOpen, rewind, writeAll } from "./libc.ts"
import { failedWith, failure, statusOf } from "./path-calls.ts"

const standard = [0, 1, 2]
const lastDescriptor = 0xffff_ffff

/** A descriptor of ours, closed by the next exec, and the number that the sandbox is to find a copy of it under. */
export type Placement = { descriptor: number; number: number }

/**
 * Opens the descriptors of the invocation, and lets the next exec close all others: one that the caller left open on a
 * secret would be readable inside. Nothing gets its number yet: where the caller left many open, the runtime has its own
 * descriptors under those numbers.
 * @param given what is to have the invocation's guardian number, and that of its gate; what the options are read from
 * @throws UserError for a directory as standard input, output or error
 */
export function openDescriptors(
  { descriptors, guardian: number, late }: Invocation,
  given: { guardian: number; options?: number | undefined },
): Placement[] {
  refuseDirectories()
  // Where the caller closed one the runtime has opened /dev/null, for itself alone.
  for (const descriptor of standard) keepOpen(descriptor)
  closeOnExec(3, lastDescriptor)
  let last = Math.max(number, late?.options ?? 0)
  for (const descriptor of descriptors) last = Math.max(last, descriptor.number)
  const outOfTheWay = (descriptor: number): number => {
    if (descriptor < number || descriptor > last) return descriptor
    const moved = duplicateFrom(descriptor, last + 1)
    close(descriptor)
    return moved
  }
  const guarding = outOfTheWay(given.guardian)
  const empty = late && { descriptor: outOfTheWay(createMemoryFile("cordon")), number: late.file }
  return [
    { descriptor: guarding, number },
    ...(late && empty ? [empty, { descriptor: guarding, number: late.gate }] : []),
    ...(late && given.options !== undefined
      ? [{ descriptor: outOfTheWay(given.options), number: late.options }]
      : []),
    ...descriptors.map(({ number, content }) => ({ descriptor: outOfTheWay(fileWith(content)), number })),
  ]
}

/** An anonymous file, at its start. */
export function fileWith(content: string | Uint8Array): number {
  const file = createMemoryFile("cordon")
  writeAll(file, typeof content === "string" ? bytesOf(content) : content)
  rewind(file)
  return file
}

/** A directory handed over as standard input leads out: `/proc/self/fd/0/..` is the host's, whatever is mounted. */
function refuseDirectories(): void {
  for (const descriptor of standard)
    if (isDirectory(descriptor))
      throw new UserError(
        `descriptor ${descriptor} is a directory, which would lead out of the sandbox`,
        "hand over a file, or </dev/null",
      )
}

function isDirectory(descriptor: number): boolean {
  const status = statusOf(descriptor)
  if (typeof status !== "number") return (status.mode & fileTypes.mask) === fileTypes.directory
  // A closed one leads nowhere.
  if (!failedWith(status, errno.badDescriptor))
    throw failure("looking at descriptor", String(descriptor), status)
  return false
}
