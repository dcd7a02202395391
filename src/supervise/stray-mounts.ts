/** Mounts of a sandbox that show a part of the host where none was to be (proc_pid_mountinfo(5)). */
import { mountsIn } from "../host/mounted-again.ts"
import { readProc } from "../kernel/proc-file.ts"

/** Nodes of the host's that bubblewrap mounts in a `/dev` of its own (bwrap(1), --dev). */
const devices = /^\/dev\/(null|zero|full|random|urandom|tty|console)$/

/**
 * Takes a third of a millisecond: not for every launch.
 * @param process_ one that is inside
 * @param planned where something may be mounted
 */
export function hasStrayMount(process_: number, planned: ReadonlySet<string>): boolean {
  const host = mountsIn(readProc("self/mountinfo") ?? "")
  const inside = mountsIn(readProc(`${process_}/mountinfo`) ?? "")
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
