/** From the arguments of the calls that change files to what attributes.ts needs. */
import {
  changeMode,
  changeOwner,
  changeTimes,
  removeExtendedAttribute,
  setExtendedAttribute,
  truncate,
} from "../kernel/file-changes.ts"
import { at, errno } from "../kernel/file-flags.ts"
import type { SystemCall } from "../kernel/system-calls.ts"
import { type Change, changeOnBehalf } from "./attributes.ts"
import { isPathOnly } from "./caller.ts"
import type { Handler, Handlers } from "./engine.ts"
import { isHostDevice } from "./host-devices.ts"
import type { Outcome, Session } from "./session.ts"

/** What a call does to the file, from its arguments at `first` and on. @returns a change, or -errno */
type Read = (session: Session, first: number) => Change | number

/** What its owner alone may do, and nobody to the host's devices. */
const byOwner =
  (read: Read): Read =>
  (session, first) => {
    const change = read(session, first)
    if (typeof change === "number") return change
    return descriptor => (isHostDevice(descriptor) ? -errno.notPermitted : change(descriptor))
  }

/** Where the path is, what says whether a link at its end is followed, and where the call's own arguments begin. */
type Form = {
  directory?: number
  path: number
  follows: boolean | { unless: typeof at.symlinkNoFollow; in: number }
  first: number
}

const byPath = { path: 0, follows: true, first: 1 } as const
const byLink = { path: 0, follows: false, first: 1 } as const
const below = { directory: 0, path: 1, follows: true, first: 2 } as const
const belowUnless = (index: number) =>
  ({ directory: 0, path: 1, follows: { unless: at.symlinkNoFollow, in: index }, first: 2 }) as const

const mode = byOwner(
  ({ listener }, first) =>
    descriptor =>
      changeMode(descriptor, listener.int(first) & 0o7777),
)

/**
 * Nobody inside may give a file away. In the program's user namespace there are no other ids, and the kernel would say
 * EINVAL (user_namespaces(7)); programs such as fakeroot(1) heed what an ordinary user is told (chown(2)).
 */
const owner = byOwner(({ listener }, first) => {
  const [user, group] = [listener.int(first), listener.int(first + 1)]
  const exist = isOwn(user, process.getuid?.()) && isOwn(group, process.getgid?.())
  return descriptor => (exist ? changeOwner(descriptor, { user, group }) : -errno.notPermitted)
})

function isOwn(id: number, own: number | undefined): boolean {
  return id === -1 || id === own
}

/** @param size of what the call points to, @param convert from that to struct timespec twice, in place */
const times =
  (size: number, convert: (bytes: Buffer) => void): Read =>
  ({ listener, memory }, first) => {
    const address = listener.pointer(first)
    if (address === 0) return descriptor => changeTimes(descriptor, 0)
    if (listener.readBytes(address, memory.address, size) < size) return -errno.badAddress
    convert(memory.bytes)
    return descriptor => changeTimes(descriptor, memory.address)
  }

/** struct utimbuf: two times in seconds */
const fromSeconds = times(16, bytes => {
  const modified = bytes.readBigInt64LE(8)
  bytes.writeBigInt64LE(0n, 8)
  bytes.writeBigInt64LE(modified, 16)
  bytes.writeBigInt64LE(0n, 24)
})
/** struct timeval: microseconds where timespec has nanoseconds; what is no microsecond is no nanosecond either (EINVAL) */
const fromMicroseconds = times(32, bytes => {
  for (const offset of [8, 24]) {
    const microseconds = bytes.readBigInt64LE(offset)
    const valid = microseconds >= 0n && microseconds < 1_000_000n
    bytes.writeBigInt64LE(valid ? microseconds * 1000n : -1n, offset)
  }
})
const verbatim = times(32, () => undefined)

/** Where both times stay what they are (UTIME_OMIT), the kernel does not even look at the path (utimensat(2)). */
const asTheyAre: Read = (session, first) => {
  const { listener, memory } = session
  const change = verbatim(session, first)
  const stays = (offset: number) => memory.bytes.readBigInt64LE(offset) === 0x3ffffffen
  const changesNothing = listener.pointer(first) !== 0 && stays(8) && stays(24)
  return typeof change === "function" && changesNothing ? 0 : change
}

