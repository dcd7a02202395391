/** Runs a program of system calls (step-program.ts) to its end, again and again without using more memory. */
import { dlopen, FFIType } from "bun:ffi"
import type { Placement } from "./descriptors.ts"
import { close } from "./file-calls.ts"
import { errno } from "./file-flags.ts"
import { addressOf, pinned, pinnedString, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())
const name = pinnedString("cordon").address
const path = pinned(64)
/** argv and environ(7): pointers, the last of them null */
const words = pinned(16)
const variables = pinned(8)
const pid = pinned(8)
const status = pinned(8)
/** posix_spawn_file_actions_t is 80 bytes in glibc */
const actions = pinned(128)
let library: ReturnType<typeof openLibrary> | undefined

/**
 * @param program an executable
 * @param placements what it finds open, besides what no exec closes
 * @returns its exit status; undefined when it could not be started or was killed
 */
export function runSteps(program: Uint8Array, placements: readonly Placement[]): number | undefined {
  const file = fileOf(program)
  if (file < 0) return undefined
  path.bytes[path.bytes.write(`/proc/self/fd/${file}`)] = 0
  const started = start(placements)
  const status = started ? waitFor(pid.bytes.readInt32LE(0)) : undefined
  close(file)
  return status
}

function openLibrary() {
  const { i32, u64 } = FFIType
  return dlopen("libc.so.6", {
    posix_spawn: { args: [u64, u64, u64, u64, u64, u64], returns: i32 },
    posix_spawn_file_actions_init: { args: [u64], returns: i32 },
    posix_spawn_file_actions_adddup2: { args: [u64, i32, i32], returns: i32 },
    posix_spawn_file_actions_destroy: { args: [u64], returns: i32 },
  }).symbols
}

/** memfd_create(2). @returns a descriptor, closed by the next exec, or -errno */
function fileOf(content: Uint8Array): number {
  const closeOnExec = 1
  const file = rawCall(number.memfd_create, name, closeOnExec)
  if (file < 0) return file
  const written = rawCall(number.write, file, addressOf(content), content.length)
  if (written === content.length) return file
  close(file)
  return Math.min(written, -1)
}

function start(placements: readonly Placement[]): boolean {
  library ??= openLibrary()
  words.bytes.writeBigUInt64LE(BigInt(path.address), 0)
  library.posix_spawn_file_actions_init(actions.address)
  const placed = placements.every(
    ({ descriptor, number }) =>
      library?.posix_spawn_file_actions_adddup2(actions.address, descriptor, number) === 0,
  )
  const spawn = library.posix_spawn
  const started =
    placed && spawn(pid.address, path.address, actions.address, 0, words.address, variables.address) === 0
  library.posix_spawn_file_actions_destroy(actions.address)
  return started
}

/** wait4(2) */
function waitFor(child: number): number | undefined {
  let ended: number
  do ended = rawCall(number.wait4, child, status.address, 0, 0)
  while (ended === -errno.interrupted)
  if (ended !== child) return undefined
  const word = status.bytes.readInt32LE(0)
  return (word & 0x7f) === 0 ? (word >> 8) & 0xff : undefined
}
