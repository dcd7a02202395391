/** Mounts of a sandbox that show a part of the host where none was to be (proc_pid_mountinfo(5)). */
import { mountsIn } from "../host/mounted-again.ts"
import { errno } from "../kernel/file-flags.ts"
import { failedWith, failure } from "../kernel/path-calls.ts"
import { readPath } from "../kernel/path-contents.ts"

/** Nodes of the host's that bubblewrap mounts in a `/dev` of its own (bwrap(1), --dev). */
const devices = /^\/dev\/(null|zero|full|random|urandom|tty|console)$/

/**
 * Reads both lists of all mounts: not for every launch.
 * @param process_ one that is inside
 * @param planned where something may be mounted
 */
export function hasStrayMount(process_: number, planned: ReadonlySet<string>): boolean {
  const [host, inside] = [mountsOf("self"), mountsOf(process_)]
  // Of what is mounted below a directory bubblewrap takes all along, to the same place.
  const kept = new Set(host.map(({ device, root, point }) => `${device} ${root} ${point}`))
  const ofHost = new Set(host.map(({ device }) => device))
  return inside.some(
    ({ device, root, point }) =>
      ofHost.has(device) &&
      !planned.has(point) &&
      !devices.test(point) &&
      !kept.has(`${device} ${root} ${point}`),
  )
}

/** None of what has ended: nothing of the command's will run there. */
function mountsOf(process_: number | "self"): ReturnType<typeof mountsIn> {
  const path = `/proc/${process_}/mountinfo`
  const bytes = readPath(path)
  if (typeof bytes !== "number") return mountsIn(bytes.toString("latin1"))
  // EINVAL: it has ended, and nobody has waited for it.
  const hasEnded = process_ !== "self" && failedWith(bytes, errno.noEntry, errno.noProcess, errno.invalid)
  if (hasEnded) return []
  throw failure("reading", path, bytes)
}
