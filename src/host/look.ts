/**
 * A bounded look at the disk: which files that exist now does a glob or a protected name mean? A launch may not
 * take longer in a larger tree, so the look goes breadth first and stops after a number of entries, and it says so.
 */
import { type Dirent, readdirSync, statSync } from "node:fs"
import { replacement, systemPath, textOf } from "../base/path-bytes.ts"
import { type Component, type Glob, matchesName } from "../policy/glob.ts"
import { NameIndex } from "../policy/name-index.ts"
import type { PresentNames } from "../policy/present.ts"
import type { PathFacts } from "./path-facts.ts"

export type LookRequest = {
  /** directories to look through, with everything below as far as the bound allows */
  trees: readonly string[]
  /** directories of which only the entries count */
  tops: readonly string[]
  /** patterns whose last name makes an entry worth reporting, wherever it lies in the trees */
  names: readonly Component[]
  /** patterns with a literal beginning, which are followed name by name */
  globs: readonly Glob[]
}

export type LookResult = {
  /** paths that one of the patterns may mean; which of them it does mean is the policy's to say */
  found: string[]
  /** directories below which nothing was looked at */
  unseen: string[]
}

/** Directory entries and directories that one look may touch: about 1 ms on a small machine. */
const entriesMax = 1000
const directoriesMax = 32

/** Visited last: large, and made by tools rather than people. */
const bulky = new Set([
  "node_modules",
  "target",
  "dist",
  "build",
  ".venv",
  "venv",
  "__pycache__",
  ".next",
  ".cache",
])
/** Of git's own directory only the parts that hold something to run are of interest. */
const gitParts = new Set(["hooks", "modules", "worktrees", "info"])

export function lookThrough(request: LookRequest): LookResult {
  const look = new Look(request.names)
  for (const glob of request.globs) for (const alternative of glob.alternatives) look.follow(alternative)
  for (const path of request.tops) look.entriesOf(path)
  return { found: look.found, unseen: look.walk(request.trees) }
}

type Entry = { name: string; directory: boolean }

class Look {
  readonly found: string[] = []
  readonly #names = new NameIndex<true>()
  readonly #listed = new Map<string, Entry[]>()
  #entriesLeft = entriesMax
  #directoriesLeft = directoriesMax

  constructor(names: readonly Component[]) {
    for (const name of names) this.#names.add(name, true)
  }

  /** Reports the interesting entries of a directory and returns its directories. */
  entriesOf(path: string): string[] {
    const directories: string[] = []
    for (const entry of this.#list(path)) {
      const { name } = entry
      if (this.#names.find(name).length > 0) this.found.push(`${path}/${name}`)
      if (entry.directory) directories.push(name)
    }
    return directories
  }

  /** Breadth first, bulky directories last; returns the directories that were left out. */
  walk(trees: readonly string[]): string[] {
    const queue = [...trees]
    const later: string[] = []
    for (
      let path = queue.shift() ?? later.shift();
      path !== undefined;
      path = queue.shift() ?? later.shift()
    ) {
      if (this.#directoriesLeft-- <= 0 || this.#entriesLeft <= 0) return [path, ...queue, ...later]
      const inGit = path.endsWith("/.git")
      for (const name of this.entriesOf(path)) {
        if (inGit && !gitParts.has(name)) continue
        if (bulky.has(name)) later.push(`${path}/${name}`)
        else queue.push(`${path}/${name}`)
      }
    }
    return []
  }

  /** Follows a pattern from its literal beginning; what stands behind a `**` is found by the walk. */
  follow(pattern: readonly Component[]): void {
    let paths = [""]
    for (const component of pattern) {
      if (component.kind === "names") return
      if (component.kind === "literal") paths = paths.map(path => `${path}/${component.name}`)
      else
        paths = paths.flatMap(path =>
          this.#list(path || "/").flatMap(({ name }) =>
            matchesName(component, name) ? [`${path}/${name}`] : [],
          ),
        )
    }
    this.found.push(...paths)
  }

  #list(path: string): Entry[] {
    const known = this.#listed.get(path)
    if (known !== undefined) return known
    const entries = readDirectory(path)
    this.#listed.set(path, entries)
    this.#entriesLeft -= entries.length
    return entries
  }
}

/** A directory that cannot be listed by us cannot be listed inside either: same user, fewer rights. */
function readDirectory(path: string): Entry[] {
  return listDirectory(path, () => readEntries(path)) ?? []
}

/** Most directories hold plain names; one that does not is read again as bytes. */
function readEntries(path: string): Entry[] {
  const entries = readdirSync(systemPath(path), { withFileTypes: true })
  if (!entries.some(({ name }) => name.includes(replacement))) return entries.map(entryOf)
  const raw = readdirSync(systemPath(path), { withFileTypes: true, encoding: "buffer" })
  return raw.map(entry => ({ ...entryOf(entry), name: textOf(entry.name) }))
}

function entryOf(entry: Dirent | Dirent<Buffer>): Entry {
  return { name: String(entry.name), directory: entry.isDirectory() }
}

/** Asking for a name costs 2 µs, listing a directory 40 and more. */
const askEachMax = 20

/** Which of the names exist: by asking for each, or by listing the directory once. */
export function presentNames(facts: PathFacts): PresentNames {
  const listed = new Map<string, ReadonlySet<string> | undefined>()
  const namesIn = (directory: string) => {
    if (!listed.has(directory)) {
      const names = listDirectory(directory, () => readdirSync(directory))
      listed.set(directory, names === undefined ? undefined : new Set(names))
    }
    return listed.get(directory)
  }
  return (directory, names) => {
    if (names.length <= askEachMax)
      return names.filter(name => facts(`${directory}/${name}`).kind !== "missing")
    const present = namesIn(directory)
    return present === undefined ? names : names.filter(name => present.has(name))
  }
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
