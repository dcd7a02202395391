/**
 * Which processors a thread may run on (sched_setaffinity(2)). Where two threads take turns, waking the other one up on
 * a second processor costs more than all the rest: it has to be called out of its sleep.
 */
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

/** bytes of a mask: 4,096 processors */
const size = 512
const present = pinned(4)
const one = pinned(size)
const allowed = pinned(size)

/**
 * Keeps a thread that sleeps in a call of its own on the processor that we run on, until `letGo`. What it was allowed is
 * remembered of one thread: the two are called in turn, and what is between them cannot throw.
 * @param thread in our PID namespace
 * @returns whether it is kept, and has to be let go
 */
export function keepHere(thread: number): boolean {
  if (rawCall(number.sched_getaffinity, thread, size, allowed.address) < 0) return false
  if (rawCall(number.getcpu, present.address) < 0) return false
  const processor = present.words[0] ?? 0
  const byte = processor >> 3
  const bit = 1 << (processor & 7)
  // A processor that somebody kept it from is not for us to give.
  if (((allowed.bytes[byte] ?? 0) & bit) === 0) return false
  one.bytes[byte] = bit
  const kept = rawCall(number.sched_setaffinity, thread, size, one.address)
  one.bytes[byte] = 0
  return kept >= 0
}

/** Puts back what the thread that was kept last was allowed. */
export function letGo(thread: number): void {
  rawCall(number.sched_setaffinity, thread, size, allowed.address)
}
