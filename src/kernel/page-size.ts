/** How large a page of memory is: 4 KiB on x86_64; on aarch64 there are kernels with 16 and 64 KiB as well. */
import { readPath } from "./path-contents.ts"

const entrySize = 16
/** AT_PAGESZ of getauxval(3) */
const ofPages = 6n

/** By the vector that the kernel gave to this process (proc_pid_auxv(5)). @returns undefined where it cannot be read */
export function pageSize(): number | undefined {
  const vector = readPath("/proc/self/auxv")
  if (typeof vector === "number") return undefined
  for (let at = 0; at + entrySize <= vector.length; at += entrySize)
    if (vector.readBigUInt64LE(at) === ofPages) return Number(vector.readBigUInt64LE(at + 8))
  return undefined
}
