/** bind(2) on behalf of a program: of a unix socket to a path it makes a name, and of a port it asks for a right. */
import { controlPrefix } from "../host/control-name.ts"
import { close } from "../kernel/file-calls.ts"
import { at, errno } from "../kernel/file-flags.ts"
import { bindTo, families, options, readOption } from "../kernel/sockets.ts"
import { bindAsNamed } from "./bind-as-named.ts"
import type { SocketCall } from "./handle-sockets.ts"
import { notMakeable } from "./names.ts"
import type { Outcome } from "./session.ts"
import { unixName } from "./unix-name.ts"

export function bind(call: SocketCall): Outcome {
  const { socket, domain, address, size } = call
  switch (domain) {
    case families.unix:
      return bindUnix(call)
    case families.internet:
    case families.internet6:
      return isReserved(call) ? -errno.access : bindTo(socket, address.address, size)
    case families.netlink:
      return bindTo(socket, address.address, size)
    default:
      // No program inside can make one (kernel/refused-calls.ts).
      return -errno.access
  }
}

const firstUnreserved = 1024
/** IPPROTO_TCP, IPPROTO_UDP: the protocols that have ports */
const withPorts = [6, 17]

/**
 * The kernel asks whether we may bind the port (CAP_NET_BIND_SERVICE, ip(7)). In a network namespace of the sandbox's own
 * we may, because it was made for us; the program may not.
 */
function isReserved({ session, socket, address: { bytes }, size }: SocketCall): boolean {
  if (session.outerNamespace === undefined || size < 4) return false
  const port = bytes.readUInt16BE(2)
  return port > 0 && port < firstUnreserved && withPorts.includes(readOption(socket, options.protocol))
}

function bindUnix(call: SocketCall): number {
  const { session, socket, address, size } = call
  const name = unixName(address.bytes, size)
  if (name === undefined) return -errno.invalid
  if (name.kind === "abstract" && isControlSocket(address.bytes, size)) return -errno.access
  if (name.kind !== "path") return bindTo(socket, address.address, size)
  const { place, permissions, umasks, listener, unixSockets } = session
  const located = place.locate(at.currentDirectory, name.bytes)
  const refused = located || notMakeable(place) || permissions.write(place)
  if (refused < 0) return refused === -errno.exists ? -errno.addressInUse : refused
  // The directory as the host has it: agents replace files of theirs there.
  if (place.isHostFile) return -errno.access
  umasks.take(listener.thread)
  const bound = bindAsNamed(call, name.bytes)
  if (bound < 0) return bound
  const object = place.pin()
  if (object >= 0) {
    unixSockets.wasBound(object)
    close(object)
  }
  return bound
}

/**
 * The name of a running session's, where people answer its questions. Where the network is the host's, a program of the
 * same user would be taken for a session of its own invention.
 */
function isControlSocket(address: Buffer, size: number): boolean {
  // Behind the family and a NUL.
  return address.toString("latin1", 3, size).startsWith(controlPrefix)
}
