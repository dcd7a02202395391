/** Small files of the machine's, read as a whole. */
import { ask } from "../base/journal.ts"
import { errno } from "../kernel/file-flags.ts"
import { failure } from "../kernel/path-calls.ts"
import { readPath } from "../kernel/path-contents.ts"

/**
 * The text of a file; undefined where there is none.
 * @throws Error with the code of an errno when it is there and cannot be read
 */
export function readTextFile(path: string): string | undefined {
  return ask("text file", path, askTextFile)
}

export function askTextFile(path: string): string | undefined {
  const bytes = readPath(path)
  if (typeof bytes !== "number") return bytes.toString("utf8")
  if (bytes === -errno.noEntry) return undefined
  throw failure("reading", path, bytes)
}
