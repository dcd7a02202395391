/** open(2), openat(2), openat2(2), creat(2): opened by us, the descriptor handed in. */
import { close, identify, openAgain, openName, setStatusFlags } from "../kernel/file-calls.ts"
import { errno, fileTypes, flags } from "../kernel/file-flags.ts"
import { isOpenForWriting } from "./caller.ts"
import { openTerminal } from "./open-terminal.ts"
import type { Permissions } from "./permissions.ts"
import { linksMax, type Place } from "./place.ts"

export type OpenRequest = { thread: number; flags: number; mode: number }

/** A descriptor or -errno; or, for a FIFO, the pinned FIFO that somebody must open for reading first (fifo(7)). */
export type Opened = number | { waitsForReader: number }

/** What fcntl(2) F_SETFL sets: the rest of the flags is for the opening only. */
export const lasting = flags.append | flags.nonBlocking | flags.async | flags.direct | flags.noAccessTime
/** What opening a link without following it fails with; EROFS: a rule for the link's name, which leads elsewhere. */
const mayBeLink = new Set<Opened>([-errno.tooManyLinks, -errno.notDirectory, -errno.readOnly])
const exclusively = flags.create | flags.exclusive

/** @param place located, its last name not followed */
export function openOnBehalf(place: Place, request: OpenRequest, permissions: Permissions): Opened {
  // A slash behind a link asks for what it leads to, whatever the flags say (path_resolution(7)).
  const follows =
    (place.mustBeDirectory || (request.flags & flags.noFollow) === 0) && !isExclusive(request.flags)
  if ((request.flags & flags.temporary) !== 0 && follows) {
    const followed = place.followLink()
    if (followed < 0) return followed
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
  const refused = permissions.read(place) || (writes(wanted) ? barred : 0)
  if (refused < 0) return barred < 0 && isExclusive(wanted) && isThere(place) ? -errno.exists : refused
  // Where a name may not be made, a file that exists already may still be read.
  const used = barred < 0 ? wanted & ~exclusively : wanted
  const opened = openName(place.directory, place.name, quickly(used) | directoryOf(place), mode)
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
  if (opened === -errno.noDeviceOrAddress) return waiting(place, wanted)
  return settled(opened, wanted)
}

/** The file behind `/proc/self/fd/N` once more, with other flags. */
function openObject(place: Place, { flags: wanted, thread }: OpenRequest, permissions: Permissions): Opened {
  if (isExclusive(wanted)) return -errno.exists
  if (place.ownLink !== undefined && (wanted & flags.noFollow) !== 0) return -errno.tooManyLinks
  const answer = permissions.read(place) || (writes(wanted) ? permissions.write(place) : 0)
  // Somebody outside gave it a descriptor to write to; it may open that once more.
  const given = answer === -errno.readOnly && /^fd\//.test(place.ownLink ?? "")
  const refused = given && isOpenForWriting(thread, place.ownLink ?? "") ? 0 : answer
  if (refused < 0) return refused
  const opened = openAgain(place.directory, quickly(wanted) & ~exclusively & ~flags.noFollow)
  if (opened === -errno.noDeviceOrAddress) return waiting(place, wanted)
  return settled(opened, wanted)
}

function isExclusive(wanted: number): boolean {
  return (wanted & exclusively) === exclusively
}

function isThere(place: Place): boolean {
  return place.type() >= 0
}

/** O_TMPFILE makes a file without a name: whether it may get one is asked when it does (linkat(2)). */
function writes(wanted: number): boolean {
  if ((wanted & flags.temporary) !== 0) return false
  return (wanted & flags.accessMode) !== flags.readOnly || (wanted & flags.truncate) !== 0
}

/** We may not wait where the program would: a FIFO is tried, a terminal does not become ours. */
function quickly(wanted: number): number {
  return wanted | flags.noControllingTerminal | flags.nonBlocking
}

function directoryOf({ mustBeDirectory }: Place): number {
  return mustBeDirectory ? flags.directory : 0
}

function settled(opened: number, wanted: number): number {
  if (opened >= 0 && (wanted & flags.nonBlocking) === 0) setStatusFlags(opened, wanted & lasting)
  return opened
}

function waiting(place: Place, wanted: number): Opened {
  const blocks = (wanted & flags.nonBlocking) === 0 && (wanted & flags.accessMode) === flags.writeOnly
  const pinned = place.pin()
  if (pinned < 0) return pinned
  const mode = identify(pinned)?.mode ?? 0
  if (blocks && (mode & fileTypes.mask) === fileTypes.fifo) return { waitsForReader: pinned }
  close(pinned)
  return -errno.noDeviceOrAddress
}
