/** What stands at one path, links not followed. */
import { lstatSync, readlinkSync } from "node:fs"
import { ask } from "../base/journal.ts"
import { replacement, systemPath, textOf } from "../base/path-bytes.ts"
import type { PathKind } from "./path-facts.ts"

/** @property target what a symbolic link says; "" for anything else */
export type Entry = { readonly kind: PathKind | "link"; readonly target: string }

/** @param path whose parent holds no link */
export function readEntry(path: string): Entry {
  return ask("entry", path, askEntry)
}

/** Most places that are asked about do not exist, and an exception costs 0.1 ms. */
const quietly = { throwIfNoEntry: false } as const
const missing: Entry = { kind: "missing", target: "" }

export function askEntry(path: string): Entry {
  try {
    const place = systemPath(path)
    const stat = lstatSync(place, quietly)
    if (stat === undefined) return missing
    if (stat.isSymbolicLink()) return { kind: "link", target: readTarget(place) }
    return { kind: stat.isDirectory() ? "directory" : stat.isFile() ? "file" : "other", target: "" }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    // ENOTDIR: a file stands where a directory would have to be, so nothing can stand below it.
    return { kind: code === "ENOTDIR" || code === "ENOENT" ? "missing" : "unreachable", target: "" }
  }
}

/** Most targets are plain text; one that is not is read again as bytes. */
function readTarget(place: string | Buffer): string {
  const target = readlinkSync(place, "utf8")
  return target.includes(replacement) ? textOf(readlinkSync(place, "buffer")) : target
}
