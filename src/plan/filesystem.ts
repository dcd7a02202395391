/**
 * Rules → mounts. Places are taken shallow first; each is compared with what is mounted above it, and only where
 * the answer changes is there a mount. No mount point is ever made on the host: a place that does not exist is
 * either inside a directory of the sandbox's own, or it is reported as not yet live.
 */
import { lineageOf, parentOf } from "../base/path.ts"
import type { PathFacts, SymbolicLink } from "../host/path-facts.ts"
import type { Access } from "../policy/layer.ts"
import { isWritten } from "../policy/merge-network.ts"
import { formatSource } from "../policy/source.ts"
import type { Mount } from "./launch-plan.ts"
import { between, type Node, type NodeContext, nodeAt, shallowFirst, whyOf } from "./nodes.ts"
import { isNumberedByHost } from "./own-places.ts"

export type FilesystemPlan = {
  mounts: Mount[]
  warnings: string[]
  /** a denied place has no mount, because it cannot be looked at from outside and could be inside (chmod(2)) */
  isUnsure: boolean
}

export type FilesystemRequest = NodeContext & {
  /** canonical places, shallow first (`placesOf`) */
  places: readonly string[]
  /** links that lead to visible places (`linksOf`) */
  links: readonly SymbolicLink[]
  facts: PathFacts
}

export function planFilesystem(request: FilesystemRequest): FilesystemPlan {
  const nodes = request.places.map(path => nodeAt(path, request))
  const builder = new FilesystemBuilder(nodes)
  for (const node of withPins(nodes, request)) builder.place(node)
  for (const link of request.links) builder.link(link)
  builder.seal()
  return { mounts: builder.mounts, warnings: builder.warnings, isUnsure: builder.isUnsure }
}

/** What is mounted at a place, and whether the host's files show there. */
type Ground = { path: string; access: Access }

/** `pinned`: a directory that may not be moved away, because something below it is denied or protected. */
type Placed = Node & { pinned: boolean }

/**
 * rename(2) refuses to move a mount point, and only that: every directory between a writable tree and a place in
 * it that is denied or protected becomes one, or the rule would lose its place to `mv sub sub2`.
 */
function withPins(nodes: readonly Node[], context: NodeContext): Placed[] {
  const placed = new Map<string, Placed>()
  for (const { path, kind, access, verdict } of nodes)
    placed.set(path, { path, kind, access, verdict, pinned: false })
  for (const node of nodes) {
    if (node.access === "write" || node.access === "private" || node.kind === "missing") continue
    const tree = nearest(node.path, placed)
    if (tree?.access !== "write") continue
    const writable =
      lineageOf(parentOf(node.path)).find(path => placed.get(path)?.access === "write") ?? tree.path
    for (const path of between(writable, node.path)) {
      const known = placed.get(path)
      if (known === undefined) placed.set(path, { ...nodeAt(path, context), pinned: true })
      else if (known.access === "write") known.pinned = true
    }
  }
  return placed.size === nodes.length
    ? [...placed.values()]
    : shallowFirst(placed.keys()).flatMap(path => placed.get(path) ?? [])
}

/** What is known of the closest directory above the path of which anything is. */
function nearest<T>(path: string, known: ReadonlyMap<string, T>): T | undefined {
  for (let at = path; at !== "/"; ) {
    at = parentOf(at)
    const found = known.get(at)
    if (found !== undefined) return found
  }
  return undefined
}

class FilesystemBuilder {
  readonly mounts: Mount[] = []
  readonly warnings: string[] = []
  isUnsure = false
  readonly #grounds = new Map<string, Ground>()
  /** directories with something visible below them */
  readonly #passages = new Set<string>()
  readonly #sealed: string[] = []

  constructor(nodes: readonly Node[]) {
    for (const { path, kind, access } of nodes) {
      if (access === "deny" || kind === "missing" || kind === "unreachable") continue
      for (let at = parentOf(path); !this.#passages.has(at); at = parentOf(at)) this.#passages.add(at)
    }
  }

  place(node: Placed): void {
    const ground = node.path === "/" ? undefined : nearest(node.path, this.#grounds)
    if (ground === undefined) this.#root(node)
    else if (ground.access === "private" && isNumberedByHost(node.path)) return
    else if (node.access === "private") this.#private(node, ground)
    else if (node.access === "deny") this.#hide(node, ground)
    else this.#show(node, ground)
  }

  #root(node: Placed): void {
    this.#grounds.set("/", { path: "/", access: node.access })
    if (node.access === "deny") this.#sealed.push("/")
    else
      this.mounts.push({
        kind: "host",
        path: "/",
        access: node.access === "write" ? "write" : "read",
        why: whyOf(node.verdict),
      })
  }

  #private(node: Placed, ground: Ground): void {
    const { path } = node
    const why = whyOf(node.verdict)
    // On a host's tree a mount point has to be there already; in a directory of ours it can be made.
    if (node.kind !== "directory" && ground.access !== "deny") return
    if (path === "/proc" || path === "/dev")
      this.mounts.push({ kind: path === "/proc" ? "proc" : "dev", path, why })
    else this.mounts.push({ kind: "private", path, mode: path === "/run" ? 0o755 : 0o1777, why })
    this.#grounds.set(path, { path, access: "private" })
  }

  #hide(node: Placed, ground: Ground): void {
    const { path } = node
    if (ground.access === "deny") return
    if (node.kind === "unreachable") {
      this.isUnsure ||= ground.access === "write"
      return
    }
    // In /dev there are devices; those in our own are the host's, by the same names.
    const ownTree = ground.access === "private" && ground.path !== "/proc" && ground.path !== "/dev"
    if (node.kind === "missing" && !ownTree) return
    const why = whyOf(node.verdict)
    if (node.kind === "directory" || ownTree) {
      const passable = this.#passages.has(path)
      this.mounts.push({ kind: "hidden-directory", path, passable, why })
      this.#sealed.push(path)
    } else this.mounts.push({ kind: "hidden-file", path, why })
    this.#grounds.set(path, { path, access: "deny" })
  }

  #show(node: Placed, ground: Ground): void {
    const { path } = node
    const access = node.access === "write" ? "write" : "read"
    if (node.kind === "missing" || node.kind === "unreachable") this.#showMissing(node, ground)
    else if (ground.access !== access || node.pinned) {
      const why = whyOf(node.verdict)
      this.mounts.push({ kind: "host", path, access, why: node.pinned ? `pinned: ${why}` : why })
      this.#grounds.set(path, { path, access })
    }
  }

  #showMissing(node: Placed, ground: Ground): void {
    const deciding = node.verdict.protection ?? node.verdict.rule
    if (node.access === "write" && ground.access !== "write" && isWritten(deciding))
      this.warnings.push(
        `${formatSource(deciding.source)}: ${node.path} does not exist, so it cannot be written inside; make it first`,
      )
  }

  /** A link whose place is in a hidden or private directory is made there again. */
  link({ path, target }: SymbolicLink): void {
    const ground = nearest(path, this.#grounds)
    if (this.#grounds.has(path) || ground === undefined) return
    if (ground.access === "deny" || ground.access === "private")
      this.mounts.push({ kind: "link", path, target, why: "a link that leads to a visible place" })
  }

  /** Last, and deep first: whatever is mounted inside a hidden directory has found its mount point by now. */
  seal(): void {
    for (const path of [...this.#sealed].reverse())
      this.mounts.push({ kind: "sealed", path, why: "nothing may be written where nothing is shown" })
  }
}
