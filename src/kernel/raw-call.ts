/**
 * The importer of bun:ffi. System calls as the kernel has them: numbers in, a result or the negative errno out, no
 * exception and no memory allocated, so that the live engine can make thousands in a second.
 */
import { dlopen, FFIType, ptr, read } from "bun:ffi"
import { exitCode } from "../base/exit-code.ts"

const { symbols: libc } = openLibrary()
const errnoLocation = libc.__errno_location() ?? bug()

function openLibrary() {
  const { i64_fast: word, ptr: pointer } = FFIType
  try {
    return dlopen("libc.so.6", {
      syscall: { args: [word, word, word, word, word, word, word], returns: word },
      __errno_location: { args: [], returns: pointer },
    })
  } catch (cause) {
    // Thrown while modules load it would reach nobody who tells it.
    process.stderr.write(
      `cordon: the C library cannot be opened: ${String(cause)}\n` +
        "cordon: → Cordon needs glibc (libc.so.6), and memory that may be written and executed\n",
    )
    process.exit(exitCode.refused)
  }
}

function bug(): never {
  throw new Error("bug: __errno_location(3) returned null")
}

/** A number that a system call takes for a pointer. */
export type Address = number

/**
 * syscall(2); arguments that are left out are 0. They are no list: to take one apart costs as much as the call itself.
 * @returns the result, or -errno
 */
export function rawCall(number: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
  const result = Number(libc.syscall(number, a, b, c, d, e, f))
  return result === -1 ? -read.i32(errnoLocation, 0) : result
}

/** Where bytes lie: valid as long as somebody holds them. */
export function addressOf(bytes: Uint8Array): Address {
  return bytes.length === 0 ? 0 : ptr(bytes)
}

/** Memory that system calls read and write. It never moves, and lives as long as the program: few are made. */
export type Pinned = {
  readonly bytes: Buffer
  /** the same in halves of the kernel's words: an element is read in a tenth of the time of a method of Buffer */
  readonly words: Int32Array
  readonly address: Address
}

const kept: Buffer[] = []

export function pinned(size: number): Pinned {
  // Not Buffer.from: the runtime compiles that when it is first called, a hundredth of a launch.
  const bytes = Buffer.alloc(size)
  kept.push(bytes)
  // It moves when its ArrayBuffer is first asked for: before its address is.
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, size >> 2)
  return { bytes, words, address: ptr(bytes) }
}

/** A NUL-terminated string for system calls, for as long as the program runs. */
export function pinnedString(text: string): Pinned {
  const bytes = new TextEncoder().encode(text)
  const memory = pinned(bytes.length + 1)
  memory.bytes.set(bytes)
  return memory
}
