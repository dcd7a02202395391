/**
 * What keeps the sandbox from writing are its own mounts, and directories of the host's that others stand in for. A file or
 * a directory that somebody outside handed over (standard input; unix(7), SCM_RIGHTS) is on a mount of the host's: its path
 * may mean something else inside (`/tmp`), and nothing but Landlock would keep the program from changing it, which does
 * not hold for us.
 */
import { bytesOf } from "../base/path-bytes.ts"
import { close, openResolving } from "../kernel/file-calls.ts"
import { flags, resolve } from "../kernel/file-flags.ts"
import { isSameFile } from "../kernel/file-identity.ts"
import { isReadOnly, standingOf } from "../kernel/file-system.ts"
import { pinned } from "../kernel/raw-call.ts"
import { isMemoryFile, isPath } from "./lost-names.ts"

const text = pinned(4096)
const plainly = resolve.inRoot | resolve.noSymlinks

/** A pinned file or directory, and its path as the kernel tells it. */
type Pinned = { directory: number; path: string }

export class OwnMounts {
  readonly #root: number
  /** mounts on which something was found by its path: no more than there are, for nobody inside makes any */
  readonly #known = new Set<number>()

  /** @param root the program's `/`, pinned */
  constructor(root: number) {
    this.#root = root
  }

  /**
   * Whether the file was not found by a mount of the sandbox's, and is none that the sandbox sees and may write there.
   * @param mount of what stands in the directory, or of the file itself
   */
  isOutside(mount: number, found: Pinned): boolean {
    if (this.#known.has(mount)) return false
    // Pipes, sockets and memory files are on no mount of anybody's.
    if (!isPath(found.path) || isMemoryFile(found.path)) return false
    const own = standingOf(found.directory)?.mount
    if (own === undefined || !(this.#known.has(own) || this.#isFoundByPath(own, found)))
      return !this.#isWritableInside(found)
    this.#known.add(own)
    // What is mounted on it is the sandbox's too.
    this.#known.add(mount)
    return false
  }

  #isFoundByPath(mount: number, { path }: Pinned): boolean {
    const seen = this.#open(path)
    const isFound = seen >= 0 && standingOf(seen)?.mount === mount
    if (seen >= 0) close(seen)
    return isFound
  }

  #isWritableInside({ directory, path }: Pinned): boolean {
    const seen = this.#open(path)
    const isWritable = seen >= 0 && isSameFile(seen, directory) && !isReadOnly(seen)
    if (seen >= 0) close(seen)
    return isWritable
  }

  #open(path: string): number {
    const bytes = bytesOf(path)
    if (bytes.length >= text.bytes.length) return -1
    text.bytes.set(bytes)
    text.bytes[bytes.length] = 0
    return openResolving(this.#root, text.address, flags.path, plainly)
  }
}
