/**
 * The calls on paths with which a launch looks at the machine. Each gives what it was asked for, or -errno: nothing is
 * thrown, and node:fs, which takes a millisecond to load, is not needed. What they mean stands in section 2 of the manual.
 */
import { bytesOf } from "../base/path-bytes.ts"
import { errnoNames } from "./errno.ts"
import { at, errno, fileTypes, flags } from "./file-flags.ts"
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

/** With the NUL behind it (path_resolution(7)). */
const pathMax = 4096
const place = pinned(pathMax)
const nothing = pinned(8)

/** @returns where the path lies until the next call; -errno for one that the kernel would refuse or not see whole */
export function placed(path: string): number {
  if (path.includes("\0")) return -errno.invalid
  // A character is three bytes at most.
  if (3 * path.length < pathMax && path.isWellFormed()) {
    place.bytes[place.bytes.write(path)] = 0
    return place.address
  }
  const bytes = bytesOf(path)
  if (bytes.length >= pathMax) return -errno.nameTooLong
  place.bytes.set(bytes)
  place.bytes[bytes.length] = 0
  return place.address
}

/** Whether a call failed with one of the errors. @param result of a call */
export function failedWith(result: number, ...errors: readonly number[]): boolean {
  return errors.includes(-result)
}

/** For what nobody expected: as node:fs has it. @param result -errno */
export function failure(call: string, path: string, result: number): Error {
  const code = errnoNames[-result] ?? `errno ${-result}`
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code })
}

/** Of struct statx: times as seconds and nanoseconds. */
export type Status = {
  /** `fileTypes`, and permissions */
  mode: number
  links: number
  owner: number
  size: number
  device: string
  inode: string
  modified: string
  changed: string
}

const status = pinned(256)
const basicStats = 0x7ff

/** statx(2). @param follow a symbolic link at its end */
export function statusAt(path: string, { follow }: { follow: boolean }): Status | number {
  const address = placed(path)
  return address < 0 ? address : readStatus(at.currentDirectory, address, follow ? 0 : at.symlinkNoFollow)
}

/** statx(2) of what is open. */
export function statusOf(descriptor: number): Status | number {
  return readStatus(descriptor, nothing.address, at.emptyPath)
}

function readStatus(directory: number, path: number, how: number): Status | number {
  const result = rawCall(number.statx, directory, path, how, basicStats, status.address)
  if (result < 0) return result
  const { bytes, words } = status
  const time = (start: number) => `${bytes.readBigInt64LE(start)}.${words[(start + 8) >> 2]}`
  return {
    mode: bytes.readUInt16LE(28),
    links: bytes.readUInt32LE(16),
    owner: bytes.readUInt32LE(20),
    size: Number(bytes.readBigUInt64LE(40)),
    device: `${words[34]}:${words[35]}`,
    inode: String(bytes.readBigUInt64LE(32)),
    modified: time(112),
    changed: time(96),
  }
}

const typeOnly = 1 // STATX_TYPE

/** statx(2), links not followed. @returns one of `fileTypes` or another type, or -errno */
export function typeAt(path: string): number {
  const address = placed(path)
  if (address < 0) return address
  const how = at.symlinkNoFollow
  const result = rawCall(number.statx, at.currentDirectory, address, how, typeOnly, status.address)
  return result < 0 ? result : (status.words[7] ?? 0) & fileTypes.mask
}

/** openat(2), closed by the next exec. @returns a descriptor, or -errno */
export function openAtPath(path: string, openFlags: number): number {
  const address = placed(path)
  if (address < 0) return address
  return rawCall(number.openat, at.currentDirectory, address, openFlags | flags.closeOnExec)
}

/** faccessat(2). @returns 0, or -errno */
export function mayExecute(path: string): number {
  const address = placed(path)
  const execute = 1
  return address < 0 ? address : rawCall(number.faccessat, at.currentDirectory, address, execute)
}

/** statx(2). @returns 0 for what has none */
export function sizeOf(descriptor: number): number {
  const sizeOnly = 0x200 // STATX_SIZE
  const how = at.emptyPath
  if (rawCall(number.statx, descriptor, nothing.address, how, sizeOnly, status.address) < 0) return 0
  return Number(status.bytes.readBigUInt64LE(40))
}
