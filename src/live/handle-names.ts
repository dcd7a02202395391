/** From the arguments of the calls on names to what names.ts needs. */
import { close } from "../kernel/file-calls.ts"
import { at, errno, flags } from "../kernel/file-flags.ts"
import type { Handlers } from "./engine.ts"
import { followLinks } from "./follow.ts"
import {
  makeDirectoryAt,
  makeLinkAt,
  makeNodeAt,
  makeSymlinkAt,
  notMakeable,
  renameAt,
  unlinkAt,
} from "./names.ts"
import { below } from "./program-path.ts"
import type { Outcome, Session } from "./session.ts"

/** Indices of the arguments of one path; without a descriptor it starts at the working directory. */
type PathArguments = { directory?: number; path: number }

export const nameHandlers: Handlers = {
  mkdir: session => mkdir(session, { path: 0 }, 1),
  mkdirat: session => mkdir(session, { directory: 0, path: 1 }, 2),
  mknod: session => mknod(session, { path: 0 }, 1),
  mknodat: session => mknod(session, { directory: 0, path: 1 }, 2),
  symlink: session => symlink(session, { path: 1 }),
  symlinkat: session => symlink(session, { directory: 1, path: 2 }),
  unlink: session => remove(session, { path: 0 }, 0),
  rmdir: session => remove(session, { path: 0 }, at.removeDirectory),
  unlinkat: session => remove(session, { directory: 0, path: 1 }, session.listener.int(2)),
  rename: session => move(session, oldForm, 0),
  renameat: session => move(session, newForm, 0),
  renameat2: session => move(session, newForm, session.listener.int(4)),
  link: session => hardLink(session, oldForm, 0),
  linkat: session => hardLink(session, newForm, session.listener.int(4)),
}

type TwoPaths = { from: PathArguments; to: PathArguments }
const oldForm: TwoPaths = { from: { path: 0 }, to: { path: 1 } }
const newForm: TwoPaths = { from: { directory: 0, path: 1 }, to: { directory: 2, path: 3 } }

function mkdir(session: Session, form: PathArguments, mode: number): Outcome {
  const { place, listener, permissions, umasks } = session
  // There is nothing to be decided then: npm makes each directory again for each file in it.
  if (isThere(session, form)) return -errno.exists
  umasks.take(listener.thread)
  return located(session, form) || makeDirectoryAt(place, listener.int(mode), permissions)
}

/** Whether anything is, a link as itself. Only looked at: the caller may be gone, and its number another's. */
function isThere(session: Session, form: PathArguments): boolean {
  const path = session.place.text
  if (path.copy(session.listener.pointer(form.path)) < 0 || path.start(baseOf(session, form)) < 0)
    return false
  if (path.isWhole) return false
  const found = path.open(path.address, flags.path | flags.noFollow, { resolving: below })
  if (found >= 0) close(found)
  return found >= 0
}

function mknod(session: Session, form: PathArguments, mode: number): Outcome {
  const { place, listener, permissions, umasks } = session
  umasks.take(listener.thread)
  const node = { mode: listener.int(mode), device: listener.int(mode + 1) }
  return located(session, form) || makeNodeAt(place, node, permissions)
}

function symlink(session: Session, form: PathArguments): Outcome {
  const { place, listener, permissions, name } = session
  const length = listener.readString(listener.pointer(0), name)
  if (length <= 0) return length || -errno.noEntry
  return located(session, form) || makeSymlinkAt(place, name.address, permissions)
}

function remove(session: Session, form: PathArguments, unlinkFlags: number): Outcome {
  if ((unlinkFlags & ~at.removeDirectory) !== 0) return -errno.invalid
  return located(session, form) || unlinkAt(session.place, unlinkFlags, session.permissions)
}

function move(session: Session, { from, to }: TwoPaths, renameFlags: number): Outcome {
  const { place, other, permissions } = session
  // RENAME_NOREPLACE or RENAME_EXCHANGE; RENAME_WHITEOUT leaves a device behind.
  if (![0, 1, 2].includes(renameFlags)) return -errno.invalid
  return (
    located(session, from) || located(session, to, other) || renameAt(place, other, renameFlags, permissions)
  )
}

function hardLink(session: Session, { from, to }: TwoPaths, linkFlags: number): Outcome {
  const { place, other, listener, permissions } = session
  if ((linkFlags & ~(at.symlinkFollow | at.emptyPath)) !== 0) return -errno.invalid
  const source = place.locate(baseOf(session, from), listener.pointer(from.path), {
    emptyIsBase: (linkFlags & at.emptyPath) !== 0,
  })
  if (source < 0) return source
  const follows = (linkFlags & at.symlinkFollow) !== 0 || place.mustBeDirectory
  const followed = follows ? followLinks(place) : 0
  // The link `/proc/self/fd/N` itself is meant, and is on another file system than all that can be made.
  const isProcLink = place.isObject && linkFlags === 0 && !follows
  const reached = followed || located(session, to, other)
  if (reached < 0) return reached
  if (!isProcLink) return makeLinkAt(place, other, permissions)
  return other.type() < 0 ? notMakeable(other) || -errno.crossDevice : -errno.exists
}

/** @returns 0 or -errno */
function located(session: Session, form: PathArguments, which = session.place): number {
  return which.locate(baseOf(session, form), session.listener.pointer(form.path))
}

function baseOf({ listener }: Session, { directory }: PathArguments): number {
  return directory === undefined ? at.currentDirectory : listener.int(directory)
}
