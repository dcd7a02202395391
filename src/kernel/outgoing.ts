/** Connections that Cordon makes itself: begun here, and then the event loop's. */
import { parseAddress } from "../base/address.ts"
import { bug } from "../base/error.ts"
import { close, setStatusFlags } from "./file-calls.ts"
import { errno, flags } from "./file-flags.ts"
import { checked, duplicateFrom, SystemError } from "./libc.ts"
import { pinned, rawCall } from "./raw-call.ts"
import {
  connectTo,
  families,
  isWritable,
  makeSocket,
  options,
  readOption,
  socketTypes,
  statusFlags,
} from "./sockets.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

/** struct sockaddr_in6, the longer one of the two (ip(7), ipv6(7)) */
const target = pinned(28)

/**
 * connect(2) of a new socket, without waiting.
 * @param address canonical text of an IPv4 or IPv6 address
 * @returns a descriptor, closed by the next exec
 * @throws SystemError when it can tell at once, as where there is no route
 */
export function beginConnection(address: string, port: number): number {
  const family = writeEndpoint(address, port)
  const socket = makeSocket(family, socketTypes.stream | flags.nonBlocking)
  if (socket < 0) throw new SystemError("socket", -socket)
  return connecting(socket, family)
}

/**
 * The same with a socket that is there already, and may lie in another network. It is closed when this throws.
 * @param socket of AF_INET
 */
export function beginConnectionOf(socket: number, address: string, port: number): number {
  setStatusFlags(socket, statusFlags(socket) | flags.nonBlocking)
  return connecting(socket, writeEndpoint(address, port))
}

/** Whether a connection that was begun stands, or has failed. */
export const isDecided = isWritable

/** Why a connection that is decided does not stand (SO_ERROR of socket(7)). */
export function connectionError(socket: number): SystemError | undefined {
  const error = readOption(socket, options.error)
  return error === 0 ? undefined : new SystemError("connect", Math.abs(error))
}

/** Another descriptor of the same socket, closed by the next exec. */
export function copySocket(socket: number): number {
  const firstFree = 3
  return duplicateFrom(socket, firstFree)
}

/** struct linger of socket(7), all zero */
const off = pinned(8)

/** Takes SO_LINGER off: closing the socket does not reset its connection. */
export function lingerNot(socket: number): void {
  const [socketLevel, linger] = [1, 13]
  const { setsockopt } = callNumbers(presentArchitecture())
  checked("setsockopt", rawCall(setsockopt, socket, socketLevel, linger, off.address, off.bytes.length))
}

function connecting(socket: number, family: number): number {
  const result = connectTo(socket, target.address, family === families.internet ? 16 : 28)
  if (result >= 0 || result === -errno.inProgress) return socket
  close(socket)
  throw new SystemError("connect", -result)
}

/** @returns the family of the address */
function writeEndpoint(text: string, port: number): number {
  const address = parseAddress(text)
  if (address === undefined) throw bug(`${text} is no address`)
  const { bytes } = target
  bytes.fill(0)
  const family = address.width === 32 ? families.internet : families.internet6
  bytes.writeUInt16LE(family, 0)
  bytes.writeUInt16BE(port, 2)
  if (address.width === 32) bytes.writeUInt32BE(Number(address.bits), 4)
  else {
    bytes.writeBigUInt64BE(address.bits >> 64n, 8)
    bytes.writeBigUInt64BE(BigInt.asUintN(64, address.bits), 16)
  }
  return family
}
