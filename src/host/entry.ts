/** What stands at one path, links not followed. */
import { ask } from "../base/journal.ts"
import { errno, fileTypes } from "../kernel/file-flags.ts"
import { typeAt } from "../kernel/path-calls.ts"
import { linkTarget } from "../kernel/path-contents.ts"
import type { PathKind } from "./path-facts.ts"

/** @property target what a symbolic link says; "" for anything else */
export type Entry = { readonly kind: PathKind | "link"; readonly target: string }

/** @param path whose parent holds no link */
export function readEntry(path: string): Entry {
  return ask("entry", path, askEntry)
}

export function askEntry(path: string): Entry {
  const kind = kindAt(path)
  return kind === "link" ? linkAt(path) : { kind, target: "" }
}

/** Half of the answer, and all of it but for a link. */
export function kindAt(path: string): Entry["kind"] {
  return kindOf(typeAt(path))
}

/** @param type one of `fileTypes` or another, or -errno */
function kindOf(type: number): Entry["kind"] {
  switch (type) {
    case fileTypes.directory:
      return "directory"
    case fileTypes.regular:
      return "file"
    case fileTypes.link:
      return "link"
    // A file stands where a directory would have to be: nothing can stand below it.
    case -errno.notDirectory:
    case -errno.noEntry:
      return "missing"
    default:
      return type < 0 ? "unreachable" : "other"
  }
}

function linkAt(path: string): Entry {
  const target = linkTarget(path)
  // It was a link a moment ago.
  return typeof target === "number" ? { kind: kindOf(target), target: "" } : { kind: "link", target }
}
