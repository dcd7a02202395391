/** open(2), openat(2), openat2(2), creat(2): opened by us, the descriptor handed in. */

import { nameOf } from "../base/path.ts"
import { bytesOf } from "../base/path-bytes.ts"
import { hasHadWriter } from "../kernel/fifo.ts"
import { close, openAgain, openName, setStatusFlags } from "../kernel/file-calls.ts"
import { errno, fileTypes, flags } from "../kernel/file-flags.ts"
import { typeOf } from "../kernel/file-identity.ts"
import { pinned } from "../kernel/raw-call.ts"
import { isOpenForWriting } from "./caller.ts"
import { followLinks, linksMax } from "./follow.ts"
import { beginConfig } from "./git-config.ts"
import { leadsOut, ownDescriptor } from "./handed-over.ts"
import { openTerminal } from "./open-terminal.ts"
import type { Permissions } from "./permissions.ts"
import type { Place } from "./place.ts"
import { lasting, quickly, type Unopened } from "./waits.ts"

export type OpenRequest = { thread: number; flags: number; mode: number }

/** A descriptor or -errno; or what has to happen first. */
export type Opened = number | Unopened

/** What opening a link without following it fails with; EROFS: a rule for the link's name, which leads elsewhere. */
const mayBeLink = new Set<Opened>([-errno.tooManyLinks, -errno.notDirectory, -errno.readOnly])
const exclusively = flags.create | flags.exclusive

/** @param place located, its last name not followed */
export function openOnBehalf(place: Place, request: OpenRequest, permissions: Permissions): Opened {
  // A slash behind a link asks for what it leads to, whatever the flags say (path_resolution(7)).
  const follows =
    (place.mustBeDirectory || (request.flags & flags.noFollow) === 0) && !isExclusive(request.flags)
  if ((request.flags & flags.temporary) !== 0) {
    const refused = (follows ? followLinks(place) : 0) || permissions.makeUnnamed(place)
    if (refused < 0) return refused
  }
  for (let links = 0; links <= linksMax; links++) {
    const opened = place.isObject
      ? openObject(place, request, permissions)
      : openNamed(place, request, permissions)
    const followed = follows && mayBeLink.has(opened) ? place.followOneLink() : 0
    if (followed <= 0) return followed < 0 ? followed : opened
  }
  return -errno.tooManyLinks
}

function openNamed(place: Place, request: OpenRequest, permissions: Permissions): Opened {
  const { flags: wanted, mode } = request
  const creates = (wanted & flags.create) !== 0
  if (creates && place.mustBeDirectory) return -errno.isDirectory
  if (place.path === "/dev/tty") return openTerminal(place, request)
  const barred = creates || writes(wanted) ? permissions.write(place) : 0
  const refused = permissions.open(place) || (writes(wanted) ? barred : leadsOut(place, permissions, request))
  if (refused < 0 && isExclusive(wanted)) return barred < 0 && isThere(place) ? -errno.exists : refused
  if (refused < 0 && creates && permissions.isBegunConfig(place)) return beginConfig(place, mode, permissions)
  if (refused < 0) return isDeniedAbsence(place, wanted, permissions) ? -errno.noEntry : refused
  // Where a name may not be made, a file that exists already may still be read.
  const used = barred < 0 ? wanted & ~exclusively : wanted
  const opened = place.mustBeDirectory
    ? openDirectory(place, used)
    : openName(place.directory, place.name, quickly(used), mode)
  if (opened === -errno.noEntry && barred < 0) return barred
  if (opened >= 0 && barred < 0 && isExclusive(wanted)) {
    close(opened)
    return -errno.exists
  }
  // A directory would lead out: to a working directory that the sandbox's mounts do not cover.
  if (opened >= 0 && place.isHostFile && place.type() !== fileTypes.regular) {
    close(opened)
    return -errno.access
  }
  return settled(opened, place, wanted)
}

const nameMax = 255
const slashed = pinned(nameMax + 2)

