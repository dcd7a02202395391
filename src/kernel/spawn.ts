/** Starting the sandbox as a child, and hearing from the process in it. */
import { dlopen, FFIType, type Pointer } from "bun:ffi"
import { HostError } from "../base/error.ts"
import type { Placement } from "./descriptors.ts"
import { errno } from "./file-flags.ts"
import type { Invocation } from "./invocation.ts"
import { checked, cString, cStrings, environmentStrings, keptAddress, SystemError } from "./libc.ts"
import { failedWith } from "./path-calls.ts"
import { readProc } from "./proc-file.ts"
import { type Address, pinned, rawCall } from "./raw-call.ts"
import { setSignalMask, signalMask, signalNumbers, signalSet } from "./signals.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

/**
 * Signals to a whole process group, as shells send them, which would end bubblewrap and with it the command before that
 * can do anything about them. In bubblewrap they wait for ever; the last steps let them through again.
 */
const { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM } = signalNumbers
const held = signalSet([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM])

/**
 * posix_spawn(3): the calling thread is the parent, and its death is what bubblewrap dies with.
 * @param placements the descriptors that the child has, besides those that are not closed on exec
 * @returns the PID
 * @throws HostError when the kernel refuses
 */
export function spawn(
  { program, words, environment }: Pick<Invocation, "program" | "words" | "environment">,
  placements: readonly Placement[],
): number {
  const pid = new Int32Array(1)
  const [argv = 0, variables = 0] = [[program, ...words], environmentStrings(environment)].map(cStrings)
  const library = openLibrary()
  const actions = spawnActions(library, placements)
  const mask = signalMask()
  // What the calling thread holds back, the child does; and we hear of none before it runs.
  setSignalMask(mask | held)
  const failure = library.posix_spawn(
    keptAddress(new Uint8Array(pid.buffer)) as Pointer,
    cString(program) as Pointer,
    actions as Pointer,
    null,
    argv as Pointer,
    variables as Pointer,
  )
  setSignalMask(mask)
  if (failure === 0) return pid[0] ?? 0
  const cause = new SystemError("posix_spawn", failure)
  throw new HostError(`${program} cannot be started: ${cause.message}`, "see `cordon doctor`")
}

function openLibrary() {
  const { i32, ptr: pointer } = FFIType
  return dlopen("libc.so.6", {
    posix_spawn: { args: [pointer, pointer, pointer, pointer, pointer, pointer], returns: i32 },
    posix_spawn_file_actions_init: { args: [pointer], returns: i32 },
    posix_spawn_file_actions_adddup2: { args: [pointer, i32, i32], returns: i32 },
  }).symbols
}

/** posix_spawn_file_actions_adddup2(3): the copy is not closed on exec. @returns a posix_spawn_file_actions_t */
function spawnActions(library: ReturnType<typeof openLibrary>, placements: readonly Placement[]): Address {
  // 80 bytes in glibc.
  const actions = keptAddress(new Uint8Array(128))
  library.posix_spawn_file_actions_init(actions as Pointer)
  for (const { descriptor, number } of placements) {
    const failure = library.posix_spawn_file_actions_adddup2(actions as Pointer, descriptor, number)
    if (failure === errno.badDescriptor)
      throw new HostError(
        `descriptor ${number} may not be open here`,
        "raise the limit on open files, see `ulimit -n`",
      )
    if (failure !== 0) throw new SystemError("posix_spawn_file_actions_adddup2", failure)
  }
  return actions
}

/** socketpair(2), AF_UNIX and SOCK_SEQPACKET, both closed by the next exec; the first learns who sends (unix(7)). */
export function socketPair(): [number, number] {
  const [unix, sequencedPackets, closeOnExec] = [1, 5, 0o2000000]
  const pair = new Int32Array(2)
  const address = keptAddress(new Uint8Array(pair.buffer))
  checked("socketpair", rawCall(number.socketpair, unix, sequencedPackets | closeOnExec, 0, address))
  const [own = -1, other = -1] = pair
  const [socketLevel, passCredentials] = [1, 16]
  const one = keptAddress(new Uint8Array(new Int32Array([1]).buffer))
  checked("setsockopt", rawCall(number.setsockopt, own, socketLevel, passCredentials, one, 4))
  return [own, other]
}

