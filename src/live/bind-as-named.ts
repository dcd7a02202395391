/**
 * bind(2) of a unix socket to a path, under the very text that the program gave: that is what getsockname(2) tells, and
 * what some give to others to connect to (Python's multiprocessing). The text means what it says only in the sandbox's own
 * view of the file system. Where that is not ours none of our threads can take it, and a process of two pages can: it
 * enters the namespaces, binds the socket and ends.
 */
import { step } from "../inside/step.ts"
import { capabilityVersion, changeDirectory, close, openAt, openResolving } from "../kernel/file-calls.ts"
import { at, flags, resolve } from "../kernel/file-flags.ts"
import { identify } from "../kernel/file-identity.ts"
import { pinned, pinnedString } from "../kernel/raw-call.ts"
import { runSteps } from "../kernel/run-steps.ts"
import { bindTo, ownAddress } from "../kernel/sockets.ts"
import { StepMemory, stepProgram } from "../kernel/step-program.ts"
import { callNumbers, presentArchitecture } from "../kernel/system-calls.ts"
import { openBase } from "./caller.ts"
import type { SocketCall } from "./handle-sockets.ts"
import { unixAddressMax, writeUnixPath } from "./unix-name.ts"

const slash = 47
const directoryOnly = flags.path | flags.directory
const target = pinned(unixAddressMax + 1)
const text = pinned(unixAddressMax + 1)
const hostRoot = openAt(at.currentDirectory, pinnedString("/").address, directoryOnly)

/**
 * Binds it where `place` is, which was found by the path and has been judged.
 * @returns 0 or -errno
 */
export function bindAsNamed(call: SocketCall, path: Buffer): number {
  const { socket, session } = call
  const cut = path.lastIndexOf(slash)
  // The name by itself is the text. One that has a name already gets no other, and hears so.
  const isText = cut < 0 || hasName(socket)
  if (!isText && bindInside(call, path)) return 0
  // It failed, for a reason that shows again; or this machine gives no such process, and the name is there at least.
  return bindBelow(session.place.directory, socket, path.subarray(cut + 1))
}

/** Only this thread is in that directory (unshare(2), CLONE_FS), and no longer than for this call. */
function bindBelow(directory: number, socket: number, path: Buffer): number {
  const entered = changeDirectory(directory)
  if (entered < 0) return entered
  const bound = bindTo(socket, target.address, writeUnixPath(target.bytes, path))
  changeDirectory(hostRoot)
  return bound
}

/** Beyond its family. */
function hasName(socket: number): boolean {
  return ownAddress(socket, target) > 2
}

/** The numbers under which the process finds what it needs. */
const [boundSocket, userNamespace, mountNamespace, workingDirectory] = [3, 4, 5, 6]
const newUser = 0x1000_0000
const newMounts = 0x2_0000

/**
 * @returns whether this gave the socket its name. That it has one says nothing: another thread can have sent by it
 * meanwhile, which gives it one too (unix(7), SO_PASSCRED), and what stands at the path would be taken for the program's.
 */
function bindInside({ session, socket }: SocketCall, path: Buffer): boolean {
  const base = openBase(session.listener.thread, at.currentDirectory)
  if (base < 0) return false
  const { namespace, owner } = session.mounts
  const leads = leadsTo(session.place.directory, path, { base, root: session.root })
  const bind = () =>
    namespace < 0
      ? bindBelow(base, socket, path)
      : runSteps(binder(path), [
          { descriptor: socket, number: boundSocket },
          { descriptor: owner, number: userNamespace },
          { descriptor: namespace, number: mountNamespace },
          { descriptor: base, number: workingDirectory },
        ])
  const isBound = leads && bind() === 0
  close(base)
  return isBound
}

/**
 * Whether the path leads to the directory from there, and by names alone: whatever changes one in the sandbox waits for
 * its turn, while links of `/proc` follow other threads (chdir(2)).
 */
function leadsTo(directory: number, path: Buffer, from: { base: number; root: number }): boolean {
  const isAbsolute = path[0] === slash
  text.bytes.set(path)
  text.bytes[Math.max(path.lastIndexOf(slash), 1)] = 0
  const found = isAbsolute
    ? openResolving(from.root, text.address, directoryOnly, resolve.inRoot)
    : openResolving(from.base, text.address, directoryOnly, resolve.noMagicLinks)
  if (found < 0) return false
  const [one, other] = [identify(found), identify(directory)]
  close(found)
  return one !== undefined && one.inode === other?.inode && one.device === other.device
}

/** It has the umask of the thread that starts it, and no more rights than the program: setns(2) gives it some. */
function binder(path: Buffer): Uint8Array {
  const architecture = presentArchitecture()
  const numbers = callNumbers(architecture)
  const memory = new StepMemory()
  const bytes = Buffer.alloc(unixAddressMax + 1)
  const size = writeUnixPath(bytes, path)
  const header = Buffer.alloc(8)
  header.writeUInt32LE(capabilityVersion)
  const steps = [
    step("setns", numbers.setns, [userNamespace, newUser]),
    step("setns", numbers.setns, [mountNamespace, newMounts]),
    step("fchdir", numbers.fchdir, [workingDirectory]),
    step("capset", numbers.capset, [memory.place(header), memory.place(Buffer.alloc(24))]),
    step("bind", numbers.bind, [boundSocket, memory.place(bytes), size]),
    step("exit_group", numbers.exit_group, [0]),
  ]
  const quiet = steps.map(each => ({ ...each, otherwise: { says: "", status: 1 } }))
  return stepProgram(quiet, memory, architecture)
}
