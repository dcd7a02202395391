/** Inside the sandbox, for `cordon verify`: makes files where it can, and leaves none. Each throws what node:fs throws. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from "node:fs"

/** A file in the directory. */
export function createIn(directory: string): string {
  const path = `${directory}/.cordon-verify-${process.pid}-${Date.now()}`
  closeSync(openSync(path, "wx"))
  unlinkSync(path)
  return ""
}

/** A file below new directories of a new directory. */
export function makeBelow(directory: string, names: readonly string[]): string {
  const top = mkdtempSync(`${directory}/.cordon-verify-`)
  try {
    const path = `${top}/${names.join("/")}`
    mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true })
    closeSync(openSync(path, "wx"))
    return "made"
  } finally {
    rmSync(top, { recursive: true })
  }
}

/** A file in this place, with what directories it needs. */
export function makeAt(path: string): string {
  const made: string[] = []
  try {
    for (let end = path.indexOf("/", 1); end > 0; end = path.indexOf("/", end + 1)) {
      const directory = path.slice(0, end)
      if (existsSync(directory)) continue
      mkdirSync(directory)
      made.push(directory)
    }
    closeSync(openSync(path, "wx"))
    unlinkSync(path)
    return "made"
  } finally {
    for (const directory of made.reverse()) rmdirSync(directory)
  }
}