export type Handover = {
  /** the PID of the sender, in our PID namespace */
  process: number
  /** what the message brought along */
  descriptors: readonly number[]
}

/** recvmsg(2): waits for a message and its sender. @returns undefined when there is nobody left to send one */
export function receiveDescriptors(socket: number): Handover | undefined {
  const control = pinned(256)
  const data = pinned(16)
  const vector = keptAddress(new Uint8Array(new BigUint64Array([BigInt(data.address), 16n]).buffer))
  const message = new BigUint64Array([0n, 0n, BigInt(vector), 1n, BigInt(control.address), 256n, 0n])
  const header = keptAddress(new Uint8Array(message.buffer))
  const closeOnExec = 0x4000_0000
  const received = rawCall(number.recvmsg, socket, header, closeOnExec)
  // The other end was closed with something of ours unread: the gate was open, and nobody came through.
  if (failedWith(received, errno.connectionReset)) return undefined
  return checked("recvmsg", received) === 0 ? undefined : readControl(control.bytes, Number(message[5]))
}

/** struct cmsghdr, one after the other, each aligned to 8 (cmsg(3)). */
function readControl(control: Buffer, length: number): Handover | undefined {
  const [rights, credentials] = [1, 2]
  const descriptors: number[] = []
  let process: number | undefined
  for (let at = 0; at + 16 <= length; ) {
    const size = Number(control.readBigUInt64LE(at))
    const type = control.readInt32LE(at + 12)
    if (type === credentials) process = control.readInt32LE(at + 16)
    else if (type === rights)
      for (let end = at + 16; end < at + size; end += 4) descriptors.push(control.readInt32LE(end))
    at += (size + 7) & ~7
  }
  return process === undefined ? undefined : { descriptors, process }
}

/** write(2) of one byte: the process inside goes on. Whether it is still there, the end of bubblewrap tells. */
export function giveTheWord(socket: number): void {
  rawCall(number.write, socket, keptAddress(Uint8Array.of(1)), 1)
}

/** wait4(2) with WNOHANG. @returns the exit status, 128 and the signal that ended it, or undefined while it runs */
export function exitStatus(child: number): number | undefined {
  const status = pinned(8)
  const noWaiting = 1
  if (checked("wait4", rawCall(number.wait4, child, status.address, noWaiting, 0)) === 0) return undefined
  const signal = status.bytes.readInt32LE(0) & 0x7f
  return signal === 0 ? (status.bytes.readInt32LE(0) >> 8) & 0xff : 128 + signal
}

/** kill(2) with SIGKILL, and wait4(2) until it has ended. */
export function killChild(child: number): void {
  const kill = 9
  checked("kill", rawCall(number.kill, child, kill))
  checked("wait4", rawCall(number.wait4, child, 0, 0, 0))
}

/**
 * prctl(2) PR_SET_CHILD_SUBREAPER: processes below us that lose their parent become children of ours. bubblewrap's first
 * process inside outlives it when it is killed while that one is being set up.
 */
export function adoptOrphans(): void {
  const setChildSubreaper = 36
  checked("prctl", rawCall(number.prctl, setChildSubreaper, 1))
}

/** SIGKILL to each child that is the first process of a PID namespace, and with it to all that is in there. */
export function killNamespaces(): void {
  const kill = 9
  // On a kernel without CONFIG_PROC_CHILDREN what bubblewrap does about its end has to do.
  const children = readProc(`self/task/${process.pid}/children`) ?? ""
  for (const child of children.trim().split(" "))
    if (child !== "" && isFirst(child)) rawCall(number.kill, Number(child), kill)
}

/** Whether a process is the first one of its PID namespace (proc_pid_status(5)). */
function isFirst(id: string): boolean {
  const lines = readProc(`${id}/status`)?.split("\n") ?? []
  return lines.some(line => line.startsWith("NSpid:") && line.endsWith("\t1"))
}

/** exit_group(2): this process ends now, whatever its threads wait for. */
export function endProcess(status: number): void {
  rawCall(number.exit_group, status)
}
