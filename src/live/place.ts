/**
 * Where a name that the program gave leads: the directory, pinned by a descriptor, and the last name, in memory of ours
 * (path_resolution(7)). What is looked at here is what is acted on.
 */
import { close, openAgain, openAt, readLinkAt } from "../kernel/file-calls.ts"
import { errno, flags, resolve } from "../kernel/file-flags.ts"
import { typeAt, typeOf } from "../kernel/file-identity.ts"
import type { Listener } from "../kernel/listener.ts"
import { type Address, pinned, pinnedString } from "../kernel/raw-call.ts"
import { openBase } from "./caller.ts"
import { cutLastName } from "./last-name.ts"
import { isForeignLink } from "./own-links.ts"
import { below, ProgramPath } from "./program-path.ts"
import { locatedInView } from "./reachable-path.ts"
import type { Surroundings } from "./surroundings.ts"

const slash = 47
const [dot, rootPath] = [pinnedString(".").address, pinnedString("/").address]
const directoryOnly = flags.path | flags.directory

/** One per path argument: its memory is used again for the next call. `release` follows every `locate…`. */
export class Place {
  readonly #listener: Listener
  /** the path as the program gave it; `locateCopied` goes on with what was copied */
  readonly text: ProgramPath
  readonly #link = pinned(4096)
  readonly #surroundings: Surroundings

  /** the directory that holds the name; the file itself when `isObject` */
  directory = -1
  /** the last name, NUL-terminated */
  name: Address = dot
  /** canonical path of the name, in the program's view */
  path = ""
  /** the path ended in `.`, `..` or `/`: `directory` is what it means, and `name` is "." */
  isSelf = false
  /** there is no name: `directory` is the file, found by descriptor or by following every link */
  isObject = false
  /** `directory` is the host's own: nothing but a file may be had from there */
  isHostFile = false
  /** it is on no mount of the sandbox's, and was handed over */
  isOutside = false
  /** a slash stood at the end */
  mustBeDirectory = false
  /** the call changes nothing: links of other processes are followed, and files are the program's own view of them */
  #reads = false

  constructor(listener: Listener, surroundings: Surroundings) {
    this.#listener = listener
    this.#surroundings = surroundings
    this.text = new ProgramPath(listener, surroundings.root, surroundings.processes)
  }

  /** the link below `/proc/self` that the path went through last: `fd/1` */
  get ownLink(): string | undefined {
    return this.text.ownLink
  }

  /**
   * Finds the directory and the last name, whatever stands there.
   * @param base the descriptor argument that a relative path starts from, or AT_FDCWD
   * @param how emptyIsBase: an empty path stands for the descriptor (AT_EMPTY_PATH); reads: the call changes nothing
   * @returns 0, or the -errno of the call
   */
  locate(base: number, path: Address | Buffer, how: { emptyIsBase?: boolean; reads?: boolean } = {}): number {
    const copied = this.text.copy(path)
    if (copied === -errno.noEntry && how.emptyIsBase) return this.locateDescriptor(base)
    return copied || this.locateCopied(base, how.reads ?? false)
  }

  /** The same after `text.copy`. */
  locateCopied(base: number, reads: boolean): number {
    return this.#start(base, reads) || this.#find()
  }

  /** Finds what the whole path leads to, after `text.copy`: only to look at, for the caller may be gone. @returns as `locate` */
  locateObject(base: number, noFollow: boolean): number {
    const begun = this.text.start(base)
    if (begun < 0) return begun
    if (this.text.isWhole) return this.#enter(this.text.takeBase())
    const how = { resolving: below, foreign: "looked at" } as const
    return this.#enter(this.text.open(this.text.address, pathOnly(noFollow), how))
  }

  /** As openat2(2) finds it with `resolve` flags; where nothing is, the directory by the same rules. @returns as `locate` */
  locateResolving(base: number, path: Address, how: Resolving): number {
    const begun = this.text.copy(path) || this.#start(base, false)
    if (begun < 0) return begun
    const bounded = (how.resolving & (resolve.beneath | resolve.inRoot)) !== 0
    if (!bounded || this.text.isAbsolute)
      return (how.resolving & resolve.beneath) !== 0 ? -errno.crossDevice : -errno.noCall
    if (how.makes && this.text.bytes[this.text.length - 1] === slash) return -errno.isDirectory
    const object = this.text.open(this.text.address, pathOnly(how.noFollow), how)
    return object === -errno.noEntry ? this.#split(how.resolving) : this.#enter(object)
  }

