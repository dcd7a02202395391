/**
 * One thin function a system call: it makes the call, and turns an error into a SystemError that names the call and the
 * errno. Loaded only by what needs it: opening the C library costs 0.3 ms.
 */
import { bytesOf } from "../base/path-bytes.ts"
import { errnoNames } from "./errno.ts"
import { type Address, addressOf, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

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

const number = callNumbers(presentArchitecture())

/** Memory that the kernel reads must not be collected before it is read. */
const kept: unknown[] = []

export function keptAddress(bytes: Uint8Array): Address {
  kept.push(bytes)
  return addressOf(bytes)
}

export function cString(text: string): Address {
  return keptAddress(bytesOf(`${text}\0`))
}

/** An array of pointers that ends with a null pointer, as execve(2) takes it. */
export function cStrings(texts: readonly string[]): Address {
  const pointers = new BigUint64Array(texts.length + 1)
  for (const [index, text] of texts.entries()) pointers[index] = BigInt(cString(text))
  return keptAddress(new Uint8Array(pointers.buffer))
}

/** @throws SystemError when the result is an error */
export function checked(call: string, result: number): number {
  if (result >= 0) return result
  throw new SystemError(call, -result)
}

/** `NAME=value` of each variable, as environ(7) has them. */
export function environmentStrings(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).map(([name, value]) => `${name}=${value}`)
}

/** execve(2): returns only by throwing. */
export function execve(
  path: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): never {
  const variables = cStrings(environmentStrings(environment))
  checked("execve", rawCall(number.execve, cString(path), cStrings(words), variables))
  throw new SystemError("execve", 0)
}

/** memfd_create(2): an anonymous file, closed by the next exec. */
export function createMemoryFile(name: string): number {
  const closeOnExec = 1
  return checked("memfd_create", rawCall(number.memfd_create, cString(name), closeOnExec))
}

/**
 * pipe2(2), both closed by the next exec, that takes so many bytes in one write(2) (F_SETPIPE_SZ of fcntl(2)).
 * @returns undefined where the kernel allows none so large
 */
export function makePipe(capacity: number): { from: number; to: number } | undefined {
  const ends = new Int32Array(2)
  const closeOnExec = 0o2000000
  checked("pipe2", rawCall(number.pipe2, keptAddress(new Uint8Array(ends.buffer)), closeOnExec))
  const [from = -1, to = -1] = ends
  const [setSize, getSize] = [1031, 1032]
  if (rawCall(number.fcntl, to, getSize) < capacity) rawCall(number.fcntl, to, setSize, capacity)
  if (rawCall(number.fcntl, to, getSize) >= capacity) return { from, to }
  for (const end of ends) rawCall(number.close, end)
  return undefined
}

/**
 * write(2), once. Where nobody reads any more, whoever waits for the reader hears of its end.
 * @throws SystemError, Error when it took a part: the reader may then take that for all
 */
export function writeAtOnce(pipe: number, bytes: Uint8Array): void {
  const brokenPipe = 32
  const written = rawCall(number.write, pipe, addressOf(bytes), bytes.length)
  if (written === -brokenPipe) return
  if (checked("write", written) !== bytes.length) throw new Error("bug: a pipe took less than it holds")
}

/** dup3(2): the copy stays open over the next exec. */
export function duplicateTo(descriptor: number, copy: number): void {
  checked("dup3", rawCall(number.dup3, descriptor, copy, 0))
}

/** fcntl(2) F_SETFD: the next exec leaves the descriptor open. */
export function keepOpen(descriptor: number): void {
  const setFlags = 2
  checked("fcntl", rawCall(number.fcntl, descriptor, setFlags, 0))
}

/** fcntl(2) F_DUPFD_CLOEXEC. @returns a copy with a number from `least` on, closed by the next exec */
export function duplicateFrom(descriptor: number, least: number): number {
  const duplicateCloseOnExec = 1030
  return checked("fcntl", rawCall(number.fcntl, descriptor, duplicateCloseOnExec, least))
}

/** write(2) of all of it. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; )
    at += checked("write", rawCall(number.write, descriptor, addressOf(bytes) + at, bytes.length - at))
}

/** lseek(2) to the start. */
export function rewind(descriptor: number): void {
  checked("lseek", rawCall(number.lseek, descriptor, 0, 0))
}

/** close_range(2) with CLOSE_RANGE_CLOEXEC: the next exec closes descriptors `first` to `last`. */
export function closeOnExec(first: number, last: number): void {
  const flagCloseOnExec = 4
  checked("close_range", rawCall(number.close_range, first, last, flagCloseOnExec))
}

/** pidfd_open(2): readable when the process is gone. Closed by the next exec. */
export function openProcess(process: number): number {
  return checked("pidfd_open", rawCall(number.pidfd_open, process, 0))
}

/** prctl(2) PR_SET_PDEATHSIG: this process is killed when the one that started it ends. */
export function dieWithParent(): void {
  const setParentDeathSignal = 1
  const kill = 9
  checked("prctl", rawCall(number.prctl, setParentDeathSignal, kill))
}

/**
 * keyctl(2) KEYCTL_JOIN_SESSION_KEYRING: a new, empty session keyring in place of the caller's, whose keys (Kerberos,
 * encrypted directories) namespaces do not hide.
 */
export function joinNewSessionKeyring(): void {
  const join = 1
  checked("keyctl", rawCall(number.keyctl, join, 0))
}

/** landlock_create_ruleset(2) with LANDLOCK_CREATE_RULESET_VERSION: the ABI of the running kernel. */
export function landlockVersion(): number {
  const flagVersion = 1
  return checked("landlock_create_ruleset", rawCall(number.landlock_create_ruleset, 0, 0, flagVersion))
}
