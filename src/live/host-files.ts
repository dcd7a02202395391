/**
 * An agent's own file in a directory that is read-only inside, such as `~/.claude.json`: agents replace it by renaming a
 * file beside it, and lock it by a directory beside it. For these names, and no others, calls are made in the directory
 * as the host has it.
 */
import { parentOf } from "../base/path.ts"
import { close, openAt } from "../kernel/file-calls.ts"
import { at, flags } from "../kernel/file-flags.ts"
import { isSameFile } from "../kernel/file-identity.ts"
import { type Address, pinnedString } from "../kernel/raw-call.ts"

export class HostFiles {
  /** each file, and the path of its directory for system calls */
  readonly #files: readonly { file: string; directory: Address }[]

  /** @param files canonical paths that the policy makes writable */
  constructor(files: readonly string[]) {
    this.#files = files.map(file => ({ file, directory: pinnedString(parentOf(file)).address }))
  }

  /**
   * The directory of a path: through the host's own mount for such a file and the names beside it that begin with its own
   * and a dot, and as it is for all others.
   * @param seen the directory as the program sees it; closed when another one is returned
   */
  directoryOf(path: string, seen: number): number {
    const covered = this.#files.find(({ file }) => path === file || isBeside(path, file))
    const own = covered === undefined ? -1 : openAt(at.currentDirectory, covered.directory, directoryOnly)
    if (own < 0) return seen
    // Where the home is hidden, another directory stands in its place.
    const same = isSameFile(seen, own)
    close(same ? seen : own)
    return same ? own : seen
  }
}

const directoryOnly = flags.path | flags.directory | flags.noFollow

function isBeside(path: string, file: string): boolean {
  return path.startsWith(`${file}.`) && !path.slice(file.length).includes("/")
}
