/** Inside the sandbox, for `cordon verify`: makes files where it can, and leaves none. Each throws what node:fs throws. */
import { closeSync, existsSync, mkdirSync, openSync, rmdirSync, unlinkSync } from "node:fs"
import { systemPath } from "../base/path-bytes.ts"

/** A file in this place. */
export function create(path: string): string {
  const place = systemPath(path)
  closeSync(openSync(place, "wx"))
  unlinkSync(place)
  return "made"
}

/** The same, with what directories it needs. */
export function makeAt(path: string): string {
  const made: string[] = []
  try {
    for (let end = path.indexOf("/", 1); end > 0; end = path.indexOf("/", end + 1)) {
      const directory = path.slice(0, end)
      if (existsSync(systemPath(directory))) continue
      mkdirSync(systemPath(directory))
      made.push(directory)
    }
    return create(path)
  } finally {
    for (const directory of made.reverse()) rmdirSync(systemPath(directory))
  }
}
