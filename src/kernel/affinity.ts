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
 * Keeps a thread that sleeps in a call of its own on the processor that we run on, for as long as `act` takes, and puts
 * back what it was allowed. Where it cannot be kept, `act` goes on as it is.
 * @param thread in our PID namespace
 */
export function onOneProcessor<T>(thread: number, act: () => T): T {
  if (rawCall(number.sched_getaffinity, thread, size, allowed.address) < 0) return act()
  if (rawCall(number.getcpu, present.address) < 0) return act()
  const processor = present.bytes.readUInt32LE(0)
  const [byte, bit] = [processor >> 3, 1 << (processor & 7)]
  // A processor that somebody kept it from is not for us to give.
  if (((allowed.bytes[byte] ?? 0) & bit) === 0) return act()
  one.bytes[byte] = bit
  const kept = rawCall(number.sched_setaffinity, thread, size, one.address)
  one.bytes[byte] = 0
  if (kept < 0) return act()
  try {
    return act()
  } finally {
    rawCall(number.sched_setaffinity, thread, size, allowed.address)
  }
}
