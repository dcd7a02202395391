/** Where a pinned file stands in the sandbox's view. */
import { pathOfDescriptor, pathOfDirectory } from "../kernel/file-calls.ts"
import { errno } from "../kernel/file-flags.ts"
import { isSameFile } from "../kernel/file-identity.ts"
import type { Address } from "../kernel/raw-call.ts"
import { isKernelsElsewhere } from "./kernel-places.ts"

/** A pinned directory and the last name in it for system calls, or a pinned file. */
export type Found = { directory: number; name: Address; isObject: boolean }

/**
 * Where what was found stands, in the sandbox's view. What of the kernel's files is not where the policy knows them has no
 * path.
 * @param text of the last name, "" = the directory or the file itself
 * @returns a path, or -errno
 */
export function pathInView(
  { directory, name, isObject }: Found,
  root: number,
  text: string,
): string | number {
  const parent = reachablePath(directory, root, !isObject)
  if (typeof parent === "number") return parent
  const path = text === "" ? parent : parent === "/" ? `/${text}` : `${parent}/${text}`
  return isKernelsElsewhere(directory, isObject ? undefined : name, path) ? -errno.access : path
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
