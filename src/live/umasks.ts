/**
 * The umask of the thread whose call is carried out, which files and directories made on its behalf must have. To read it
 * takes as long as the rest of a call, so it is not read before somebody in the sandbox changed it, and then kept as long as
 * nobody changes it again.
 */
import { setUmask } from "../kernel/file-calls.ts"
import { umaskOf } from "./caller.ts"

/** Milliseconds; the kernel gives the number of a thread that has ended to no other so soon. */
const keptMs = 1000

export class Umasks {
  readonly #initial: number
  #present: number
  #varies = false
  /** of threads, by their numbers */
  readonly #known = new Map<number, number>()
  #knownSince = 0
  /** threads that were told to go on with umask(2), and of whose end nothing is known */
  readonly #changing = new Set<number>()

  /** @param initial what the command was started with, and this thread has */
  constructor(initial: number) {
    this.#initial = initial
    this.#present = initial
  }

  /** umask(2) is about to be called, for all who share it with the thread (CLONE_FS of clone(2)). */
  willChange(thread: number, mask: number): void {
    if ((mask & 0o777) !== this.#initial) this.#varies = true
    this.#forget()
    this.#changing.add(thread)
  }

  /** Our thread makes files with the umask of the other one: the kernel knows where it does not count (acl(5)). */
  take(thread: number): void {
    const mask = this.#varies ? this.#of(thread) : this.#initial
    if (mask === undefined || mask === this.#present) return
    setUmask(mask)
    this.#present = mask
  }

  #of(thread: number): number | undefined {
    if (performance.now() - this.#knownSince > keptMs) {
      this.#forget()
      this.#changing.clear()
    }
    // It makes another call: the change is done, and what was read beside it may be older.
    if (this.#changing.delete(thread)) this.#known.clear()
    const known = this.#known.get(thread)
    if (known !== undefined) return known
    const mask = umaskOf(thread)
    if (mask !== undefined && this.#changing.size === 0) this.#known.set(thread, mask)
    return mask
  }

  #forget(): void {
    this.#known.clear()
    this.#knownSince = performance.now()
  }
}
