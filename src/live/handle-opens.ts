/** From the arguments of open(2) and its kind to what openOnBehalf needs. */
import { at, errno, fileTypes, flags } from "../kernel/file-flags.ts"
import type { Address } from "../kernel/raw-call.ts"
import type { Handlers } from "./engine.ts"
import { isFromHosts } from "./handed-over.ts"
import { type Opened, type OpenRequest, openOnBehalf } from "./open.ts"
import type { Place } from "./place.ts"
import type { Outcome, Session } from "./session.ts"
import { given, openLater } from "./waits.ts"

const writing = flags.writeOnly | flags.readWrite | flags.create | flags.truncate | flags.temporary

const makesFile = flags.create | flags.temporary

/** struct open_how of openat2(2) */
const howSize = 24
const pageSize = 4096
const elsewhere = /^(?!\/)|^\/(proc|dev)(\/|$)/

export const openHandlers: Handlers = {
  open: session => open(session, at.currentDirectory, { path: 0, flags: 1, mode: 2 }),
  openat: session => open(session, session.listener.int(0), { path: 1, flags: 2, mode: 3 }),
  creat: session => {
    const { listener } = session
    const wanted = flags.create | flags.writeOnly | flags.truncate
    return openPath(session, [at.currentDirectory, listener.pointer(0)], {
      flags: wanted,
      mode: listener.int(1),
    })
  },
  openat2: openResolved,
  umask: ({ listener, umasks }) => {
    umasks.willChange(listener.thread, listener.int(0))
    return "continue"
  },
}

type Wanted = Pick<OpenRequest, "flags" | "mode">
type OpenArguments = { path: number; flags: number; mode: number }

function open(session: Session, base: number, form: OpenArguments): Outcome {
  const { listener } = session
  const request = { flags: listener.int(form.flags), mode: listener.int(form.mode) }
  if (session.reads === "continue" && (request.flags & writing) === 0)
    return checkRead(session, [base, listener.pointer(form.path)], request)
  return openPath(session, [base, listener.pointer(form.path)], request)
}

/** Carried out in any case. */
function openPath(session: Session, [base, path]: [number, Address], request: Wanted): Outcome {
  const { listener, place, permissions, umasks } = session
  const reads = (request.flags & flags.accessMode) === flags.readOnly
  if ((request.flags & flags.temporary) !== 0 && reads) return -errno.invalid
  const located = place.locate(base, path, { reads: (request.flags & writing) === 0 })
  if (located < 0) return located
  if ((request.flags & makesFile) !== 0) umasks.take(listener.thread)
  const mode = request.mode & 0o7777
  return handIn(
    openOnBehalf(place, { thread: listener.thread, flags: request.flags, mode }, permissions),
    request.flags,
    session,
  )
}

/**
 * The kernel opens the file itself once the name is found to be none that is denied. What cannot be resolved here is
 * not left to the kernel either: it may resolve it after all.
 */
function checkRead(session: Session, [base, path]: [number, Address], request: Wanted): Outcome {
  const { place, permissions } = session
  const noFollow = (request.flags & flags.noFollow) !== 0
  const copied = place.text.copy(path)
  if (copied < 0) return copied
  const { spelling } = place.text
  const known = typeof spelling === "string" ? permissions.gate.readAsSpelled(spelling) : undefined
  if (known !== undefined) return known || "continue"
  const standing = standingAt(place, base, noFollow)
  // A longer path may have led through a link that was swapped meanwhile, and what it led to be gone.
  if (standing === "absent" && spelling === 1) return -errno.noEntry
  if (standing === "plain") return judged(session, [base, path], request)
  // The copy was cut in two.
  place.release()
  const located = place.text.copy(path) || place.locateObject(base, noFollow)
  return located || judged(session, [base, path], request)
}

/** What was handed over from there is opened here: the kernel would not ask what it is open for. */
function judged(session: Session, where: [number, Address], request: Wanted): Outcome {
  const { place, permissions } = session
  if (!isFromHosts(place, permissions)) return permissions.read(place) || "continue"
  place.release()
  return openPath(session, where, request)
}

/** What there is of the copied path: "plain" where its last name stands and, as most, is no link to be followed. */
function standingAt(place: Place, base: number, noFollow: boolean): "plain" | "absent" | "unclear" {
  if (place.locateCopied(base, true) < 0) return "unclear"
  const type = place.type()
  // In `/proc` and `/dev` the program may find what we do not.
  if (type === -errno.noEntry) return elsewhere.test(place.path) ? "unclear" : "absent"
  const isPlain = place.mustBeDirectory
    ? type === fileTypes.directory
    : type >= 0 && (noFollow || type !== fileTypes.link)
  return isPlain ? "plain" : "unclear"
}

function openResolved(session: Session): Outcome {
  const { listener, memory, place } = session
  const size = listener.word(3)
  if (size < howSize) return -errno.invalid
  if (size > pageSize) return -errno.tooBig
  const copied = listener.readBytes(listener.pointer(2), memory.address, size)
  if (copied < size) return -errno.badAddress
  const how = memory.bytes
  // A newer form, which asks for something that nobody here knows.
  if (how.subarray(howSize, size).some(byte => byte !== 0)) return -errno.tooBig
  const wanted = { flags: how.readInt32LE(0), mode: how.readInt32LE(8) }
  const resolving = how.readInt32LE(16)
  if (!isValidHow(how)) return -errno.invalid
  // The kernel hands in no descriptor that was opened with O_PATH (seccomp_unotify(2)).
  if ((wanted.flags & flags.path) !== 0) return -errno.noCall
  // Never left to the kernel: the flags lie in memory, and what was opened for reading could be opened for writing then.
  if (resolving === 0) return openPath(session, [listener.int(0), listener.pointer(1)], wanted)
  const located = place.locateResolving(listener.int(0), listener.pointer(1), {
    resolving,
    noFollow: (wanted.flags & flags.noFollow) !== 0,
    makes: (wanted.flags & flags.create) !== 0,
  })
  if (located < 0) return located
  if ((wanted.flags & makesFile) !== 0) session.umasks.take(listener.thread)
  // The name itself was not there: it may be made, and nothing may be followed any more.
  const request = {
    thread: listener.thread,
    flags: place.isObject ? wanted.flags : wanted.flags | flags.noFollow,
    mode: wanted.mode & 0o7777,
  }
  return handIn(openOnBehalf(place, request, session.permissions), wanted.flags, session)
}

/** openat2(2) takes nothing that it does not know, and a mode only for a file that may be made. */
function isValidHow(how: Buffer): boolean {
  const [asked, mode, resolving] = [0, 8, 16].map(offset => how.readBigUInt64LE(offset))
  const makes = (how.readInt32LE(0) & makesFile) !== 0
  return (asked ?? 0n) < 2n ** 32n && (resolving ?? 0n) < 64n && (mode ?? 0n) <= (makes ? 0o7777n : 0n)
}

function handIn(opened: Opened, wanted: number, session: Session): Outcome {
  if (typeof opened === "object") return openLater(opened, wanted, session)
  return opened < 0 ? opened : given(opened, wanted, session)
}
