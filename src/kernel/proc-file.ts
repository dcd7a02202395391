/** Files of proc(5). */
import { errno } from "./file-flags.ts"
import { failedWith, failure } from "./path-calls.ts"
import { readPath } from "./path-contents.ts"

/**
 * A file below `/proc` as text, bytes as latin1: names in it can be anything.
 * @returns undefined when what it is about has ended, or this kernel does not have it
 */
export function readProc(name: string): string | undefined {
  const path = `/proc/${name}`
  const bytes = readPath(path)
  if (typeof bytes !== "number") return bytes.toString("latin1")
  if (failedWith(bytes, errno.noEntry, errno.noProcess)) return undefined
  throw failure("reading", path, bytes)
}
