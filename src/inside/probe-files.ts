/** Inside the sandbox, for `cordon verify`: makes files where it can, and leaves none. Each throws what node:fs throws. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  rmdirSync,
  unlinkSync,
} from "node:fs"
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

/** A program that runs is not opened for writing whatever the rules are (ETXTBSY): then what access(2) says goes before. */
export function openForWriting(path: string): string {
  const place = systemPath(path)
  try {
    closeSync(openSync(place, "r+"))
    return ""
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ETXTBSY") accessSync(place, constants.W_OK)
    throw cause
  }
}
