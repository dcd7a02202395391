/** What stands in a directory: names as they are, and which of some names there are. */
import { type Dirent, lstatSync, readdirSync, statSync } from "node:fs"
import { ask } from "../base/journal.ts"
import { isWithin } from "../base/path.ts"
import { replacement, systemPath, textOf } from "../base/path-bytes.ts"
import type { PresentNames } from "../policy/present.ts"
import type { PathFacts } from "./path-facts.ts"

export type Entry = { readonly name: string; readonly directory: boolean }

/** A directory that cannot be listed by us cannot be listed inside either: same user, fewer rights. */
export function readDirectory(path: string): readonly Entry[] {
  return ask("entries", path, askEntries)
}

export function askEntries(path: string): readonly Entry[] {
  return listDirectory(path, () => readEntries(path)) ?? []
}

/** Most directories hold plain names; one that does not is read again as bytes. */
function readEntries(path: string): Entry[] {
  const entries = readdirSync(systemPath(path), { withFileTypes: true })
  if (!entries.some(({ name }) => name.includes(replacement))) return entries.map(entryOf)
  // The runtime gives no types with names as bytes, so each is asked for.
  return readdirSync(systemPath(path), { encoding: "buffer" }).map(bytes => {
    const name = textOf(bytes)
    const stat = lstatSync(systemPath(`${path}/${name}`), { throwIfNoEntry: false })
    return { name, directory: stat?.isDirectory() === true }
  })
}

function entryOf(entry: Dirent): Entry {
  return { name: entry.name, directory: entry.isDirectory() }
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
  const names = listDirectory(path, () => readdirSync(systemPath(path)))
  if (names === undefined || !names.some(name => name.includes(replacement))) return names
  return readdirSync(systemPath(path), { encoding: "buffer" }).map(textOf)
}

/** @returns nothing for what is not there, undefined for what may not be listed */
function listDirectory<T>(path: string, list: () => T[]): T[] | undefined {
  try {
    // Most directories that patterns name do not exist, and an exception costs 0.1 ms.
    return statSync(systemPath(path), { throwIfNoEntry: false })?.isDirectory() ? list() : []
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return []
    if (code === "EACCES" || code === "EPERM") return undefined
    throw cause
  }
}
