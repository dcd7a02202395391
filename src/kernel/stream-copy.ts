/**
 * Bytes from one socket to another, without an object for each piece: where much is on its way, half of what a relay
 * costs is memory for what it reads.
 */
import { errno } from "./file-flags.ts"
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())
/** What one turn may copy: everything else in this process waits for it. */
const turnMax = 8 * 1024 * 1024
/** MSG_DONTWAIT, MSG_NOSIGNAL of send(2) */
const withoutWaiting = 0x40
const withoutSignal = 0x4000

/** For one piece at a time, and only once something is copied. */
let memory: ReturnType<typeof pinned> | undefined
export const pieceMax = 512 * 1024

export type Copied = {
  /** bytes that the receiver took */
  count: number
  /** what was read and the receiver had no room for */
  left: Buffer | undefined
  /** the connection that failed, with the error; the event loop will not hear of that error any more */
  failure: { side: "from" | "to"; errno: number } | undefined
}

/**
 * Copies what is there: until nothing more has come, nothing more is taken, or others should have their turn.
 * @param from descriptor of a socket, of which the event loop reads what follows, its end too
 * @param pieceSize how much may be left over, up to `pieceMax`
 */
export function copyStream(from: number, to: number, pieceSize: number): Copied {
  memory ??= pinned(pieceMax)
  const result: Copied = { count: 0, left: undefined, failure: undefined }
  while (result.count < turnMax) {
    const read = rawCall(number.recvfrom, from, memory.address, pieceSize, withoutWaiting)
    if (read < 0 && read !== -errno.again) result.failure = { side: "from", errno: -read }
    if (read <= 0) return result
    const sent = sendAll(to, memory.address, read)
    result.count += sent.count
    if (sent.count === read) continue
    if (sent.errno !== errno.again) result.failure = { side: "to", errno: sent.errno }
    // Copied: the next piece is read into the same memory.
    else result.left = Buffer.from(memory.bytes.subarray(sent.count, read))
    return result
  }
  return result
}

function sendAll(to: number, address: number, length: number): { count: number; errno: number } {
  let count = 0
  while (count < length) {
    const flags = withoutWaiting | withoutSignal
    const sent = rawCall(number.sendto, to, address + count, length - count, flags)
    if (sent < 0) return { count, errno: -sent }
    count += sent
  }
  return { count, errno: 0 }
}
