/** What has no name: pipes and sockets, memory files, and files that were removed while they were open. */
import { identify, isSameFile } from "../kernel/file-identity.ts"
import type { Place } from "./place.ts"

/** What the kernel adds to the path of a file that has lost its name (proc_pid_fd(5)). */
const mark = " (deleted)"

/** Pipes and sockets have what is none (proc_pid_fd(5)). */
export function isPath(path: string): boolean {
  return path.startsWith("/")
}

/** Whether somebody made it who has no mount to make it on (memfd_create(2)). */
export function isMemoryFile(path: string): boolean {
  return path.startsWith("/memfd:")
}

/** The path that the file had; undefined for a file that has one. */
export function formerPath(path: string): string | undefined {
  return path.endsWith(mark) ? path.slice(0, -mark.length) : undefined
}

/** Whether it has no name any more, and not only lost one of several. */
export function isNameless({ directory }: Pick<Place, "directory">): boolean {
  return identify(directory)?.links === 0
}

/**
 * Whether the command was started with it as its standard input, output or error: we have the same. What is open for
 * reading may be for others to write to: a shell that reads its script from a pipe hands that pipe to all that it starts.
 */
export function isStandardStream({ directory }: Pick<Place, "directory">): boolean {
  return [0, 1, 2].some(stream => isSameFile(directory, stream))
}
