/** What may be done to a place: the policy's word, and the exceptions for repositories that were begun in this session. */
import { isWithin, nameOf, parentOf } from "../base/path.ts"
import { errno, fileTypes } from "../kernel/file-flags.ts"
import { identify } from "../kernel/file-identity.ts"
import type { Answer, Gate } from "./gate.ts"
import { isDevice } from "./host-devices.ts"
import { formerPath, isMemoryFile, isNameless, isPath, isStandardStream } from "./lost-names.ts"
import type { MemoryRoom } from "./memory-room.ts"
import { isOfProcess, type OwnProcesses } from "./own-processes.ts"
import type { Place } from "./place.ts"
import { isBeyondReach, isFirstProcess } from "./process-files.ts"

const ownLinks = new Set(["/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd"])

/** Directories of repositories that are remembered: a program that makes them without end does not fill our memory. */
const begunMax = 100_000

/**
 * `git init` and `git clone` make what is protected: a directory of hooks, filled with samples, and a configuration.
 * In a `.git` that was made in this session, and so holds nothing of the user's, they may: directories, samples that
 * nothing runs, and removing it all again. Its configuration is checked key by key (git-config.ts).
 */
export class Permissions {
  readonly gate: Gate
  readonly #begun = new Set<string>()
  readonly #mountPoints: ReadonlySet<string>
  readonly #processes: OwnProcesses | undefined
  readonly #room: MemoryRoom | undefined

  /** @param mountPoints what the sandbox has mounted, by path */
  constructor(gate: Gate, mountPoints: readonly string[], { processes, room }: Bounds = {}) {
    this.gate = gate
    this.#mountPoints = new Set(mountPoints)
    this.#processes = processes
    this.#room = room
  }

  /** Opening for reading, or listing. */
  read({ isObject, path }: Place): Answer {
    // Pipes, sockets, namespaces, memory: what has no place is not denied by one.
    if (isObject && (!isPath(path) || isMemoryFile(path))) return 0
    const answer = this.gate.read(path)
    // A denied file that was replaced is still what it was to whoever had pinned it.
    const former = isObject ? formerPath(path) : undefined
    return answer || (former === undefined ? 0 : this.gate.read(former))
  }

