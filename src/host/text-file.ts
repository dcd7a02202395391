/** Small files of the machine's, read as a whole. */
import { readFileSync, statSync } from "node:fs"
import { ask } from "../base/journal.ts"

/**
 * The text of a file; undefined where there is none.
 * @throws Error of node:fs when it is there and cannot be read
 */
export function readTextFile(path: string): string | undefined {
  return ask("text file", path, askTextFile)
}

export function askTextFile(path: string): string | undefined {
  try {
    // Most launches find no list of trusted policies, and an exception costs 0.1 ms.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined
    return readFileSync(path, "utf8")
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    return undefined
  }
}
