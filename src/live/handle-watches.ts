/**
 * inotify_add_watch(2), where no mount hides what is denied: whoever watches a directory is told the names in it, and
 * Landlock has no word in that.
 */
import { close } from "../kernel/file-calls.ts"
import { addWatch } from "../kernel/file-changes.ts"
import { at, errno, fileTypes } from "../kernel/file-flags.ts"
import { typeOf } from "../kernel/file-identity.ts"
import { takeDescriptor } from "../kernel/sockets.ts"
import type { Handlers } from "./engine.ts"
import { followLinks } from "./follow.ts"
import type { Outcome, Session } from "./session.ts"

export const watchHandlers: Handlers = { inotify_add_watch: watch }

/** IN_DONT_FOLLOW */
const ofLink = 0x200_0000

/** To watch is to read. */
function watch(session: Session): Outcome {
  const { listener, place, permissions } = session
  const mask = listener.int(2)
  const located = place.locate(at.currentDirectory, listener.pointer(1), { reads: true })
  if (located < 0) return located
  const follows = place.mustBeDirectory || (mask & ofLink) === 0
  const refused = (follows ? followLinks(place) : 0) || permissions.open(place)
  if (refused < 0) return refused
  const file = place.pin()
  if (file < 0) return file
  const isWrong = place.mustBeDirectory && typeOf(file) !== fileTypes.directory
  const watched = isWrong ? -errno.notDirectory : watchOnBehalf(session, file)
  close(file)
  return watched
}

/** On the program's own descriptor. @param file pinned, a link as itself */
function watchOnBehalf({ listener }: Session, file: number): number {
  const notifications = takeDescriptor(listener.thread, listener.int(0))
  if (notifications < 0) return notifications
  // Of another process with its number, should the caller be gone.
  const watched = listener.isValid()
    ? addWatch(notifications, file, listener.int(2) & ~ofLink)
    : -errno.interrupted
  close(notifications)
  return watched
}