  /** The same where we open it: with rights of ours, which the program may not have. */
  open(place: Place): Answer {
    const hidden = this.#processes?.isBeyond(place.path) ?? isFirstProcess(place)
    if (hidden || this.#isStrayDevice(place)) return -errno.access
    return this.#isOwnLink(place) ? 0 : this.read(place)
  }

  /** Making a file without a name in the directory that the place is (O_TMPFILE). */
  makeUnnamed(place: Place): Answer {
    return this.#whereNoMountIs(place) || this.room(place.directory)
  }

  /** Making a symlink, or giving it another name. */
  writeLink(place: Place): Answer {
    // Whoever reads an agent's own file outside would follow it.
    const answer = place.isHostFile ? -errno.access : this.gate.writeLink(place.path)
    if (answer < 0) return this.#isSample(place) ? this.room(place.directory) : answer
    return this.#whereNoMountIs(place) || this.room(place.directory)
  }

  /** Writing to a file, or making it: the call cannot say which it will be. */
  write(place: Place): Answer {
    if (this.#isUnowned(place)) return isStandardStream(place) ? -errno.readOnly : 0
    if (isBeyondReach(place)) return -errno.access
    if (this.#isOwnLink(place)) return 0
    if (place.isObject && this.gate.judge.accessOf(place.path) === "read") return -errno.readOnly
    const answer = this.gate.writeFile(place.path)
    if (answer < 0) return this.#isSample(place) ? this.room(place.directory) : answer
    if (this.#isHostsPipe(place)) return -errno.readOnly
    return this.#whereNoMountIs(place) || this.room(place.directory)
  }

  makeDirectory(place: Place): Answer {
    const answer = this.gate.write(place.path)
    const isBegun = answer < 0 && place.path.endsWith("/.git/hooks") && this.#isBegun(place.directory)
    const refused = isBegun ? 0 : answer || this.#whereNoMountIs(place)
    return refused || this.room(place.directory)
  }

  remove(place: Place): Answer {
    if (this.isMountPoint(place)) return -errno.busy
    const answer = this.#isPointer(place) ? -errno.access : this.gate.write(place.path)
    return answer < 0 && this.#isBegun(place.directory) ? 0 : answer || this.#whereNoMountIs(place)
  }

  /** The kernel keeps mount points where they are, but only for those who see them mounted (rename(2), EBUSY). */
  isMountPoint({ path }: Place): boolean {
    return this.#mountPoints.has(path)
  }

  /** Mode, owner, times and attributes. */
  change(place: Place): Answer {
    if (this.#isUnowned(place)) return isPath(place.path) && isStandardStream(place) ? -errno.readOnly : 0
    if (isBeyondReach(place)) return -errno.access
    // What was handed over from outside is on no mount of the sandbox's.
    if (place.isObject && this.gate.judge.accessOf(place.path) === "read") return -errno.readOnly
    const answer = this.#isPointer(place) ? -errno.access : this.gate.write(place.path)
    return answer < 0 && this.isBegunConfig(place) ? 0 : answer || this.#whereNoMountIs(place)
  }

  /** Giving a file a second name, by which it could be written to past the check of a new repository's configuration. */
  giveName(place: Place): Answer {
    return this.isBegunConfig(place) ? -errno.access : this.change(place)
  }

  /** Whether memory is left for what is made where the descriptor is, or written to its attributes. */
  room(descriptor: number): Answer {
    return this.#room?.answer(descriptor) ?? 0
  }

  /** Whether the place is the configuration of a repository of this session. */
  isBegunConfig(place: Place): boolean {
    return nameOf(place.path) === "config" && isGit(parentOf(place.path)) && this.#isBegun(place.directory)
  }

  /** Whether a directory that is made at the place is to be remembered: a repository, or a directory of one. */
  begins(place: Place): boolean {
    return isGit(place.path) || this.#isBegun(place.directory)
  }

  /** Such a directory was made. @param descriptor of it */
  wasMade(descriptor: number): void {
    const identity = identityOf(descriptor)
    if (identity !== undefined && this.#begun.size < begunMax) this.#begun.add(identity)
  }

  /** No mount keeps them closed there (mount(8), nodev): nodes of a tree for chroot(8) lead to the host's own devices. */
  #isStrayDevice(place: Place): boolean {
    return this.#processes !== undefined && !isWithin(place.path, "/dev") && isDevice(place.type())
  }

  /** Such a mount keeps nobody from writing to a FIFO, and what reads it on the host takes that for an order. */
  #isHostsPipe(place: Place): boolean {
    return this.gate.isLeftToMounts(place.path) && place.type() === fileTypes.fifo
  }

  /** Where `/dev` is the host's and closed: a link to what the program has open itself, to be followed. */
  #isOwnLink({ path }: Place): boolean {
    return this.#processes !== undefined && ownLinks.has(path)
  }

  /** What is not writable is a read-only mount to the sandbox, or nothing at all; where it has none, this is why not. */
  #whereNoMountIs({ path, isHostFile, isOutside }: Place): Answer {
    if (isOutside) return -errno.readOnly
    if (this.#processes === undefined || isHostFile) return 0
    if (isOfProcess(path)) return this.#processes.isOthers(path) ? -errno.access : 0
    const access = this.gate.judge.accessOf(path)
    return access === "write" ? 0 : access === "read" ? -errno.readOnly : -errno.access
  }

  #isBegun(descriptor: number): boolean {
    if (this.#begun.size === 0) return false
    const identity = identityOf(descriptor)
    return identity !== undefined && this.#begun.has(identity)
  }

  #isSample(place: Place): boolean {
    const inHooks = parentOf(place.path).endsWith("/.git/hooks")
    return inHooks && place.path.endsWith(".sample") && this.#isBegun(place.directory)
  }

  /** A file where protected names would need a directory: `.git` of a worktree or a submodule (gitrepository-layout(5)). */
  #isPointer(place: Place): boolean {
    if (this.gate.writeFile(place.path) === this.gate.write(place.path)) return false
    const type = place.type()
    return type >= 0 && type !== fileTypes.directory
  }

  /** What was opened by descriptor and has no name: pipes, memory files, files that were removed. */
  #isUnowned(place: Place): boolean {
    if (!place.isObject || place.isOutside) return false
    if (!isPath(place.path)) return true
    const former = formerPath(place.path)
    if (former === undefined || !isNameless(place)) return false
    return isMemoryFile(former) || this.gate.judge.accessOf(former) === "write"
  }
}

type Bounds = {
  /** where the sandbox has no mounts and no processes of its own: what those would say is said here then */
  processes?: OwnProcesses | undefined
  room?: MemoryRoom | undefined
}

function identityOf(descriptor: number): string | undefined {
  const identity = identify(descriptor)
  return identity && `${identity.device}:${identity.inode}:${identity.born}`
}

function isGit(path: string): boolean {
  return path.endsWith("/.git")
}
