/**
 * The file systems by which the kernel tells of processes and takes orders have a place each, and the policy has its rules
 * there. Mounted once more somewhere else, in a tree for chroot(8) for instance, they are the host's own: what of them the
 * program may not open we could, who are no part of the sandbox, and the memory of the host's processes is among it.
 */
import { isWithin } from "../base/path.ts"
import { close, openAt } from "../kernel/file-calls.ts"
import { flags } from "../kernel/file-flags.ts"
import { kindOf, type Standing } from "../kernel/file-system.ts"
import type { Address } from "../kernel/raw-call.ts"

/**
 * linux/magic.h: proc, binfmt_misc and nfsd; sysfs, cgroup, cgroup2, debugfs, tracefs, securityfs, configfs, bpf, efivarfs,
 * pstore, fusectl, resctrl, and those of SELinux and Smack
 */
const places = new Map([
  ...[0x9fa0, 0x4249_4e4d, 0x6e66_7364].map(kind => [kind, "/proc"] as const),
  ...[
    ...[0x6265_6572, 0x27_e0eb, 0x6367_7270, 0x6462_6720, 0x7472_6163],
    ...[0x7363_6673, 0x6265_6570, 0xcafe_4a11, 0xde5e_81e4],
    ...[0x6165_676c, 0x6573_5543, 0x765_5821, 0xf97c_ff8c, 0x4341_5d53],
  ].map(kind => [kind, "/sys"] as const),
])

/** By the number of the file system, "" = it is none of these. Asked seldom: a server may have to be. */
const known = new Map<number, string>()
let knownSince = 0
/** Milliseconds: what is mounted later can get the number of what is gone. */
const keptMs = 1000

type Named = { directory: number; name: Address | undefined }

/**
 * Whether what stands at the name is the kernel's, and not in its place.
 * @param named without a name, the descriptor itself
 * @param path where that is
 */
export function isKernelsElsewhere(
  { directory, name }: Named,
  { deviceless: device }: Standing,
  path: string,
): boolean {
  if (device === 0) return false
  forgetOld()
  const place = known.get(device) ?? placeOf(directory, name)
  // What nobody can tell is not what may be opened.
  if (place === undefined) return true
  known.set(device, place)
  return place !== "" && !isWithin(path, place)
}

function forgetOld(): void {
  const now = performance.now()
  if (now - knownSince < keptMs) return
  known.clear()
  knownSince = now
}

function placeOf(descriptor: number, name: Address | undefined): string | undefined {
  const pinned = name === undefined ? descriptor : openAt(descriptor, name, flags.path | flags.noFollow)
  if (pinned < 0) return undefined
  const kind = kindOf(pinned)
  if (pinned !== descriptor) close(pinned)
  return kind === undefined ? undefined : (places.get(kind) ?? "")
}
