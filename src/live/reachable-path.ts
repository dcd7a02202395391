/** Where a pinned file stands in the sandbox's view. */
import { pathOfDescriptor, pathOfDirectory } from "../kernel/file-calls.ts"
import { errno } from "../kernel/file-flags.ts"
import { isSameFile } from "../kernel/file-identity.ts"
import { standingOf } from "../kernel/file-system.ts"
import type { Address } from "../kernel/raw-call.ts"
import { isKernelsElsewhere } from "./kernel-places.ts"
import type { Surroundings } from "./surroundings.ts"

/** A pinned directory and the last name in it for system calls, or a pinned file. */
export type Found = { directory: number; name: Address; isObject: boolean }

/** @property isOutside on no mount of the sandbox's: it was handed over, and what keeps it is not to be relied on */
export type Located = { path: string; isOutside: boolean }

/**
 * Where what was found stands, in the sandbox's view. What of the kernel's files is not where the policy knows them has no
 * path.
 * @param text of the last name, "" = the directory or the file itself
 * @returns -errno where that is nowhere
 */
export function locatedInView(
  { directory, name, isObject }: Found,
  { root, mounts }: Surroundings,
  text: string,
): Located | number {
  const parent = reachablePath(directory, root, !isObject)
  if (typeof parent === "number") return parent
  const path = text === "" ? parent : parent === "/" ? `/${text}` : `${parent}/${text}`
  const atName = isObject ? undefined : standingOf(directory, name)
  // What is not there comes into being where its directory is: between two looks a process gets its number.
  const standing = atName ?? standingOf(directory)
  const named = { directory, name: atName && name }
  if (standing === undefined || isKernelsElsewhere(named, standing, path)) return -errno.access
  return { path, isOutside: mounts?.isOutside(standing.mount, { directory, path: parent }) ?? false }
}

/**
 * The path of a pinned file. What somebody outside moved to where its mount does not reach has none any more: the kernel
 * says "/" then (proc_pid_fd(5)), and names below would be judged as those of the root.
 * @param root the program's `/`, pinned
 * @param isDirectory it is known to be one
 * @returns a path, or -errno
 */
function reachablePath(descriptor: number, root: number, isDirectory: boolean): string | number {
  const path = isDirectory ? pathOfDirectory(descriptor) : pathOfDescriptor(descriptor)
  if (path === undefined) return -errno.nameTooLong
  if (path !== "/" && path !== "/ (deleted)") return path
  return path === "/" && isSameFile(descriptor, root) ? path : -errno.access
}
