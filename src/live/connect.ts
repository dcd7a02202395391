/** connect(2) on behalf of a program, which waits if it has to, while we do not. */

import { close, setStatusFlags } from "../kernel/file-calls.ts"
import { errno, flags } from "../kernel/file-flags.ts"
import { addressOf } from "../kernel/raw-call.ts"
import { connectTo, families, isWritable, sendTimeout, statusFlags } from "../kernel/sockets.ts"
import { interruption } from "./caller.ts"
import type { SocketCall } from "./handle-sockets.ts"
import type { Later, Outcome } from "./session.ts"

/** What to connect to, in memory of ours. */
export type Target = { bytes: Uint8Array; size: number }

/** Looking for signals costs more than all the rest of a try. */
const signalsMs = 100

/**
 * Connects a socket whose connect(2) may wait.
 * @param begun called when the kernel has begun a connection: not for a socket that was connecting or connected already
 */
export function connectStream(
  call: SocketCall,
  target: Target,
  begun: () => void = () => undefined,
): Outcome {
  const { socket, domain } = call
  const address = addressOf(target.bytes)
  const status = statusFlags(socket)
  if ((status & flags.nonBlocking) !== 0) {
    const result = connectTo(socket, address, target.size)
    if (result === -errno.inProgress) begun()
    return result
  }
  const { first, last } = withoutWaiting(socket, status, () => {
    const first = connectTo(socket, address, target.size)
    // On a machine's own network the connection is there as soon as it was begun.
    const last = first === -errno.inProgress ? connectTo(socket, address, target.size) : first
    return { first, last }
  })
  if (first === -errno.inProgress) begun()
  return last === waitingResult(domain) ? waitFor(call, { ...target, tooLate: first, begun }) : last
}

/**
 * The flag belongs to all who share the socket. Whoever takes it off meanwhile lets us wait in place of the program, and
 * nothing but its own sandbox with us.
 */
function withoutWaiting<T>(socket: number, status: number, act: () => T): T {
  setStatusFlags(socket, status | flags.nonBlocking)
  const result = act()
  setStatusFlags(socket, status)
  return result
}

/** unix(7): the queue of the listener is full. Else: the connection was begun before, and is not there yet. */
function waitingResult(domain: number): number {
  return domain === families.unix ? -errno.again : -errno.already
}

/** @property tooLate what the call comes to when SO_SNDTIMEO says that it has waited long enough */
type Waiting = Target & { tooLate: number; begun: () => void }

function waitFor(call: SocketCall, { bytes, size, tooLate, begun }: Waiting): Later {
  const { session, socket, held, domain } = call
  const { listener } = session
  const { thread } = listener
  const ticket = listener.ticket()
  // The memory is that of the next call.
  const own = new Uint8Array(new ArrayBuffer(size))
  own.set(bytes.subarray(0, size))
  const limit = sendTimeout(socket)
  const end = limit === 0 ? Number.POSITIVE_INFINITY : performance.now() + limit
  const isUnix = domain === families.unix
  let looked = performance.now()
  const status = statusFlags(socket)

  const attemptOnce = (): number | "later" => {
    if (!listener.isWaiting(ticket)) return -errno.interrupted
    if (isUnix || isWritable(socket)) {
      const result = withoutWaiting(socket, status, () => connectTo(socket, addressOf(own), size))
      // Another thread ended the connection (shutdown(2)), and this is a new one.
      if (result === -errno.inProgress) begun()
      else if (result !== waitingResult(domain)) return result
    }
    const now = performance.now()
    if (now >= end) return tooLate
    if (now - looked < signalsMs) return "later"
    looked = now
    return interruption(thread) ?? "later"
  }
  const ended = (result: number) => {
    for (const descriptor of held) close(descriptor)
    return result
  }
  const attempt = () => {
    const result = attemptOnce()
    return result === "later" ? result : ended(result)
  }
  return { attempt, giveUp: () => ended(-errno.tooManyFiles), ...(isUnix ? {} : { socket }) }
}
