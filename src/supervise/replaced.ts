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
import { hasStrayMount } from "./stray-mounts.ts"

export type Expected = {
  /** canonical: what the sandbox has there is to be what the host has there */
  bound: readonly string[]
  /** where else something may be mounted */
  mountPoints: readonly string[]
}

/**
 * To be asked when all is mounted and nothing of the command's runs yet.
 * @param process_ one that is inside
 * @throws HostError when it is something else
 */
export function refuseReplaced(process_: number, { bound, mountPoints }: Expected): void {
  if (bound.length === 0) return
  const root = rootOf(process_)
  if (root === undefined) return
  const doubt = firstDoubt(root, bound)
  close(root)
  if (doubt === undefined) return
  if (doubt.isHosts && !hasStrayMount(process_, new Set([...mountPoints, ...bound]))) return
  // The mounts of what was killed go one by one.
  const still = rootOf(process_)
  if (still === undefined) return
  close(still)
  throw new HostError(
    `${printable(doubt.path)} was replaced while the sandbox was built`,
    "start it again; should that say the same, end what else works there",
  )
}

/** @returns undefined when it was killed: nothing will run */
function rootOf(process_: number): number | undefined {
  const root = openRoot(process_)
  if (failedWith(root, errno.noEntry, errno.noProcess)) return undefined
  if (root < 0) throw failure("opening", `/proc/${process_}/root`, root)
  return root
}

/**
 * Where a link was when it was to be mounted, it was mounted where that leads. Programs replace files of theirs by renaming
 * others: then the kernel takes the mount away, and what is there is what the directory around it has. Of a file without
 * a mount only the list of all mounts tells which of the two it was.
 * @returns the first path that is not what the host has there, or else the first file without a mount
 */
function firstDoubt(root: number, paths: readonly string[]): { path: string; isHosts: boolean } | undefined {
  let bare: string | undefined
  for (const path of paths) {
    const inside = identityAt(root, path.slice(1))
    const outside = identityAt(at.currentDirectory, path)
    if (inside === undefined || inside.inode !== outside?.inode || inside.device !== outside.device)
      return { path, isHosts: false }
    if (inside.mounted) continue
    if ((inside.mode & fileTypes.mask) === fileTypes.directory) return { path, isHosts: false }
    bare ??= path
  }
  return bare === undefined ? undefined : { path: bare, isHosts: true }
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
