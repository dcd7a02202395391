/** Where a pinned file stands in the sandbox's view. */
import { pathOfDescriptor, pathOfDirectory } from "../kernel/file-calls.ts"
import { errno } from "../kernel/file-flags.ts"
import { isSameFile } from "../kernel/file-identity.ts"

/**
 * The path of a pinned file. What somebody outside moved to where its mount does not reach has none any more: the kernel
 * says "/" then (proc_pid_fd(5)), and names below would be judged as those of the root.
 * @param root the program's `/`, pinned
 * @param isDirectory it is known to be one
 * @returns a path, or -errno
 */
export function reachablePath(descriptor: number, root: number, isDirectory: boolean): string | number {
  const path = isDirectory ? pathOfDirectory(descriptor) : pathOfDescriptor(descriptor)
  if (path === undefined) return -errno.nameTooLong
  if (path !== "/" && path !== "/ (deleted)") return path
  return path === "/" && isSameFile(descriptor, root) ? path : -errno.access
}
