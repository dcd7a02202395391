/** What stands on the host, by names as bytes: text would not find those that are no UTF-8. */
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs"

/** Path from the directory, a character for each byte → what stands there and when it was changed. */
export type HostTree = ReadonlyMap<string, string>

type Bounds = {
  /** a directory that is left out, by its path from the first one */
  without?: string
}

/** Everything below a directory, and itself as "". */
export function hostTree(directory: string, { without }: Bounds = {}): HostTree {
  const tree = new Map<string, string>()
  const add = (path: Buffer, below: string) => {
    if (below === without) return
    const facts = lstatSync(path, { bigint: true })
    tree.set(below, factsOf(path, facts))
    if (!facts.isDirectory()) return
    for (const name of readdirSync(path, { encoding: "buffer" }))
      add(Buffer.concat([path, Buffer.from("/"), name]), `${below}/${name.toString("latin1")}`)
  }
  add(Buffer.from(directory), "")
  return tree
}

/** A directory changes with every name in it, which has a line of its own. */
function factsOf(path: Buffer, facts: BigIntStats): string {
  const mode = facts.mode.toString(8)
  if (facts.isDirectory()) return `directory ${mode} ${facts.ino}`
  if (facts.isSymbolicLink()) return `link ${facts.ino} → ${readlinkSync(path, { encoding: "latin1" })}`
  const own = `${mode} ${facts.ino} ${facts.nlink} ${facts.mtimeNs}`
  // A file may be terabytes of nothing; what is protected is small.
  return facts.isFile() && facts.size < 4096n ? `file ${own} ${contentOf(path)}` : `other ${own}`
}

function contentOf(path: Buffer): string {
  try {
    return readFileSync(path, "latin1")
  } catch (error) {
    // An ordinary user cannot read a file that was closed inside.
    if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error
    return "(unreadable)"
  }
}
