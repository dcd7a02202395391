/** A timer of the kernel's that ends this process (timer_create(2)): one that is stopped too, which no other timer does. */
import { HostError } from "../base/error.ts"
import { checked, keptAddress } from "./libc.ts"
import { rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

export type EndTimer = { cancel: () => void }

/** SIGKILL for this process when so much time is over. @throws HostError when the kernel gives no timer */
export function endSelfAfter(milliseconds: number): EndTimer {
  const [monotonic, kill] = [1, 9]
  // struct sigevent: the signal after the value, and SIGEV_SIGNAL, which is 0.
  const event = new Int32Array(16)
  event[2] = kill
  const id = new Int32Array(2)
  const [eventAddress, idAddress] = [event, id].map(each => keptAddress(new Uint8Array(each.buffer)))
  const made = rawCall(number.timer_create, monotonic, eventAddress, idAddress)
  if (made < 0)
    throw new HostError(
      "the kernel gives no timer for the time limit",
      "raise the limit on signals that wait, see `ulimit -i`",
    )
  const set = (nanoseconds: bigint) => {
    // struct itimerspec: no interval, then when it is over.
    const times = new BigInt64Array([0n, 0n, nanoseconds / 1_000_000_000n, nanoseconds % 1_000_000_000n])
    checked(
      "timer_settime",
      rawCall(number.timer_settime, id[0], 0, keptAddress(new Uint8Array(times.buffer))),
    )
  }
  set(BigInt(Math.ceil(milliseconds)) * 1_000_000n)
  return { cancel: () => set(0n) }
}
