/** What can be found out about the other end of a FIFO (fifo(7), tee(2), poll(2)) without reading from it. */
import { errno } from "./file-flags.ts"
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

const byte = pinned(8)
const polled = pinned(24)
const scratch = makePipe()

/**
 * Whether somebody has the FIFO open for writing, or had since it was opened for reading. tee(2) copies at most a byte,
 * and tells an empty pipe with writers (EAGAIN) from one without (0); what came and went shows as POLLHUP.
 * @param descriptor open for reading
 * @returns undefined for what is no pipe
 */
export function hasHadWriter(descriptor: number): boolean | undefined {
  const doNotWait = 2 // SPLICE_F_NONBLOCK
  const copied = rawCall(number.tee, descriptor, scratch.to, 1, doNotWait)
  if (copied > 0) rawCall(number.read, scratch.from, byte.address, copied)
  if (copied > 0 || copied === -errno.again) return true
  return copied === 0 ? hasHungUp(descriptor) : undefined
}

/** pipe2(2) with O_CLOEXEC: takes what tee(2) copies. @returns its read end and its write end */
function makePipe(): { from: number; to: number } {
  const closeOnExec = 0o2000000
  const made = rawCall(number.pipe2, byte.address, closeOnExec)
  if (made < 0) throw new Error(`bug: pipe2 failed with errno ${-made}`)
  return { from: byte.bytes.readInt32LE(0), to: byte.bytes.readInt32LE(4) }
}

function hasHungUp(descriptor: number): boolean {
  const hungUp = 16 // POLLHUP, which is told unasked
  const { bytes, address } = polled
  bytes.fill(0)
  bytes.writeInt32LE(descriptor, 0)
  rawCall(number.ppoll, address, 1, address + 8)
  return (bytes.readInt16LE(6) & hungUp) !== 0
}
