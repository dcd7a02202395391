/**
 * `/dev/tty` is the terminal of whoever opens it (tty(4)), and that is us: for a program that has another one (in tmux,
 * script(1), expect(1)) it would be the user's. In a session of its own it has one that was made inside, or none.
 */
import { openName, openResolving, setStatusFlags } from "../kernel/file-calls.ts"
import { errno, flags, resolve } from "../kernel/file-flags.ts"
import { pinned } from "../kernel/raw-call.ts"
import { terminalOf } from "./caller.ts"
import type { OpenRequest } from "./open.ts"
import type { Place } from "./place.ts"

/** Major numbers of the devices below `/dev/pts` (admin-guide/devices.txt of the kernel's documentation). */
const firstMajor = 136
const lastMajor = 143

/** @param place of `/dev/tty` @returns a descriptor or -errno */
export function openTerminal(place: Place, request: OpenRequest): number {
  const wanted = request.flags & ~(flags.create | flags.truncate)
  const theirs = terminalOf(request.thread)
  const opened =
    theirs.session === terminalOf("self").session
      ? openName(place.directory, place.name, wanted | flags.noControllingTerminal, 0)
      : openOwn(place, theirs.device, wanted)
  if (opened >= 0) setStatusFlags(opened, wanted & flags.nonBlocking)
  return opened
}

const name = pinned(32)

function openOwn({ directory }: Place, device: number, wanted: number): number {
  const major = (device >> 8) & 0xfff
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00)
  if (major < firstMajor || major > lastMajor) return -errno.noDeviceOrAddress
  name.bytes[name.bytes.write(`pts/${(major - firstMajor) * 2 ** 20 + minor}`)] = 0
  const known = flags.accessMode | flags.nonBlocking | flags.noControllingTerminal
  return openResolving(
    directory,
    name.address,
    (wanted & known) | flags.noControllingTerminal,
    resolve.beneath | resolve.noSymlinks,
  )
}
