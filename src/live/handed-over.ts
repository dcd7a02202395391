/** What a program was handed from a place where the sandbox has a directory of its own. */
import { errno, flags } from "../kernel/file-flags.ts"
import { isOpenedFile } from "./caller.ts"
import type { Permissions } from "./permissions.ts"
import type { Place } from "./place.ts"

export type Opening = {
  flags: number
  /** of the program that opens */
  thread: number
}

/** The number of the program's descriptor that the path names (`/proc/self/fd/N`). */
export function ownDescriptor({ ownLink }: Place): number | undefined {
  const [, number] = ownLink?.match(/^fd\/(\d+)$/) ?? []
  return number === undefined ? undefined : Number(number)
}

/** Where the sandbox has a directory of its own (`/tmp`, `/proc`) the host's is nobody's business inside. */
export function isFromHosts({ isOutside, path }: Place, { gate }: Permissions): boolean {
  return isOutside && gate.judge.accessOf(path) === "private"
}

/**
 * Whoever was handed a directory there could go up from it. A file that was handed over is opened once more, and read if it
 * may be by its descriptor.
 * @returns 0 or -errno
 */
export function leadsOut(place: Place, permissions: Permissions, { flags: wanted, thread }: Opening): number {
  if (!isFromHosts(place, permissions)) return 0
  const own = place.isObject ? ownDescriptor(place) : undefined
  const opened = { file: place.directory, reads: (wanted & flags.accessMode) !== flags.writeOnly }
  return own !== undefined && isOpenedFile(thread, own, opened) ? 0 : -errno.access
}
