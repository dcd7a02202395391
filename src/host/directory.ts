/** What stands in a directory: names as they are, and which of some names there are. */
import { ask } from "../base/journal.ts"
import { isWithin } from "../base/path.ts"
import { errno } from "../kernel/file-flags.ts"
import { failedWith, failure } from "../kernel/path-calls.ts"
import { type DirectoryEntry, entriesAt } from "../kernel/path-contents.ts"
import type { PresentNames } from "../policy/present.ts"
import type { PathFacts } from "./path-facts.ts"

export type Entry = { readonly name: string; readonly directory: boolean }

/** A directory that cannot be listed by us cannot be listed inside either: same user, fewer rights. */
export function readDirectory(path: string): readonly Entry[] {
  return ask("entries", path, askEntries)
}

export function askEntries(path: string): readonly Entry[] {
  return listDirectory(path) ?? []
}

/** Asking for a name costs 2 µs, listing a directory 40 and more. */
const askEachMax = 20

/**
 * Which of the names exist: by asking for each, or by listing the directory once. In the project, which will be writable,
 * all of them count.
 */
export function presentNames(facts: PathFacts, project: string): PresentNames {
  const listed = new Map<string, ReadonlySet<string> | undefined>()
  const namesIn = (directory: string) => {
    if (!listed.has(directory)) {
      const names = listNames(directory)
      listed.set(directory, names === undefined ? undefined : new Set(names))
    }
    return listed.get(directory)
  }
  return (directory, names) => {
    if (isWithin(facts(directory).canonical, project)) return names
    if (names.length <= askEachMax)
      return names.filter(name => facts(`${directory}/${name}`).kind !== "missing")
    const present = namesIn(directory)
    return present === undefined ? names : names.filter(name => present.has(name))
  }
}

/** The names in a directory; undefined when it may not be listed. */
export function listNames(path: string): readonly string[] | undefined {
  return ask("names", path, askNames)
}

export function askNames(path: string): readonly string[] | undefined {
  return listDirectory(path)?.map(({ name }) => name)
}

/** @returns nothing for what is not there, undefined for what may not be listed */
function listDirectory(path: string): readonly DirectoryEntry[] | undefined {
  const entries = entriesAt(path)
  if (typeof entries !== "number") return entries
  if (failedWith(entries, errno.noEntry, errno.notDirectory, errno.tooManyLinks)) return []
  if (failedWith(entries, errno.access, errno.notPermitted)) return undefined
  throw failure("listing", path, entries)
}
