/** What stands in a directory, as data that two moments can be compared by. */
import { createHash } from "node:crypto"
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"

/** Path from the directory → type, mode, size and what it holds; no times. */
export type Tree = Readonly<Record<string, string>>

/** Everything below a directory, the directory itself as ".". */
export function treeOf(directory: string): Tree {
  const tree: Record<string, string> = { ".": factsOf(directory) }
  for (const path of pathsBelow(directory, "").sort()) tree[path] = factsOf(join(directory, path))
  return tree
}

function pathsBelow(root: string, below: string): string[] {
  return entriesOf(join(root, below)).flatMap(entry => {
    const path = join(below, entry.name)
    return entry.isDirectory() ? [path, ...pathsBelow(root, path)] : [path]
  })
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    // A directory of mode 0 has no entries for an ordinary user, before as after.
    if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error
    return []
  }
}

function factsOf(path: string): string {
  const facts = lstatSync(path)
  const mode = (facts.mode & 0o7777).toString(8).padStart(4, "0")
  if (facts.isSymbolicLink()) return `link → ${readlinkSync(path)}`
  if (facts.isDirectory()) return `directory ${mode}`
  if (facts.isFile()) return `file ${mode} ${facts.size} ${hashOf(path)}`
  return `other ${(facts.mode & 0o170000).toString(8)} ${mode}`
}

function hashOf(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error
    return "unreadable"
  }
}
