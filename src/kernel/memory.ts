/** Memory that this process holds and can do without: it stays as long as the sandbox, and does little. */
import { readFileSync } from "node:fs"
import { checked } from "./libc.ts"
import { rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

/**
 * madvise(2) MADV_DONTNEED on the program's code: what the start alone needed, a third of it, is not kept. Code that is
 * used again comes back from the page cache.
 */
export function releaseCode(): void {
  const { madvise } = callNumbers(presentArchitecture())
  const dontNeed = 4
  // Only code: other read-only parts of a program have been written to when it was linked (RELRO), and would be lost.
  const code = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \d+ +(.*)$/gm
  for (const [, from = "", to = "", path] of readFileSync("/proc/self/maps", "utf8").matchAll(code)) {
    if (path !== process.execPath) continue
    const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)]
    checked("madvise", rawCall(madvise, start, end - start, dontNeed))
  }
}

/** Collects garbage now: left to itself the runtime lets 20 MB of it gather first. */
export function collectGarbage(): void {
  Bun.gc(true)
}
