/** The socket to the process that ends a session without namespaces (inside/bare.ts), as its guardian uses it. */
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())
const polled = pinned(24)
const [readable, hungUp] = [1, 16] // POLLIN, POLLHUP

/** shutdown(2), SHUT_WR: the other end sees the end of the session. */
export function announceEnd(socket: number): void {
  rawCall(number.shutdown, socket, 1)
}

/** Waits until the other end says that it is done, or is gone. */
export function awaitDone(socket: number, milliseconds: number): void {
  poll(socket, readable, milliseconds)
}

/** Whether nobody has the other end any more. */
export function isLeft(socket: number): boolean {
  return (poll(socket, 0, 0) & hungUp) !== 0
}

/** ppoll(2). @returns what happened */
function poll(socket: number, events: number, milliseconds: number): number {
  const { bytes, address } = polled
  bytes.fill(0)
  bytes.writeInt32LE(socket, 0)
  bytes.writeInt16LE(events, 4)
  bytes.writeBigInt64LE(BigInt(Math.floor(milliseconds / 1000)), 8)
  bytes.writeBigInt64LE(BigInt((milliseconds % 1000) * 1_000_000), 16)
  rawCall(number.ppoll, address, 1, address + 8)
  return bytes.readInt16LE(6)
}
