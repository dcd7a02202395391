/** Cordon replaces itself: nothing of ours runs while the command does. */
import { closeSync, fstatSync, writeSync } from "node:fs"
import type { Invocation } from "../backends/invocation.ts"
import { HostError, UserError } from "../base/error.ts"
import { bytesOf } from "../base/path-bytes.ts"
import {
  closeOnExec,
  createMemoryFile,
  duplicateTo,
  execve,
  joinNewSessionKeyring,
  keepOpen,
  rewind,
  SystemError,
} from "./libc.ts"

/** ENOSYS: a kernel without keyrings; EPERM: a filter around us that keeps the call from the command as well. */
const noKeyrings = new Set([1, 38])

const lastDescriptor = 0xffff_ffff

/**
 * Becomes the program of the invocation, with 0, 1, 2 and the invocation's descriptors open and no others: one
 * that the caller left open on a secret would be readable inside.
 * @throws HostError when the kernel refuses
 */
export function become({ program, words, descriptors, environment }: Invocation): never {
  refuseDirectories()
  const numbers = descriptors.map(({ number }) => number)
  const first = Math.min(...numbers, lastDescriptor)
  for (const { number, content } of descriptors) {
    const file = createMemoryFile("cordon")
    if (content !== "") writeSync(file, bytesOf(content))
    rewind(file)
    // Closed at once: with enough of them open, the next one would get the number of its own copy.
    if (file === number) keepOpen(file)
    else {
      duplicateTo(file, number)
      closeSync(file)
    }
  }
  leaveKeyring()
  closeOnExec(3, first - 1)
  if (numbers.length > 0) closeOnExec(Math.max(...numbers) + 1, lastDescriptor)
  try {
    return execve(program, [program, ...words], environment)
  } catch (cause) {
    if (!(cause instanceof SystemError)) throw cause
    throw new HostError(`${program} cannot be started: ${cause.message}`, "see `cordon doctor`")
  }
}

function leaveKeyring(): void {
  try {
    joinNewSessionKeyring()
  } catch (cause) {
    if (!(cause instanceof SystemError) || !noKeyrings.has(cause.errno)) throw cause
  }
}

/** A directory handed over as standard input leads out: `/proc/self/fd/0/..` is the host's, whatever is mounted. */
function refuseDirectories(): void {
  for (const descriptor of [0, 1, 2])
    if (isDirectory(descriptor))
      throw new UserError(
        `descriptor ${descriptor} is a directory, which would lead out of the sandbox`,
        "hand over a file, or </dev/null",
      )
}

function isDirectory(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isDirectory()
  } catch (cause) {
    // A closed one leads nowhere.
    if ((cause as NodeJS.ErrnoException).code !== "EBADF") throw cause
    return false
  }
}
