/** Two ends of a stream within our own process, for bytes that the runtime's own TLS must see on a socket. */
import { checked } from "./libc.ts"
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())
/** Two ints, used for one call at a time: a pair is made for each connection, and nothing may be kept for it. */
const pair = pinned(8)

/**
 * socketpair(2), AF_UNIX and SOCK_STREAM, non-blocking, both closed by the next exec. `net.connect({ fd })` and
 * `Bun.connect({ fd })` take either end.
 * @throws SystemError when there are no descriptors left
 */
export function streamPair(): [number, number] {
  const [unix, stream, nonBlocking, closeOnExec] = [1, 1, 0o4000, 0o2000000]
  checked("socketpair", rawCall(number.socketpair, unix, stream | nonBlocking | closeOnExec, 0, pair.address))
  return [pair.bytes.readInt32LE(0), pair.bytes.readInt32LE(4)]
}
