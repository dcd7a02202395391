/** The sockets of the sandbox's own network by which its connections and its questions for names reach us. */
import { HostError } from "../base/error.ts"
import { close } from "./file-calls.ts"
import { insideNetwork } from "./inside-network.ts"
import { carryLargeSegments } from "./large-segments.ts"
import { checked, SystemError } from "./libc.ts"
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

/** Descriptors, bound; those for streams listen. */
export type BorderSockets = {
  /** every connection of the sandbox to somewhere else */
  streams: number
  datagramNames: number
  streamNames: number
}

const number = callNumbers(presentArchitecture())
const socketAddressSize = 16
const anyAddress = "0.0.0.0"
/** Capped by the namespace's net.core.somaxconn, which is 4,096. */
const backlog = 4096

/**
 * Sets up the network of a sandbox from outside, before anything runs in it. Whoever made a user namespace has every
 * capability in it and in what belongs to it (user_namespaces(7)), so this needs no privilege, and nothing inside has any.
 * @param descriptors as inside/guardian.ts hands them over
 * @throws HostError when the kernel refuses
 */
export function openBorderSockets([
  streams = -1,
  datagramNames = -1,
  streamNames = -1,
  routes = -1,
]: readonly number[]): BorderSockets {
  try {
    giveAddress(streams)
    carryLargeSegments(routes)
    close(routes)
    for (const names of [datagramNames, streamNames]) bindTo(names, insideNetwork.namesPort)
    bindTo(streams, insideNetwork.borderPort)
    for (const listening of [streams, streamNames])
      checked("listen", rawCall(number.listen, listening, backlog))
  } catch (cause) {
    if (!(cause instanceof SystemError)) throw cause
    throw new HostError(
      `the sandbox's own network cannot be set up: ${cause.message}`,
      "use --net off or --net open, and please report it with what cordon doctor says",
    )
  }
  return { streams, datagramNames, streamNames }
}

/** netdevice(7): a network whose addresses on `lo` are all local, so that each of them reaches us. */
function giveAddress(socket: number): void {
  const [setAddress, setNetmask] = [0x8916, 0x891c] // SIOCSIFADDR, SIOCSIFNETMASK
  for (const [request, address] of [
    [setAddress, insideNetwork.own],
    [setNetmask, insideNetwork.netmask],
  ] as const) {
    // struct ifreq: a name of 16 bytes, then struct sockaddr_in
    const memory = pinned(40)
    memory.bytes.write("lo:1")
    writeSocketAddress(memory.bytes.subarray(16), address, 0)
    checked("ioctl", rawCall(number.ioctl, socket, request, memory.address))
  }
}

/** To every address of the sandbox. */
function bindTo(socket: number, port: number): void {
  const { bytes, address } = pinned(socketAddressSize)
  writeSocketAddress(bytes, anyAddress, port)
  checked("bind", rawCall(number.bind, socket, address, socketAddressSize))
}

/** struct sockaddr_in (ip(7)) */
function writeSocketAddress(bytes: Buffer, address: string, port: number): void {
  const internet = 2
  bytes.writeUInt16LE(internet, 0)
  bytes.writeUInt16BE(port, 2)
  for (const [index, part] of address.split(".").entries()) bytes[4 + index] = Number(part)
}
