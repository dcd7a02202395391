/** Who is at the other end of a unix socket, as the kernel noted it when the two were connected. */
import { checked } from "./libc.ts"
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

export type PeerCredentials = {
  /** PID in our PID namespace; 0 when it is in none below ours */
  process: number
  /** in our user namespace; 65534 when it has none there */
  uid: number
  gid: number
}

const number = callNumbers(presentArchitecture())
/** struct ucred: three ints */
const credentials = pinned(12)
const size = pinned(4)

/**
 * getsockopt(2) SO_PEERCRED (unix(7)): of who connected, or, asked by who connected, of who called listen(2).
 * @throws SystemError when it is no connected unix socket
 */
export function peerCredentials(socket: number): PeerCredentials {
  const [socketLevel, peerCredentials] = [1, 17]
  size.bytes.writeUInt32LE(12, 0)
  checked(
    "getsockopt",
    rawCall(number.getsockopt, socket, socketLevel, peerCredentials, credentials.address, size.address),
  )
  const [process, uid, gid] = [0, 4, 8].map(at => credentials.bytes.readUInt32LE(at))
  return { process: process ?? 0, uid: uid ?? 0, gid: gid ?? 0 }
}
