/** `--log FILE`: a file that the person chose, and that nobody inside can write to. */
import { closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs"
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"

const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants

const reasons: Readonly<Record<string, string>> = {
  ELOOP: "it is a symbolic link",
  EISDIR: "it is a directory",
  ENOENT: "its directory does not exist",
  ENOTDIR: "a part of its path is no directory",
  EACCES: "permission denied",
  EPERM: "the operation is not permitted",
  EROFS: "the file system is read-only",
  ENXIO: "it is not a regular file",
  ENOSPC: "no space is left on the device",
}

/**
 * Opens the file to append to, before the launch; it is made when it is not there.
 * @param path absolute
 * @param isWritable whether the sandbox could write to the canonical path
 * @returns a descriptor
 * @throws UserError when it cannot be opened, or when what writes to it could not be told from the sandbox's programs
 */
export function openLogFile(path: string, isWritable: (path: string) => boolean): number {
  refuseWritable(path, path, isWritable)
  const descriptor = open(path)
  try {
    const { nlink } = regular(path, descriptor)
    // Directories on the way may be links; and what is judged is what was opened.
    refuseWritable(path, readlinkSync(`/proc/self/fd/${descriptor}`), isWritable)
    if (nlink > 1)
      throw refusal(path, "it has another name (a hard link), by which it could be written to from inside")
  } catch (cause) {
    closeSync(descriptor)
    throw cause
  }
  return descriptor
}

function open(path: string): number {
  try {
    // Without O_NONBLOCK a FIFO would hold the launch until somebody reads.
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    throw refusal(path, `it cannot be opened: ${reasons[code] ?? code}`)
  }
}

function regular(path: string, descriptor: number) {
  const stat = fstatSync(descriptor)
  if (!stat.isFile()) throw refusal(path, "it is not a regular file")
  return stat
}

function refuseWritable(path: string, canonical: string, isWritable: (path: string) => boolean): void {
  if (isWritable(canonical))
    throw refusal(path, "the sandbox could write to it, and an agent could rewrite what it did")
}

function refusal(path: string, why: string): UserError {
  return new UserError(
    `--log ${printable(path)}: ${why}`,
    "name a file outside of the project and of all that is writable inside, such as ~/cordon.jsonl",
  )
}
