/** Who is, or was, at the other end of an IPv4 connection. */
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

const [socketLevel, peerNameOption] = [1, 28]
const internet = 2

/** struct sockaddr_in */
const address = pinned(16)
const size = pinned(4)

/**
 * SO_PEERNAME of asm-generic/socket.h: knows the other end also of a connection that was reset before it was accepted, of
 * which getpeername(2) says that there is none (net/ipv4/af_inet.c, inet_getname).
 * @returns undefined for what is no such socket
 */
export function peerName(socket: number): { address: string; port: number } | undefined {
  size.bytes.writeUInt32LE(address.bytes.length, 0)
  const result = rawCall(
    number.getsockopt,
    socket,
    socketLevel,
    peerNameOption,
    address.address,
    size.address,
  )
  if (result < 0 || address.bytes.readUInt16LE(0) !== internet) return undefined
  return { address: address.bytes.subarray(4, 8).join("."), port: address.bytes.readUInt16BE(2) }
}
