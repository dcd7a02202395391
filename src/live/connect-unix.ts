/** connect(2) of unix sockets (unix(7)). */
import { textOf } from "../base/path-bytes.ts"
import { close } from "../kernel/file-calls.ts"
import { at, errno, fileTypes } from "../kernel/file-flags.ts"
import { connectStream } from "./connect.ts"
import { followLinks } from "./follow.ts"
import type { SocketCall } from "./handle-sockets.ts"
import type { Outcome, Session } from "./session.ts"
import { unixName } from "./unix-name.ts"
import { addressOfPinned } from "./unix-sockets.ts"

export function connectUnix(call: SocketCall): Outcome {
  const { session, address, size, held } = call
  const name = unixName(address.bytes, size)
  if (name === undefined || name.kind === "none") return -errno.invalid
  // Known in the network namespace of the program's socket, whoever connects it. Where that is the host's, Landlock keeps
  // us from what is not the sandbox's (kernel/landlock.ts).
  if (name.kind === "abstract") return connectStream(call, { bytes: address.bytes, size })
  const object = found(session, name.bytes)
  if (object < 0) return object
  held.push(object)
  return connectStream(call, addressOfPinned(object))
}

/** What stands at the path, pinned, when it may be connected to. @returns a descriptor or -errno */
function found(session: Session, path: Buffer): number {
  const { place, unixSockets } = session
  // Where the policy hides the directory nothing would be found.
  const named = unixSockets.openNamed(textOf(path))
  if (named >= 0) return named
  const located = place.locate(at.currentDirectory, path, { reads: true }) || followLinks(place)
  if (located < 0) return located
  const canonical = unixSockets.openNamed(place.path)
  if (canonical !== -errno.noEntry) return canonical
  const object = place.pin()
  if (object < 0) return object
  if (place.mustBeDirectory && place.type() !== fileTypes.directory) {
    close(object)
    return -errno.notDirectory
  }
  const refused = unixSockets.judge(object)
  if (refused < 0) close(object)
  return refused || object
}