/** By the name with its slash: asked for by O_DIRECTORY, that would stay among the flags of the open file. */
function openDirectory({ directory, path, isSelf, name }: Place, wanted: number): number {
  const bytes = bytesOf(nameOf(path))
  if (bytes.length > nameMax) return -errno.nameTooLong
  slashed.bytes.set(bytes)
  slashed.bytes.write("/\0", bytes.length)
  return openName(directory, isSelf ? name : slashed.address, quickly(wanted), 0)
}

/** The file behind `/proc/self/fd/N` once more, with other flags. */
function openObject(place: Place, { flags: wanted, thread }: OpenRequest, permissions: Permissions): Opened {
  if (isExclusive(wanted)) return -errno.exists
  if (place.ownLink !== undefined && (wanted & flags.noFollow) !== 0) return -errno.tooManyLinks
  const answer = permissions.open(place) || (writes(wanted) ? permissions.write(place) : 0)
  // Somebody outside gave it a descriptor to write to; it may open that once more, and not to read what is denied.
  const writesOnly = (wanted & flags.accessMode) === flags.writeOnly && place.type() === fileTypes.regular
  const isGivable = answer === -errno.readOnly || (answer === -errno.access && writesOnly)
  const own = ownDescriptor(place)
  const isGiven = isGivable && own !== undefined && isOpenForWriting(thread, own, place.directory)
  if (answer < 0 && !isGiven) return answer
  const refused = leadsOut(place, permissions, { flags: wanted, thread })
  if (refused < 0) return refused
  const opened = openAgain(place.directory, quickly(wanted) & ~exclusively & ~flags.noFollow)
  return settled(opened, place, wanted)
}

function isExclusive(wanted: number): boolean {
  return (wanted & exclusively) === exclusively
}

function isThere(place: Place): boolean {
  return place.type() >= 0
}

/**
 * Whether the policy alone denies reading, and nothing is there to be read: as where the kernel opens, and as stat(2) says,
 * which nobody is asked about. Programs look for their settings in every directory above, and end at another error.
 */
function isDeniedAbsence(place: Place, wanted: number, permissions: Permissions): boolean {
  const onlyReads = (wanted & flags.create) === 0 && !writes(wanted)
  return onlyReads && permissions.read(place) < 0 && place.type() === -errno.noEntry
}

/** O_TMPFILE makes a file without a name: whether it may get one is asked when it does (linkat(2)). */
function writes(wanted: number): boolean {
  if ((wanted & flags.temporary) !== 0) return false
  return (wanted & flags.accessMode) !== flags.readOnly || (wanted & flags.truncate) !== 0
}

/** What was opened without waiting: whether the program would have waited. */
function settled(opened: number, place: Place, wanted: number): Opened {
  if ((wanted & (flags.nonBlocking | flags.path)) !== 0) return opened
  if (opened < 0) return waits(opened, place, wanted)
  // A pipe that never had a name is open at both ends already.
  const mayLackWriter = (wanted & flags.accessMode) === flags.readOnly && place.path.startsWith("/")
  if (mayLackWriter && hasHadWriter(opened) === false) return { kind: "without writer", descriptor: opened }
  setStatusFlags(opened, wanted & lasting)
  return opened
}

/** ENXIO: a FIFO that nobody reads; EAGAIN: a file that another program has a lease on (fcntl(2), F_SETLEASE). */
function waits(failed: number, place: Place, wanted: number): Opened {
  if (failed !== -errno.noDeviceOrAddress && failed !== -errno.again) return failed
  const pinned = place.pin()
  if (pinned < 0) return pinned
  const type = typeOf(pinned)
  const lacksReader = type === fileTypes.fifo && (wanted & flags.accessMode) === flags.writeOnly
  if (failed === -errno.again ? type === fileTypes.regular : lacksReader)
    return { kind: "pinned", descriptor: pinned, until: failed }
  close(pinned)
  return failed
}
