/**
 * What may be read, as Landlock takes it (landlock(7)): it knows trees that are allowed and nothing that is denied, so a
 * directory with something denied in it becomes the list of all else that is in it.
 */
import { isBelow, isWithin, lineageOf, parentOf } from "../base/path.ts"
import type { Access } from "../policy/layer.ts"

export type AllowedTree = { path: string; kind: "directory" | "file" }

export type AllowRequest = {
  accessOf: (path: string) => Access
  /** canonical places at which the answer may change, shallow first */
  places: readonly string[]
  /** what is in a directory; undefined when that cannot be told */
  list: (directory: string) => readonly AllowedTree[] | undefined
  kindOf: (path: string) => AllowedTree["kind"] | undefined
}

/** Entries in all; a directory that would make it more is allowed as a whole, and only the live engine denies in it. */
const entriesMax = 4000

/** Nothing is executed there, and every opening is judged by itself. */
const withoutPrograms = ["/proc", "/sys", "/dev"]

export function allowSet(request: AllowRequest): AllowedTree[] {
  return new AllowSet(request).trees
}

class AllowSet {
  readonly trees: AllowedTree[] = []
  readonly #request: AllowRequest
  /** directories with something denied below them */
  readonly #above = new Set<string>()
  #left = entriesMax

  constructor(request: AllowRequest) {
    this.#request = request
    for (const path of request.places)
      if (request.accessOf(path) === "deny")
        for (const above of lineageOf(parentOf(path))) this.#above.add(above)
    this.#add({ path: "/", kind: "directory" })
  }

  #add(tree: AllowedTree): void {
    const { path, kind } = tree
    const access = this.#request.accessOf(path)
    if (withoutPrograms.includes(path)) return
    if (access === "deny") this.#addBelow(path)
    // In what is writable names come and go: what is denied there only the live engine can deny.
    else if (kind === "file" || access === "write" || !this.#above.has(path)) this.trees.push(tree)
    else this.#addEach(tree)
  }

  #addEach(tree: AllowedTree): void {
    const entries = this.#request.list(tree.path)
    if (entries === undefined || entries.length > this.#left) this.trees.push(tree)
    else {
      this.#left -= entries.length
      for (const entry of entries) this.#add(entry)
    }
  }

  /** The places that are open in what is denied. */
  #addBelow(path: string): void {
    const { places, accessOf, kindOf } = this.#request
    const added: string[] = []
    for (const place of places) {
      if (!isBelow(place, path) || added.some(tree => isWithin(place, tree)) || accessOf(place) === "deny")
        continue
      const kind = kindOf(place)
      if (kind === undefined) continue
      added.push(place)
      this.#add({ path: place, kind })
    }
  }
}
