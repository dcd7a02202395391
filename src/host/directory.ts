/** What stands in a directory: names as they are. */
import { ask } from "../base/journal.ts"
import { errno } from "../kernel/file-flags.ts"
import { failedWith, failure } from "../kernel/path-calls.ts"
import { type DirectoryEntry, entriesAt } from "../kernel/path-contents.ts"

export type Entry = { readonly name: string; readonly directory: boolean }

/** What is read of one directory: a launch may not take longer for a larger one. Few that people make are. */
export const directoryMax = 1500

/**
 * No more than the first `directoryMax`. A directory that cannot be listed by us cannot be listed inside either: same user,
 * fewer rights.
 */
export function readDirectory(path: string): readonly Entry[] {
  return ask("entries", path, askEntries)
}

export function askEntries(path: string): readonly Entry[] {
  return listDirectory(path, directoryMax) ?? []
}

/** The names in a directory; undefined when it may not be listed. */
export function listNames(path: string): readonly string[] | undefined {
  return ask("names", path, askNames)
}

export function askNames(path: string): readonly string[] | undefined {
  return listDirectory(path)?.map(({ name }) => name)
}

/** @returns nothing for what is not there, undefined for what may not be listed */
function listDirectory(path: string, most?: number): readonly DirectoryEntry[] | undefined {
  const entries = entriesAt(path, most)
  if (typeof entries !== "number") return entries
  if (failedWith(entries, errno.noEntry, errno.notDirectory, errno.tooManyLinks)) return []
  if (failedWith(entries, errno.access, errno.notPermitted)) return undefined
  throw failure("listing", path, entries)
}
