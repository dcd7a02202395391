/**
 * A bounded look at the disk: which files that exist now does a glob or a protected name mean? A launch may not
 * take longer in a larger tree, so the look goes breadth first and stops after a number of entries.
 */
import { UserError } from "../base/error.ts"
import { nameOf } from "../base/path.ts"
import { printable } from "../base/printable.ts"
import { type Component, type Glob, matchesName } from "../policy/glob.ts"
import { NameIndex } from "../policy/name-index.ts"
import { directoryMax, type Entry, listNames, readDirectory, type Unread } from "./directory.ts"
import { readEntry } from "./entry.ts"

export type LookRequest = {
  /** directories to look through, with everything below as far as the bound allows */
  trees: string[]
  /** directories of which only the entries count */
  tops: string[]
  /** patterns whose last name makes an entry worth reporting, wherever it lies in the trees */
  names: Component[]
  /** patterns whose name makes every entry of such a directory worth reporting, wherever it lies in the trees */
  holders: Component[]
  /** patterns with a literal beginning, which are followed name by name */
  globs: Glob[]
  /** the same, of Cordon's own lists: nobody can change them, so they reach as many names as there are */
  ownGlobs?: Glob[]
}

export type LookResult = {
  /** paths that one of the patterns may mean; which of them it does mean is the policy's to say */
  found: string[]
  /** a directory was not read, or not to its end: what a pattern means there may be missing */
  isCut: boolean
}

/** What is looked at below the trees: directories, and entries after which there are no more. About 1 ms on a small machine. */
const entriesMax = 1000
const directoriesMax = 32

/** Names that a person's patterns with a plain beginning may reach: a policy may say many times `/*`. */
const namesMax = 20_000

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
  const look = new Look(request)
  for (const glob of request.globs)
    for (const alternative of glob.alternatives) look.follow(alternative, true)
  for (const glob of request.ownGlobs ?? [])
    for (const alternative of glob.alternatives) look.follow(alternative, false)
  for (const path of request.tops) look.entriesOf(path)
  look.walk(request.trees)
  return { found: look.found, isCut: look.isCut }
}

class Look {
  readonly found: string[] = []
  isCut = false
  readonly #names = new NameIndex<true>()
  readonly #holders = new NameIndex<true>()
  readonly #plainNames: string[] = []
  readonly #listed = new Map<string, readonly Entry[]>()
  /** those of ours that cannot be listed */
  readonly #closed = new Set<string>()
  readonly #namesOf = new Map<string, readonly string[]>()
  #entriesLeft = entriesMax
  #namesLeft = namesMax
  #directoriesLeft = directoriesMax

  constructor({ names, holders }: Pick<LookRequest, "names" | "holders">) {
    for (const holder of holders) this.#holders.add(holder, true)
    for (const name of names) {
      this.#names.add(name, true)
      if (name.kind === "literal") this.#plainNames.push(name.name)
    }
  }

  /** Reports the interesting entries of a directory and returns its directories. */
  entriesOf(path: string): string[] {
    const directories: string[] = []
    const isHolder = this.#holders.has(nameOf(path))
    for (const entry of this.#list(path)) {
      const { name } = entry
      if (isHolder || this.#names.has(name)) this.found.push(`${path}/${name}`)
      if (entry.directory) directories.push(name)
    }
    return directories
  }

  /**
   * Breadth first, bulky directories last. The trees themselves are looked at whatever else there is: their entries are what
   * people think of, and a full directory elsewhere, such as a cache, must not take their masks away.
   */
  walk(trees: readonly string[]): void {
    const queue = [...trees]
    const later: string[] = []
    let treesLeft = trees.length
    for (
      let path = queue.shift() ?? later.shift();
      path !== undefined;
      path = queue.shift() ?? later.shift()
    ) {
      if (treesLeft-- > 0) this.#refuseClosed(path)
      else {
        if (this.#directoriesLeft-- <= 0 || this.#entriesLeft <= 0) return
        this.#entriesLeft -= this.#list(path).length
      }
      const inGit = path.endsWith("/.git")
      for (const name of this.entriesOf(path)) {
        if (inGit && !gitParts.has(name)) continue
        if (bulky.has(name)) later.push(`${path}/${name}`)
        else queue.push(`${path}/${name}`)
      }
    }
  }

  /** Follows a pattern from its literal beginning, bounded or not; what stands behind a `**` is found by the walk. */
  follow(pattern: readonly Component[], isBounded: boolean): void {
    let paths = [""]
    for (const component of pattern) {
      if (component.kind === "names") return
      const next: string[] = []
      for (const path of paths)
        if (component.kind === "literal") next.push(`${path}/${component.name}`)
        else
          for (const name of this.#namesIn(path || "/", isBounded))
            if (matchesName(component, name)) next.push(`${path}/${name}`)
      paths = next
    }
    this.found.push(...paths)
  }

  /** Names alone are a third of the price of names with what they are. */
  #namesIn(path: string, isBounded: boolean): readonly string[] {
    const known = this.#namesOf.get(path)
    if (known !== undefined) return known
    const listed = listNames(path)
    if (isClosedByUs(listed)) this.isCut = true
    const names = typeof listed === "string" ? [] : listed
    this.#namesOf.set(path, names)
    if (isBounded) this.#namesLeft -= names.length
    if (this.#namesLeft < 0)
      throw new UserError(
        `the globs of the policy reach more than ${namesMax} names, the last of them in ${printable(path)}`,
        "begin them with a plainer path, or use ** below the project",
      )
    return names
  }

  #list(path: string): readonly Entry[] {
    const known = this.#listed.get(path)
    if (known !== undefined) return known
    const read = readDirectory(path)
    if (read === "ours") this.#closed.add(path)
    const begun = typeof read === "string" ? [] : read
    const isCut = isClosedByUs(read) || begun.length === directoryMax
    this.isCut ||= isCut
    const entries = isCut ? [...begun, ...this.#furtherIn(path, begun)] : begun
    this.#listed.set(path, entries)
    return entries
  }

  /** Links in it may lead to what is denied or protected, and what they lead to is not known. */
  #refuseClosed(tree: string): void {
    this.#list(tree)
    if (!this.#closed.has(tree)) return
    const name = printable(tree)
    throw new UserError(
      `${name} cannot be listed, so nothing can be said of what is in it`,
      `chmod u+rx ${name}`,
    )
  }

  /** Of a directory too large to be read, what has a name that needs no reading. */
  #furtherIn(path: string, begun: readonly Entry[]): Entry[] {
    const known = new Set(begun.map(({ name }) => name))
    return this.#plainNames
      .filter(name => !known.has(name))
      .map(name => ({ name, kind: readEntry(`${path}/${name}`).kind }))
      .filter(({ kind }) => kind !== "missing" && kind !== "unreachable")
      .map(({ name, kind }) => ({ name, directory: kind === "directory" }))
  }
}

/** Inside it can be opened again, by who closed it perhaps. What is somebody else's cannot be listed there either. */
function isClosedByUs(read: readonly unknown[] | Unread): boolean {
  return read === "ours" || read === "too far down"
}
