/**
 * The only importer of bun:ffi. One thin function a call: it makes the call, and turns -1 into a SystemError that
 * names the call and the errno. Loaded only by what needs it: opening the library costs 0.4 ms.
 */
import { dlopen, FFIType, ptr, read } from "bun:ffi"
import { HostError } from "../base/error.ts"
import { bytesOf } from "../base/path-bytes.ts"
import { errnoNames } from "./errno.ts"

/** A system call that failed. */
export class SystemError extends Error {
  override readonly name = "SystemError"
  readonly call: string
  readonly errno: number
  constructor(call: string, errno: number) {
    super(`${call}: ${errnoNames[errno] ?? `errno ${errno}`}`)
    this.call = call
    this.errno = errno
  }
}

const { symbols: libc } = openLibrary()

function openLibrary() {
  const { i32, i64, u32, u64, ptr: pointer } = FFIType
  try {
    return dlopen("libc.so.6", {
      execve: { args: [pointer, pointer, pointer], returns: i32 },
      memfd_create: { args: [pointer, u32], returns: i32 },
      dup2: { args: [i32, i32], returns: i32 },
      fcntl: { args: [i32, i32, i64], returns: i32 },
      lseek: { args: [i32, i64, i32], returns: i64 },
      prctl: { args: [i32, u64, u64, u64, u64], returns: i32 },
      syscall: { args: [i64, u64, u64, u64, u64], returns: i64 },
      __errno_location: { args: [], returns: pointer },
    })
  } catch (cause) {
    throw new HostError(`the C library cannot be opened: ${String(cause)}`, "Cordon needs glibc (libc.so.6)")
  }
}

/** Memory that the kernel reads must not be collected before it is read. */
const kept: unknown[] = []

function cString(text: string): number {
  const bytes = bytesOf(`${text}\0`)
  kept.push(bytes)
  return ptr(bytes)
}

function cStrings(texts: readonly string[]): number {
  const pointers = new BigUint64Array(texts.length + 1)
  for (const [index, text] of texts.entries()) pointers[index] = BigInt(cString(text))
  kept.push(pointers)
  return ptr(pointers)
}

function checked(call: string, result: number | bigint): number {
  if (Number(result) >= 0) return Number(result)
  const location = libc.__errno_location()
  throw new SystemError(call, location === null ? 0 : read.i32(location, 0))
}

/** execve(2): returns only by throwing. */
export function execve(
  path: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): never {
  const pairs = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  checked(
    "execve",
    libc.execve(asPointer(cString(path)), asPointer(cStrings(words)), asPointer(cStrings(pairs))),
  )
  throw new SystemError("execve", 0)
}

/** memfd_create(2): an anonymous file, closed by the next exec. */
export function createMemoryFile(name: string): number {
  const closeOnExec = 1
  return checked("memfd_create", libc.memfd_create(asPointer(cString(name)), closeOnExec))
}

/** dup2(2): the copy stays open over the next exec. */
export function duplicateTo(descriptor: number, number: number): void {
  checked("dup2", libc.dup2(descriptor, number))
}

/** fcntl(2) F_SETFD: the next exec leaves the descriptor open. */
export function keepOpen(descriptor: number): void {
  const setFlags = 2
  checked("fcntl", libc.fcntl(descriptor, setFlags, 0n))
}

/** lseek(2) to the start. */
export function rewind(descriptor: number): void {
  checked("lseek", libc.lseek(descriptor, 0n, 0))
}

/** close_range(2) with CLOSE_RANGE_CLOEXEC: the next exec closes descriptors `first` to `last`. */
export function closeOnExec(first: number, last: number): void {
  const flagCloseOnExec = 4n
  checked("close_range", libc.syscall(436n, BigInt(first), BigInt(last), flagCloseOnExec, 0n))
}

/** prctl(2) PR_SET_NO_NEW_PRIVS: no exec gains rights from here on. */
export function setNoNewPrivileges(): void {
  checked("prctl", libc.prctl(38, 1n, 0n, 0n, 0n))
}

/**
 * keyctl(2) KEYCTL_JOIN_SESSION_KEYRING: a new, empty session keyring in place of the caller's, whose keys (Kerberos,
 * encrypted directories) namespaces do not hide.
 */
export function joinNewSessionKeyring(): void {
  const join = 1n
  checked("keyctl", libc.syscall(keyctlNumber, join, 0n, 0n, 0n))
}

/** The one call here whose number differs between architectures (syscalls(2)). */
const keyctlNumber = process.arch === "arm64" ? 219n : 250n

/** landlock_create_ruleset(2); numbers of the landlock calls are the same on every architecture. */
export function landlockCreateRuleset(attributes: Uint8Array | undefined, flags: number): number {
  const pointer = attributes === undefined ? 0n : BigInt(ptr(attributes))
  kept.push(attributes)
  return checked(
    "landlock_create_ruleset",
    libc.syscall(444n, pointer, BigInt(attributes?.length ?? 0), BigInt(flags), 0n),
  )
}

/** landlock_restrict_self(2): binds the calling thread and what it executes. */
export function landlockRestrictSelf(ruleset: number): void {
  checked("landlock_restrict_self", libc.syscall(446n, BigInt(ruleset), 0n, 0n, 0n))
}

/** bun:ffi types a pointer as a branded number. */
function asPointer(address: number) {
  return address as ReturnType<typeof ptr>
}
