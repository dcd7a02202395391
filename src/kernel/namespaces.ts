/** Namespaces as descriptors (namespaces(7)). */
import { flags } from "./file-flags.ts"
import { checked } from "./libc.ts"
import { failure, openAtPath } from "./path-calls.ts"
import { rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

/** ioctl_nsfs(2) NS_GET_USERNS: a descriptor of the user namespace that owns this one, closed by exec. */
export function ownerOf(namespace: number): number {
  const getUserNamespace = 0xb701
  return checked("ioctl", rawCall(callNumbers(presentArchitecture()).ioctl, namespace, getUserNamespace))
}

/** What of the file system a process sees: its mount namespace, and the user namespace that owns it. */
export type Mounts = { namespace: number; owner: number }

/** Of a sandbox that sees what we see: nobody has to enter anything. */
export const noMounts: Mounts = { namespace: -1, owner: -1 }

/** proc_pid_ns(5). @returns descriptors, closed by exec */
export function openMounts(process: number): Mounts {
  const path = `/proc/${process}/ns/mnt`
  const namespace = openAtPath(path, flags.readOnly)
  if (namespace < 0) throw failure("opening", path, namespace)
  return { namespace, owner: ownerOf(namespace) }
}
