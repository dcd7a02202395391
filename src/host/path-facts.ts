/** What stands at a path on this machine, and where the path really leads. Symbolic links are walked by us, one by
 * one, so that a plan knows every link on the way and a missing tail still has a canonical place. */
import { componentsOf, nameOf, parentOf } from "../base/path.ts"
import { readEntry } from "./entry.ts"

export type PathKind = "directory" | "file" | "other" | "missing" | "unreachable"

export type PathFact = {
  /** the path with every link followed; for a missing path, where it would be */
  canonical: string
  kind: PathKind
  /** the symbolic links on the way, by canonical path, and what they say */
  links: readonly SymbolicLink[]
}

export type SymbolicLink = { path: string; target: string }

/** Looks paths up and remembers them: one launch sees one state of the disk. */
export type PathFacts = (path: string) => PathFact

/** path_resolution(7): the kernel gives up after 40 links. */
const linksMax = 40

export function createPathFacts(): PathFacts {
  const root: PathFact = { canonical: "/", kind: "directory", links: [] }
  const facts = new Map<string, PathFact>([["/", root]])
  const factOf = (path: string, linksLeft: number): PathFact => {
    const known = facts.get(path)
    if (known !== undefined) return known
    const parent = factOf(parentOf(path), linksLeft)
    const at = entryOf(parent.canonical, nameOf(path))
    const fact = parent.kind === "directory" ? entryFact(at, parent, linksLeft) : beyond(at, parent)
    // What ran out of links on this way may still be reached on a shorter one.
    if (linksLeft === linksMax || fact.kind !== "unreachable") facts.set(path, fact)
    return fact
  }
  const entryFact = (at: string, parent: PathFact, linksLeft: number): PathFact => {
    const entry = readEntry(at)
    if (entry.kind !== "link") return { canonical: at, kind: entry.kind, links: parent.links }
    const links = [...parent.links, { path: at, target: entry.target }]
    if (linksLeft === 0) return { canonical: at, kind: "unreachable", links }
    const target = targetFact(entry.target, parent, linksLeft - 1)
    return { ...target, links: joined(links, target.links) }
  }
  // Name by name, because `..` behind a link means the parent of where the link leads.
  const targetFact = (target: string, from: PathFact, linksLeft: number): PathFact => {
    let at: PathFact = target.startsWith("/") ? root : from
    for (const name of componentsOf(target).filter(component => component !== ".")) {
      const path = name === ".." ? parentOf(at.canonical) : entryOf(at.canonical, name)
      const next = at.kind === "directory" ? factOf(path, linksLeft) : beyond(path, at)
      at = { ...next, links: joined(at.links, next.links) }
    }
    return at
  }
  return path => factOf(path, linksMax)
}

function entryOf(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`
}

function joined(links: readonly SymbolicLink[], more: readonly SymbolicLink[]): SymbolicLink[] {
  return [...links, ...more.filter(link => !links.some(({ path }) => path === link.path))]
}

/** Below what is not there, or is no directory, nothing is. */
function beyond(at: string, { kind, links }: PathFact): PathFact {
  return { canonical: at, kind: kind === "unreachable" ? "unreachable" : "missing", links }
}
