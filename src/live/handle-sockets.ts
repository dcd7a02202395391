/**
 * connect(2) and bind(2), always carried out by us, on the program's own socket and with our copy of the address. Nothing
 * of them is left to the kernel: it would read address and descriptor again, and another thread can have changed the one
 * and put another socket in place of the other (dup2(2)).
 */
import { close } from "../kernel/file-calls.ts"
import { errno } from "../kernel/file-flags.ts"
import type { Pinned } from "../kernel/raw-call.ts"
import {
  addressMax,
  connectTo,
  families,
  namespaceOf,
  options,
  readOption,
  takeDescriptor,
} from "../kernel/sockets.ts"
import { bind } from "./bind.ts"
import { connectInternet } from "./connect-internet.ts"
import { connectUnix } from "./connect-unix.ts"
import type { Handlers } from "./engine.ts"
import type { Outcome, Session } from "./session.ts"

/** A call with its arguments in our hands. */
export type SocketCall = {
  session: Session
  /** our descriptor of the program's socket */
  socket: number
  /** descriptors of ours, the socket among them, that are closed when there is a result */
  held: number[]
  /** of address_families(7) */
  domain: number
  address: Pinned
  /** of the address, as the program gave it */
  size: number
}

export const socketHandlers: Handlers = {
  connect: session => onSocket(session, { addressFirst: true, act: connect }),
  bind: session => onSocket(session, { addressFirst: false, act: bind }),
}

/** @property addressFirst whether the kernel looks at the address before it looks at what the descriptor is */
type Form = { addressFirst: boolean; act: (call: SocketCall) => Outcome }

function onSocket(session: Session, { addressFirst, act }: Form): Outcome {
  const { listener } = session
  const socket = takeDescriptor(listener.thread, listener.int(0))
  if (socket < 0) return socket
  const call = callOn(socket, session, addressFirst)
  const outcome = typeof call === "number" ? call : act(call)
  const held = typeof call === "number" ? [socket] : call.held
  if (typeof outcome !== "object") for (const descriptor of held) close(descriptor)
  return outcome
}

/** @returns -errno when it is no call that could be made */
function callOn(socket: number, session: Session, addressFirst: boolean): SocketCall | number {
  const { listener, memory } = session
  const domain = readOption(socket, options.domain)
  if (domain < 0 && (!addressFirst || domain !== -errno.notSocket)) return domain
  const size = listener.int(2)
  if (size < 0 || size > addressMax) return -errno.invalid
  if (size > 0 && listener.readBytes(listener.pointer(1), memory.address, size) < size)
    return -errno.badAddress
  if (domain < 0) return domain
  // From here on it is known that socket and address are the caller's, and not those of another with its number.
  if (!listener.isValid()) return -errno.interrupted
  if (leadsOut({ socket, domain }, session)) return -errno.access
  return { session, socket, held: [socket], domain, address: memory, size }
}

/** One of the host's that was left open on standard input, or handed over; or one of which nobody can tell. */
function leadsOut(
  { socket, domain }: Pick<SocketCall, "socket" | "domain">,
  { outerNamespace, processes }: Session,
): boolean {
  // Where the namespace is the host's and the network off, no program inside has made one (kernel/refused-calls.ts).
  if (outerNamespace === undefined) return processes?.offline === true && domain !== families.unix
  const namespace = namespaceOf(socket)
  return namespace === undefined || namespace === outerNamespace
}

function connect(call: SocketCall): Outcome {
  switch (call.domain) {
    case families.unix:
      return connectUnix(call)
    case families.internet:
    case families.internet6:
      return connectInternet(call)
    case families.netlink:
      return connectNetlink(call)
    default:
      // No program inside can make one (kernel/refused-calls.ts).
      return -errno.access
  }
}

/** To the kernel alone (netlink(7)): whom else it may reach is asked of us and not of the program, which may not. */
function connectNetlink({ socket, address: { bytes, address }, size }: SocketCall): number {
  const isOther = bytes.readUInt32LE(4) !== 0 || bytes.readUInt32LE(8) !== 0
  const isUnspecified = size >= 2 && bytes.readUInt16LE(0) === families.unspecified
  if (size >= 12 && isOther && !isUnspecified) return -errno.notPermitted
  return connectTo(socket, address, size)
}