const size: Read = ({ listener }, first) => {
  const length = listener.word(first)
  return length < 2 ** 63 ? descriptor => truncate(descriptor, length) : -errno.invalid
}

const setAttribute = byOwner(({ listener, memory, name, permissions }, first) => {
  const length = listener.readString(listener.pointer(first), name)
  const bytes = listener.word(first + 2)
  if (length < 0) return length
  if (bytes > memory.bytes.length) return -7 // E2BIG
  if (bytes > 0 && listener.readBytes(listener.pointer(first + 1), memory.address, bytes) < bytes)
    return -errno.badAddress
  const attribute = { name: name.address, value: memory.address, size: bytes, flags: listener.int(first + 3) }
  return descriptor => permissions.room(descriptor) || setExtendedAttribute(descriptor, attribute)
})

const removeAttribute = byOwner(({ listener, name }, first) => {
  const length = listener.readString(listener.pointer(first), name)
  return length < 0 ? length : descriptor => removeExtendedAttribute(descriptor, name.address)
})

const pathCalls: { readonly [Name in SystemCall]?: [Form, Read] } = {
  chmod: [byPath, mode],
  fchmodat: [below, mode],
  fchmodat2: [belowUnless(3), mode],
  chown: [byPath, owner],
  lchown: [byLink, owner],
  fchownat: [belowUnless(4), owner],
  utime: [byPath, fromSeconds],
  utimes: [byPath, fromMicroseconds],
  futimesat: [below, fromMicroseconds],
  truncate: [byPath, size],
  setxattr: [byPath, setAttribute],
  lsetxattr: [byLink, setAttribute],
  removexattr: [byPath, removeAttribute],
  lremovexattr: [byLink, removeAttribute],
}

/** The same for a file that the program has open: one opened for reading can be changed so too. */
const descriptorCalls: { readonly [Name in SystemCall]?: Read } = {
  fchmod: mode,
  fchown: owner,
  fsetxattr: setAttribute,
  fremovexattr: removeAttribute,
}

export const changeHandlers: Handlers = {
  utimensat: setTimes,
  ...mapped(
    pathCalls,
    ([form, read]): Handler =>
      session =>
        changePath(session, form, read),
  ),
  ...mapped(
    descriptorCalls,
    (read): Handler =>
      session =>
        changeOpenFile(session, read),
  ),
}

function mapped<T>(calls: { readonly [Name in SystemCall]?: T }, handler: (value: T) => Handler): Handlers {
  return Object.fromEntries(Object.entries(calls).map(([name, value]) => [name, handler(value)]))
}

function changePath(session: Session, form: Form, read: Read): Outcome {
  const { listener, place, permissions } = session
  const base = form.directory === undefined ? at.currentDirectory : listener.int(form.directory)
  const bits = typeof form.follows === "object" ? listener.int(form.follows.in) : 0
  // First what the caller's memory holds: after that it is known whether it was still the caller's (`locate`).
  const change = read(session, form.first)
  if (typeof change === "number") return change
  const located = place.locate(base, listener.pointer(form.path), {
    emptyIsBase: (bits & at.emptyPath) !== 0,
  })
  if (located < 0) return located
  const follows = typeof form.follows === "object" ? (bits & form.follows.unless) === 0 : form.follows
  return changeOnBehalf(place, follows, change, permissions)
}

/** Without a path it is about the file that is open (utimensat(2), futimens(3)). */
function setTimes(session: Session): Outcome {
  const { listener } = session
  const isOpen = listener.pointer(1) === 0 && listener.int(0) !== at.currentDirectory
  if (!isOpen) return changePath(session, belowUnless(3), asTheyAre)
  return listener.int(3) === 0 ? changeOpenFile(session, asTheyAre, 2) : -errno.invalid
}

/** @param first index of the call's own arguments */
function changeOpenFile(session: Session, read: Read, first = 1): Outcome {
  const { listener, place, permissions } = session
  const change = read(session, first)
  const located = place.locateDescriptor(listener.int(0))
  if (located < 0) return located
  if (isPathOnly(listener.thread, listener.int(0))) return -errno.badDescriptor
  return typeof change === "number" ? change : changeOnBehalf(place, false, change, permissions)
}
