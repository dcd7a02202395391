/**
 * Names on a tmpfs(5), and the text of links, lie in memory. The kernel counts it for whoever makes them, and that is us:
 * the group of the session, which has a limit of memory (cgroups(7)), does not hold it. So there is no more of them than
 * that limit. What programs write there counts here too, and for the group: it reaches the limit there no later.
 */
import { openAgain } from "../kernel/file-calls.ts"
import { errno, flags } from "../kernel/file-flags.ts"
import { identify } from "../kernel/file-identity.ts"
import { memoryUsed } from "../kernel/file-system.ts"

type FileSystem = {
  /** some place on it, pinned */
  descriptor: number
  /** bytes that it took before this session made anything there, and takes now */
  before: number
  now: number
}

export class MemoryRoom {
  readonly #most: number
  /** by device; no program inside can mount more of them */
  readonly #known = new Map<number, FileSystem>()

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most
  }

  /** Whether something may be made where the descriptor is. @returns 0 or -errno */
  answer(descriptor: number): number {
    const used = memoryUsed(descriptor)
    if (used === undefined) return 0
    const device = identify(descriptor)?.device ?? 0
    const known = this.#known.get(device)
    if (known === undefined) {
      const kept = openAgain(descriptor, flags.path)
      if (kept < 0) return kept
      this.#known.set(device, { descriptor: kept, before: used, now: used })
    } else known.now = used
    return this.#isFull() && this.#isStillFull() ? -errno.noSpace : 0
  }

  #isFull(): boolean {
    let grown = 0
    for (const { before, now } of this.#known.values()) grown += Math.max(0, now - before)
    return grown > this.#most
  }

  /** Something may have been removed on the others meanwhile. */
  #isStillFull(): boolean {
    for (const each of this.#known.values()) each.now = memoryUsed(each.descriptor) ?? each.now
    return this.#isFull()
  }
}
