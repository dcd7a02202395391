/** What stands in a directory: names as they are. */
import { ask } from "../base/journal.ts"
import { errno } from "../kernel/file-flags.ts"
import { failedWith, failure, statusAt } from "../kernel/path-calls.ts"
import { type DirectoryEntry, entriesAt } from "../kernel/path-contents.ts"

export type Entry = { readonly name: string; readonly directory: boolean }

/** What is read of one directory: a launch may not take longer for a larger one. Few that people make are. */
export const directoryMax = 1500

/**
 * Why nothing is known of what is in a directory: it is ours, and whoever is us inside can open it again (chmod(2)); it is
 * somebody else's; its path is longer than calls take.
 */
export type Unread = "ours" | "another's" | "too far down"

/** No more than the first `directoryMax`. */
export function readDirectory(path: string): readonly Entry[] | Unread {
  return ask("entries", path, askEntries)
}

export function askEntries(path: string): readonly Entry[] | Unread {
  return listDirectory(path, directoryMax)
}

/** The names in a directory. */
export function listNames(path: string): readonly string[] | Unread {
  return ask("names", path, askNames)
}

export function askNames(path: string): readonly string[] | Unread {
  const entries = listDirectory(path)
  return typeof entries === "string" ? entries : entries.map(({ name }) => name)
}

/** @returns nothing for what is not there */
function listDirectory(path: string, most?: number): readonly DirectoryEntry[] | Unread {
  const entries = entriesAt(path, most)
  if (typeof entries !== "number") return entries
  if (failedWith(entries, errno.noEntry, errno.notDirectory, errno.tooManyLinks)) return []
  if (failedWith(entries, errno.nameTooLong)) return "too far down"
  if (failedWith(entries, errno.access, errno.notPermitted)) return isOurs(path) ? "ours" : "another's"
  throw failure("listing", path, entries)
}

/** Or may be: what stands in a directory of ours that cannot be searched is not known. */
function isOurs(path: string): boolean {
  const status = statusAt(path, { follow: true })
  return typeof status === "number" || status.owner === process.geteuid?.()
}
