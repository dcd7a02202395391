/**
 * A directory that is moved takes everything below it along: `mv prepared .git` would make hooks that nobody could have
 * written in place, and `mv .git elsewhere` takes the protection off those that are there.
 */

import { textOf } from "../base/path-bytes.ts"
import { close, openAt } from "../kernel/file-calls.ts"
import { namesIn } from "../kernel/file-contents.ts"
import { errno, fileTypes, flags } from "../kernel/file-flags.ts"
import { typeOf } from "../kernel/file-identity.ts"
import { pinned } from "../kernel/raw-call.ts"
import type { Answer, Gate } from "./gate.ts"
import type { Place } from "./place.ts"

/** More or deeper than this is refused rather than looked through: the program waits, and everything else with it. */
const entriesMax = 20_000
const depthMax = 100

/** @param to the path that the directory will have */
export function mayMove(from: Place, to: string, gate: Gate): Answer {
  // What only the exception for a begun repository lets be made is made in place, where each name is looked at.
  if (gate.write(from.path) < 0 || gate.write(to) < 0) return -errno.access
  if (!gate.reach.tellsApart(from.path, to)) return 0
  const descriptor = from.pin()
  if (descriptor < 0) return descriptor
  const walk: Walk = { gate, left: entriesMax }
  const same = sameBelow(descriptor, { from: from.path, to, depth: 0 }, walk)
  close(descriptor)
  return same ? 0 : -errno.access
}

type Walk = { gate: Gate; left: number }
type Paths = { from: string; to: string; depth: number }

/** What cannot be looked through is not moved. */
function sameBelow(directory: number, { from, to, depth }: Paths, walk: Walk): boolean {
  const names = namesIn(directory, walk.left)
  if (names === undefined || depth >= depthMax) return false
  walk.left -= names.length
  return names.every(name => {
    const text = textOf(name)
    const paths = { from: `${from}/${text}`, to: `${to}/${text}`, depth: depth + 1 }
    const below = openAt(directory, terminated(name), flags.path | flags.noFollow)
    if (below < 0) return false
    const type = typeOf(below)
    const same =
      isSame(paths, type, walk.gate) && (type !== fileTypes.directory || sameBelow(below, paths, walk))
    close(below)
    return same
  })
}

function isSame({ from, to }: Paths, type: number, gate: Gate): boolean {
  const write = (path: string) =>
    type === fileTypes.directory
      ? gate.write(path)
      : type === fileTypes.link
        ? gate.writeLink(path)
        : gate.writeFile(path)
  return write(from) === write(to) && gate.read(from) === gate.read(to)
}

const terminatedName = pinned(256)

function terminated(name: Uint8Array): number {
  terminatedName.bytes.set(name)
  terminatedName.bytes[name.length] = 0
  return terminatedName.address
}
