/** Memory that this process holds and can do without: it stays as long as the sandbox, and does little. */
import { bundleRange, type Range } from "./bundle.ts"
import { checked } from "./libc.ts"
import { readProc } from "./proc-file.ts"
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

/**
 * What the start alone needed of the program's code, a third of it, and of its modules is not kept, and what is used again
 * takes no more than its own pages. From then on a page that comes back costs as much as 64 KiB at once did.
 */
export function releaseCode(): void {
  const bundle = bundleRange()
  const code = [...codeRanges(), ...(bundle === undefined ? [] : [bundle])]
  if (!asked) askPageByPage(code)
  asked = true
  release(code)
}

/** madvise(2) MADV_DONTNEED: code comes back from the page cache. */
function release(code: readonly Range[]): void {
  const { madvise } = callNumbers(presentArchitecture())
  const dontNeed = 4
  for (const { start, length } of code) checked("madvise", rawCall(madvise, start, length, dontNeed))
}

/** Collects garbage now: left to itself the runtime lets 20 MB of it gather first. */
export function collectGarbage(): void {
  Bun.gc(true)
}

function codeRanges(): Range[] {
  // Instructions, and constants, which lie at the start of the file. Other read-only parts of a program have been
  // written to when it was linked (RELRO), and would be lost.
  const code = /^([0-9a-f]+)-([0-9a-f]+) (?:r-xp \S+|r--p 0+) \S+ \d+ +(.*)$/gm
  return [...(readProc("self/maps") ?? "").matchAll(code)].flatMap(([, from = "", to = "", path]) => {
    const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)]
    return path === process.execPath ? [{ start, length: end - start }] : []
  })
}

let asked = false

/** UFFDIO_API and UFFDIO_REGISTER of ioctl_userfaultfd(2) */
const [introduce, register] = [0xc018_aa3f, 0xc020_aa00]
/** UFFD_FEATURE_WP_ASYNC (Linux 6.7): nobody is asked about a write. Nothing writes to code. */
const asynchronous = 1n << 15n
/** UFFDIO_REGISTER_MODE_WP */
const writes = 2n

/**
 * The kernel maps the 64 KiB around each page of code that is used, and of those we use a third. It does not where
 * userfaultfd(2) watches for writes (`should_fault_around` of mm/memory.c), which is all that this is for. Elsewhere
 * nothing changes but the number.
 */
function askPageByPage(code: readonly Range[]): void {
  const { userfaultfd, ioctl } = callNumbers(presentArchitecture())
  const [closeOnExec, userModeOnly] = [0o2000000, 1]
  // Kept until the end: closing it would undo it.
  const descriptor = rawCall(userfaultfd, closeOnExec | userModeOnly)
  if (descriptor < 0) return
  // struct uffdio_api, then struct uffdio_register for each
  const { bytes, address } = pinned(32)
  bytes.writeBigUInt64LE(0xaan, 0)
  bytes.writeBigUInt64LE(asynchronous, 8)
  if (rawCall(ioctl, descriptor, introduce, address) < 0) return
  for (const { start, length } of code) {
    bytes.writeBigUInt64LE(BigInt(start), 0)
    bytes.writeBigUInt64LE(BigInt(length), 8)
    bytes.writeBigUInt64LE(writes, 16)
    rawCall(ioctl, descriptor, register, address)
  }
}