  /** The place is what a descriptor of the program refers to. @returns as `locate` */
  locateDescriptor(descriptor: number): number {
    this.mustBeDirectory = false
    this.#reads = false
    const entered = this.#enter(openBase(this.#listener.thread, descriptor))
    return entered || (this.#listener.isValid() ? 0 : -errno.noEntry)
  }

  /** @returns 1 when the name was a link and its target took its place, 0 when it is none, or -errno */
  followOneLink(): number {
    if (this.isSelf || this.isObject) return 0
    if (this.#reads && isForeignLink(this.path, this.#surroundings.processes))
      return this.#enterForeign() || 1
    const length = readLinkAt(this.directory, this.name, this.#link)
    if (length <= 0) return 0
    // It would lead on in the host's own view of its files.
    if (this.isHostFile) return -errno.access
    const { directory } = this
    this.directory = -1
    return this.text.follow(this.#link.bytes.subarray(0, length), directory) || this.#find() || 1
  }

  /** The object that stands there, a link as itself. @returns a descriptor of the caller's to close, or -errno */
  pin(): number {
    if (this.isObject) return openAgain(this.directory, flags.path)
    return openAt(this.directory, this.name, flags.path | flags.noFollow)
  }

  /** The S_IFMT part of its mode, or -errno. */
  type(): number {
    return this.isObject ? typeOf(this.directory) : typeAt(this.directory, this.name)
  }

  release(): void {
    if (this.directory >= 0) close(this.directory)
    this.directory = -1
    this.text.release()
  }

  /** @returns 0 or -errno */
  #start(base: number, reads: boolean): number {
    this.mustBeDirectory = false
    this.#reads = reads
    // Before anything is done in what /proc/PID led to: the caller may be gone and its number another's.
    return this.text.start(base) || (this.#listener.isValid() ? 0 : -errno.noEntry)
  }

  #find(): number {
    return this.text.isWhole ? this.#enter(this.text.takeBase()) : this.#split(below)
  }

  #split(resolving: number): number {
    const { bytes, address, length } = this.text
    const { start, text, slashed } = cutLastName(bytes, length)
    // A slash stays when what stands before it is a link: so must be what that leads to.
    this.mustBeDirectory ||= slashed
    this.isObject = false
    this.isSelf = text === ""
    this.name = this.isSelf ? dot : address + start
    if (start === 0 && !this.isSelf) this.directory = this.text.takeBase()
    else {
      const parent = this.isSelf || start > 1 ? address : rootPath
      this.directory = this.text.open(parent, directoryOnly, { resolving, foreign: this.#reads && "opened" })
    }
    return this.directory < 0 ? this.directory : this.#named(text)
  }

  /** What `/proc/PID/fd/N` and its like lead to, which the kernel alone knows. */
  #enterForeign(): number {
    const object = openAt(this.directory, this.name, flags.path)
    this.release()
    return this.#enter(object)
  }

  /** From here on nothing of an earlier call may be taken for the name. */
  #enter(object: number): number {
    if (object < 0) return object
    this.directory = object
    this.isObject = true
    this.isSelf = true
    this.name = dot
    return this.#named("")
  }

  #named(name: string): number {
    const located = locatedInView(this, this.#surroundings, name)
    if (typeof located === "number") return located
    this.path = located.path
    this.isOutside = located.isOutside
    const seen = this.directory
    if (!this.isObject && !this.#reads)
      this.directory = this.#surroundings.hostFiles.directoryOf(this.path, seen)
    this.isHostFile = this.directory !== seen
    return 0
  }
}

type Resolving = { resolving: number; noFollow: boolean; makes: boolean }
const pathOnly = (noFollow: boolean) => flags.path | (noFollow ? flags.noFollow : 0)
