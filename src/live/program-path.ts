/**
 * A path as the program means it: where it starts, and its text, both in our hands. It is copied once and opened in the
 * program's view of the file system: another thread can change the program's memory, not this (openat2(2)).
 */
import { bytesOf } from "../base/path-bytes.ts"
import { close, openResolving, pathOfDescriptor } from "../kernel/file-calls.ts"
import { errno, flags, resolve } from "../kernel/file-flags.ts"
import type { Listener } from "../kernel/listener.ts"
import { type Address, pinned } from "../kernel/raw-call.ts"
import { openBase, openOwn } from "./caller.ts"
import { isOurs, mayBeOwn, ownLink } from "./own-links.ts"
import type { OwnProcesses } from "./own-processes.ts"
import { type Foreign, openStepByStep } from "./step-by-step.ts"

const slash = 47
const pathMax = 4096
const ownTrees = /^[/.]*(proc|dev)(\/|$)/

/** How relative paths are resolved where nothing else is asked for. */
export const below = resolve.beneath | resolve.noMagicLinks

export class ProgramPath {
  readonly #listener: Listener
  readonly root: number
  readonly #processes: OwnProcesses | undefined
  readonly #text = pinned(2 * pathMax + 2)
  readonly #whole = pinned(pathMax)
  #absolute = false
  /** what a relative path starts from, or what the whole path is when `isWhole`; -1 = the root */
  #base = -1

  /** of the text, without the NUL behind it */
  length = 0
  /** the path is a link of the program's own, and nothing comes after it */
  isWhole = false
  /** the link below `/proc/self` that the path went through last: `fd/1` */
  ownLink: string | undefined

  /** @param root the program's `/`, which nothing in the sandbox can change @param processes where `/proc` is ours too */
  constructor(listener: Listener, root: number, processes: OwnProcesses | undefined) {
    this.#listener = listener
    this.root = root
    this.#processes = processes
  }

  get bytes(): Buffer {
    return this.#text.bytes
  }

  get address(): Address {
    return this.#text.address
  }

  get isAbsolute(): boolean {
    return this.bytes[0] === slash
  }

  /** Of what was copied: its text when it is absolute, 1 when it is a name in the directory that it starts from, or 0. */
  get spelling(): string | number {
    const slashAt = this.bytes.indexOf(slash)
    return slashAt === 0 ? this.toString() : Number(slashAt < 0 || slashAt > this.length)
  }

  /** Copies what the program gave, or what of it was copied before. @returns 0 or -errno */
  copy(path: Address | Buffer): number {
    if (typeof path === "number") this.length = this.#listener.readString(path, this.#text)
    else this.#setLength(path.copy(this.bytes))
    return this.length <= 0 ? this.length || -errno.noEntry : 0
  }

  toString(): string {
    return this.bytes.toString("latin1", 0, this.length)
  }

  /** Finds where the copied path starts. @param base the descriptor argument, or AT_FDCWD @returns 0 or -errno */
  start(base: number): number {
    this.ownLink = undefined
    if (!this.isAbsolute) {
      this.#startFrom(openBase(this.#listener.thread, base))
      if (this.#base < 0) return this.#base
    }
    return this.#resolveOwn()
  }

  /** The target of a link takes the place of the path. @param base the directory of the link, ours from here on */
  follow(target: Buffer, base: number): number {
    target.copy(this.bytes)
    this.#setLength(target.length)
    this.#startFrom(base)
    return this.#resolveOwn()
  }

  /**
   * Opens the text, or its beginning, as it lies in `bytes`.
   * @param foreign whether links of other processes below `/proc` are followed too
   * @returns a descriptor or -errno
   */
  open(path: Address, openFlags: number, how: { resolving: number; foreign?: Foreign | false }): number {
    const opened = this.#openPlainly(path, openFlags, how.resolving)
    if (how.resolving !== below || !this.#mayBeElsewhere(opened)) return opened
    if (opened >= 0) close(opened)
    const text = this.#textFrom(path)
    if (text === undefined) return -errno.nameTooLong
    return openStepByStep(text, openFlags, {
      thread: this.#listener.thread,
      openInRoot: (address, flags) => this.#openInRoot(address, flags),
      foreign: how.foreign ?? false,
      processes: this.#processes,
    })
  }

  /** The descriptor that the path starts from, the caller's to close from here on. */
  takeBase(): number {
    const base = this.#base
    this.#base = -1
    return base
  }

  release(): void {
    this.#startFrom(-1)
  }

  #openPlainly(path: Address, openFlags: number, resolving: number): number {
    if (this.#absolute) return this.#openInRoot(path, openFlags)
    const opened = openResolving(this.#base, path, openFlags, resolving)
    return opened === -errno.crossDevice && resolving === below ? this.#openByText(openFlags) : opened
  }

  /** What means something else to the program: links in `/proc` and `/dev`, which did not open, or led to us. */
  #mayBeElsewhere(opened: number): boolean {
    if (opened >= 0) return this.#processes !== undefined && isOurs(opened)
    if (opened === -errno.crossDevice || opened === -errno.tooManyLinks) return true
    if (opened !== -errno.noEntry) return false
    const start = this.#absolute ? this.toString() : (pathOfDescriptor(this.#base) ?? "")
    return ownTrees.test(start) || this.#endsInLink()
  }

  #endsInLink(): boolean {
    const link = this.#openPlainly(this.address, flags.path | flags.noFollow, below)
    if (link >= 0) close(link)
    return link >= 0
  }

  /** What is to be opened, from the root on, bytes as latin1. */
  #textFrom(path: Address): string | undefined {
    const start = path - this.address
    const text =
      start < 0 || start > this.bytes.length
        ? "/"
        : this.bytes.toString("latin1", start, this.bytes.indexOf(0, start))
    if (this.#absolute) return text
    const base = pathOfDescriptor(this.#base)
    return base === undefined ? undefined : `${bytesOf(base).toString("latin1")}/${text}`
  }

  #startFrom(base: number): void {
    if (this.#base >= 0) close(this.#base)
    this.#base = base
  }

  /** Replaces what only the program can name. */
  #resolveOwn(): number {
    this.isWhole = false
    this.#absolute = this.isAbsolute
    if (!(this.#absolute && mayBeOwn(this.bytes))) return 0
    const { thread } = this.#listener
    const own = ownLink(this.toString(), thread)
    if (own?.kind === "path") this.#write(own.path)
    if (own?.kind !== "link") return 0
    this.#startFrom(openOwn(thread, own.link))
    if (this.#base < 0) return this.#base
    this.ownLink = own.link
    this.#absolute = false
    this.isWhole = own.rest === ""
    if (!this.isWhole) this.#write(own.rest)
    return 0
  }

  #write(text: string): void {
    this.#setLength(this.bytes.write(text, "latin1"))
  }

  #setLength(length: number): void {
    this.length = length
    this.bytes[length] = 0
  }

  /** `..` or a link led out of the base: the same from the root, by the path of the base. */
  #openByText(openFlags: number): number {
    const text = this.#textFrom(this.address)
    const { bytes, address } = this.#whole
    if (text === undefined || text.length >= bytes.length) return -errno.nameTooLong
    bytes[bytes.write(text, "latin1")] = 0
    return this.#openInRoot(address, openFlags)
  }

  #openInRoot(path: Address, openFlags: number): number {
    return openResolving(this.root, path, openFlags, resolve.inRoot)
  }
}
