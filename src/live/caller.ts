/** The thread whose call is carried out: what of it the kernel would have used. */
import { close, openAt } from "../kernel/file-calls.ts"
import { at, errno, fileTypes, flags } from "../kernel/file-flags.ts"
import { isSameFile, typeOf } from "../kernel/file-identity.ts"
import { readProc } from "../kernel/proc-file.ts"
import { pinned } from "../kernel/raw-call.ts"
import { statusFlags, takeDescriptor } from "../kernel/sockets.ts"

const path = pinned(64)

function openBelow(thread: number, what: string): number {
  path.bytes[path.bytes.write(`/proc/${thread}/${what}`)] = 0
  return openAt(at.currentDirectory, path.address, flags.path)
}

/** The path of a thread's working directory, and which thread's: mostly it is that of the call before. */
const workingDirectory = pinned(64)
let named = -1

function openWorkingDirectory(thread: number): number {
  const { bytes, address } = workingDirectory
  if (thread !== named) bytes[bytes.write(`/proc/${thread}/cwd`)] = 0
  named = thread
  return openAt(at.currentDirectory, address, flags.path)
}

/** The directory that a relative path starts from. @returns a descriptor, or -errno */
export function openBase(thread: number, directory: number): number {
  if (directory === at.currentDirectory) return openWorkingDirectory(thread)
  return openDescriptor(thread, directory)
}

/** What a descriptor of the thread refers to, pinned (O_PATH). @returns a descriptor, or -errno */
function openDescriptor(thread: number, descriptor: number): number {
  if (descriptor < 0) return -errno.badDescriptor
  const opened = openBelow(thread, `fd/${descriptor}`)
  return opened === -errno.noEntry ? -errno.badDescriptor : opened
}

/** `root`, `cwd`, `exe` or `fd/N` of the thread itself, as `/proc/self/` names them. */
export function openOwn(thread: number, link: string): number {
  return openBelow(thread, link)
}

/**
 * Whether a descriptor of the thread is open for writing, and for writing to this file: another thread can have put
 * another one in its place since the file was found (dup2(2)).
 * @param file pinned
 */
export function isOpenForWriting(thread: number, descriptor: number, file: number): boolean {
  const taken = takeDescriptor(thread, descriptor)
  if (taken < 0) return false
  const isWritable = (statusFlags(taken) & flags.accessMode) !== flags.readOnly && isSameFile(taken, file)
  close(taken)
  return isWritable
}

/**
 * Whether a descriptor of the thread is open, for reading where that is asked for, and of no directory.
 * @param opened file: the one that it is to be of, pinned
 */
export function isOpenedFile(thread: number, descriptor: number, { file, reads }: OpenedFile): boolean {
  const taken = takeDescriptor(thread, descriptor)
  if (taken < 0) return false
  const status = statusFlags(taken)
  const cannot = (status & flags.path) !== 0 || (reads && (status & flags.accessMode) === flags.writeOnly)
  const isOpened = !cannot && isSameFile(taken, file)
  close(taken)
  return isOpened && typeOf(file) !== fileTypes.directory
}

type OpenedFile = { file: number; reads: boolean }

/** Whether a descriptor of the thread was opened with O_PATH: the file cannot be changed by it. */
export function isPathOnly(thread: number, descriptor: number): boolean {
  return (flagsOf(thread, String(descriptor)) & flags.path) !== 0
}

/** proc_pid_fdinfo(5) */
function flagsOf(thread: number, descriptor: string): number {
  const text = readProc(`${thread}/fdinfo/${descriptor}`) ?? ""
  return Number.parseInt(text.match(/^flags:\t(\d+)$/m)?.[1] ?? "0", 8)
}

/** The terminal of a thread, which `/dev/tty` means (proc_pid_stat(5)). */
export type Terminal = { session: number; device: number }

export function terminalOf(thread: number | "self"): Terminal {
  // The name before it, in brackets, can hold anything.
  const text = readProc(`${thread}/stat`) ?? ""
  const [, , , session = 0, device = 0] = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number)
  return { session, device }
}

/** What a call that waits comes to when a signal is there for its thread: nothing as long as there is none. */
export function interruption(thread: number): number | undefined {
  const mask = (name: string) => BigInt(`0x${statusLine(thread, name) ?? "0"}`)
  const pending = (mask("SigPnd") | mask("ShdPnd")) & ~mask("SigBlk") & ~mask("SigIgn")
  if (pending === 0n) return undefined
  // ERESTARTSYS: the kernel starts the call anew or lets it fail, as the handler was set up. With nothing to handle it
  // would reach the program, so it is no answer where another thread can take the signal.
  const restart = 512
  return statusLine(thread, "Threads") === "1" ? -restart : -errno.interrupted
}

/** What proc_pid_status(5) says of a process or thread; undefined when it has ended. */
export type ProcessStatus = {
  /** PID of its parent */
  parent: number
  /** how many seccomp filters hold for it */
  filters: number
}

export function processStatus(id: number | "self"): ProcessStatus | undefined {
  const text = readProc(`${id}/status`)
  const value = (name: string) => Number(text?.match(new RegExp(`^${name}:\t(\\d+)$`, "m"))?.[1] ?? 0)
  return text === undefined ? undefined : { parent: value("PPid"), filters: value("Seccomp_filters") }
}

/** The number of the thread's process in its own PID namespace: the last of NSpid (proc_pid_status(5)). */
export function ownNumber(thread: number): number | undefined {
  const line = statusLine(thread, "NStgid")
  return line === undefined ? undefined : Number(line.split("\t").at(-1))
}

/** The same for the thread itself. */
export function ownThreadNumber(thread: number): number | undefined {
  const line = statusLine(thread, "NSpid")
  return line === undefined ? undefined : Number(line.split("\t").at(-1))
}

/** The umask of a thread (proc_pid_status(5)): it takes as long to read as the rest of a call. */
export function umaskOf(thread: number): number | undefined {
  const line = statusLine(thread, "Umask")
  return line === undefined ? undefined : Number.parseInt(line, 8)
}

function statusLine(thread: number, name: string): string | undefined {
  return readProc(`${thread}/status`)?.match(new RegExp(`^${name}:\t(.*)$`, "m"))?.[1]
}
