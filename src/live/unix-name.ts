/** Names of unix sockets as the kernel has them: struct sockaddr_un (unix(7)). */
import { families } from "../kernel/sockets.ts"

/** sizeof(struct sockaddr_un): the family and 108 bytes */
export const unixAddressMax = 110

export type UnixName =
  /** a path; its bytes without the NUL behind them, which there need not be */
  | { kind: "path"; bytes: Buffer }
  /** known in its network namespace, and to no file system */
  | { kind: "abstract" }
  /** bind(2) is to make one up */
  | { kind: "none" }

/** @returns undefined for what is no such name (EINVAL) */
export function unixName(address: Buffer, size: number): UnixName | undefined {
  if (size < 2 || size > unixAddressMax || address.readUInt16LE(0) !== families.unix) return undefined
  if (size === 2) return { kind: "none" }
  const bytes = address.subarray(2, size)
  const end = bytes.indexOf(0)
  if (end === 0) return { kind: "abstract" }
  return { kind: "path", bytes: end < 0 ? bytes : bytes.subarray(0, end) }
}

/** Writes a path with a NUL behind it. @returns the size of the address */
export function writeUnixPath(bytes: Buffer, path: Uint8Array): number {
  bytes.writeUInt16LE(families.unix, 0)
  bytes.set(path, 2)
  bytes[2 + path.length] = 0
  // A path of 108 bytes leaves no room for it, and needs none.
  return Math.min(2 + path.length + 1, unixAddressMax)
}
