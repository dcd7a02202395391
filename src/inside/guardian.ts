/** The steps that tell the guardian of the sandbox that the command is about to start. */
import type { Step } from "../kernel/step-program.ts"
import { descriptorMessage, noSignal } from "./descriptor-message.ts"
import { installFilter, type StepContext, step, words } from "./step.ts"

export type Guardian =
  /** bubblewrap itself, known by a pidfd: alive when the command starts, it takes the command along when it dies */
  | { kind: "bubblewrap" }
  /**
   * our supervisor, known by a socket: it is handed the listener of the notifying filter, where there is one, and gives
   * the word to start
   */
  | {
      kind: "supervisor"
      filter: Uint8Array | undefined
      /** sockets of the sandbox's network namespace are handed over too, for the border (network/border.ts) */
      border: boolean
    }

const [internet, netlink] = [2, 16]
const [stream, datagram, raw] = [1, 2, 3]
/** What of the sandbox's network the supervisor is handed, in this order: for connections, names, names over TCP, and `lo`. */
export const borderSocketTypes = [
  [internet, stream],
  [internet, datagram],
  [internet, stream],
  [netlink, raw],
] as const

/** @param descriptor the number by which the guardian is known inside */
export function reportTo(guardian: Guardian, descriptor: number, context: StepContext): Step[] {
  const { numbers, memory } = context
  if (guardian.kind === "bubblewrap") {
    // Readable means dead: then nothing would end this process with it (prctl(2), PR_SET_PDEATHSIG).
    const polled = memory.place(words(BigInt(descriptor) | (1n << 32n)))
    const atOnce = memory.place(words(0n, 0n))
    return [step("ppoll", numbers.ppoll, [polled, 1, atOnce, 0, 8])]
  }
  const answered = memory.place(new Uint8Array(8))
  return [
    ...announce(guardian, descriptor, context),
    step("read", numbers.read, [descriptor, answered, 1], 1),
  ]
}

/** SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: once we have a call, only death ends it */
const listenerFlags = 8 | 32
/** the lowest free descriptor (inside/last-steps.ts) */
const firstFree = 3

/** The supervisor learns who we are; it gets the border's sockets, and the listener of the filter behind them. */
function announce(
  { filter, border }: Extract<Guardian, { kind: "supervisor" }>,
  guardian: number,
  context: StepContext,
): Step[] {
  const { numbers, memory } = context
  const sockets = border ? borderSocketTypes : []
  const opened = sockets.length + (filter === undefined ? 0 : 1)
  const descriptors = Array.from({ length: opened }, (_, index) => firstFree + index)
  return [
    ...sockets.map(([family, type], index) =>
      step("socket", numbers.socket, [family, type, 0], firstFree + index),
    ),
    ...(filter === undefined
      ? []
      : [installFilter(filter, context, { flags: listenerFlags, result: firstFree + sockets.length })]),
    step(
      "sendmsg",
      numbers.sendmsg,
      [guardian, memory.place(descriptorMessage(descriptors, memory)), noSignal],
      1,
    ),
    ...descriptors.map(descriptor => step("close", numbers.close, [descriptor])),
  ]
}
