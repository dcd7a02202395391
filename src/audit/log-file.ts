/** `--log FILE`: a file that the person chose, and that nobody inside can write to. */
import { closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs"
import { UserError } from "../base/error.ts"
import { nameOf, parentOf } from "../base/path.ts"
import { printable } from "../base/printable.ts"

const { O_WRONLY, O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants

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
 * Opens the file to append to, before the launch; it is made when it is not there, and nothing is made that is refused.
 * @param path absolute
 * @param isWritable whether the sandbox could write to the canonical path
 * @returns a descriptor
 * @throws UserError when it cannot be opened, or when what writes to it could not be told from the sandbox's programs
 */
export function openLogFile(path: string, isWritable: (path: string) => boolean): number {
  refuseWritable(path, path, isWritable)
  const descriptor = openIn(path, isWritable)
  try {
    const { nlink } = regular(path, descriptor)
    // What is judged is what was opened, wherever its directory is by now.
    refuseWritable(path, pathOf(descriptor), isWritable)
    if (nlink > 1)
      throw refusal(path, "it has another name (a hard link), by which it could be written to from inside")
  } catch (cause) {
    closeSync(descriptor)
    throw cause
  }
  return descriptor
}

/** O_PATH of open(2), which node:fs does not name: a directory can be pinned that may not be listed. */
const O_PATH = 0x20_0000

/** Opens the file in its directory as it was judged: links on the way there may lead into the sandbox. */
function openIn(path: string, isWritable: (path: string) => boolean): number {
  const [name, parent] = [nameOf(path), parentOf(path)]
  const directory = open(path, parent, O_PATH | O_DIRECTORY)
  try {
    refuseWritable(path, `${pathOf(directory)}/${name}`.replace(/^\/\//, "/"), isWritable)
    // Without O_NONBLOCK a FIFO would hold the launch until somebody reads.
    const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK
    return open(path, `/proc/self/fd/${directory}/${name}`, flags)
  } finally {
    closeSync(directory)
  }
}

function open(path: string, place: string, flags: number): number {
  try {
    return openSync(place, flags, 0o600)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    throw refusal(path, `it cannot be opened: ${reasons[code] ?? code}`)
  }
}

/** The canonical path of what is open (proc_pid_fd(5)). */
function pathOf(descriptor: number): string {
  return readlinkSync(`/proc/self/fd/${descriptor}`)
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
