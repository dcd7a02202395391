/**
 * bubblewrap mounts by path, a while after the plan was made. Who could put a link in a path's place in between, such as
 * another session in the repository of this worktree, would have it show another part of the host.
 */
import { HostError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import { close, openResolving, openRoot } from "../kernel/file-calls.ts"
import { at, errno, fileTypes, flags, resolve } from "../kernel/file-flags.ts"
import { identify } from "../kernel/file-identity.ts"
import { failedWith, failure, placed } from "../kernel/path-calls.ts"

/**
 * To be asked when all is mounted and nothing of the command's runs yet.
 * @param process_ one that is inside
 * @param paths canonical: what the sandbox has there is to be what the host has there
 * @throws HostError when it is something else
 */
export function refuseReplaced(process_: number, paths: readonly string[]): void {
  if (paths.length === 0) return
  const root = openRoot(process_)
  // It was killed: nothing will run.
  if (failedWith(root, errno.noEntry, errno.noProcess)) return
  if (root < 0) throw failure("opening", `/proc/${process_}/root`, root)
  const replaced = paths.find(path => !isAsOnHost(root, path))
  close(root)
  if (replaced === undefined) return
  throw new HostError(
    `${printable(replaced)} was replaced while the sandbox was built`,
    "start it again; should that say the same, end what else works there",
  )
}

function isAsOnHost(root: number, path: string): boolean {
  const inside = identityAt(root, path.slice(1))
  const outside = identityAt(at.currentDirectory, path)
  if (inside === undefined || inside.inode !== outside?.inode || inside.device !== outside.device)
    return false
  // Where a link was when it was to be mounted, it was mounted where that leads. Programs replace files of theirs by
  // renaming others: then the kernel takes the mount away, and what is there is what the directory around it has.
  return inside.mounted || (inside.mode & fileTypes.mask) !== fileTypes.directory
}

/** Of what stands at the path without any link on the way. */
function identityAt(directory: number, path: string): ReturnType<typeof identify> {
  const address = placed(path)
  const opened = address < 0 ? address : openResolving(directory, address, flags.path, resolve.noSymlinks)
  if (opened < 0) return undefined
  const identity = identify(opened)
  close(opened)
  return identity
}
