/** The steps that tell the guardian of the sandbox that the command is about to start. */
import type { Step, StepMemory } from "../kernel/step-program.ts"
import { installFilter, type StepContext, step, words } from "./step.ts"

export type Guardian =
  /** bubblewrap itself, known by a pidfd: alive when the command starts, it takes the command along when it dies */
  | { kind: "bubblewrap" }
  /**
   * our supervisor, known by a socket: it is handed the listener of the notifying filter, where there is one, and gives
   * the word to start
   */
  | { kind: "supervisor"; filter: Uint8Array | undefined }

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
    ...announce(guardian.filter, descriptor, context),
    step("read", numbers.read, [descriptor, answered, 1], 1),
  ]
}

/** SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: once we have a call, only death ends it */
const listenerFlags = 8 | 32

/** The supervisor learns who we are, and gets the listener of the filter where there is one. */
function announce(filter: Uint8Array | undefined, descriptor: number, context: StepContext): Step[] {
  const { numbers, memory } = context
  const noSignal = 0x4000 // MSG_NOSIGNAL
  const send = (message: Uint8Array) =>
    step("sendmsg", numbers.sendmsg, [descriptor, memory.place(message), noSignal], 1)
  if (filter === undefined) return [send(plainMessage(memory))]
  const listener = 3
  return [
    installFilter(filter, context, { flags: listenerFlags, result: listener }),
    send(descriptorMessage(listener, memory)),
    step("close", numbers.close, [listener]),
  ]
}

/** struct msghdr of sendmsg(2) with one byte. */
function plainMessage(memory: StepMemory): Uint8Array {
  const vector = memory.place(words(BigInt(memory.place(Buffer.from("L"))), 1n))
  return words(0n, 0n, BigInt(vector), 1n, 0n, 0n, 0n)
}

/** struct msghdr of sendmsg(2) with one byte and one descriptor (unix(7), SCM_RIGHTS). */
function descriptorMessage(descriptor: number, memory: StepMemory): Uint8Array {
  const control = Buffer.alloc(24)
  control.writeBigUInt64LE(20n, 0)
  control.writeInt32LE(1, 8) // SOL_SOCKET
  control.writeInt32LE(1, 12) // SCM_RIGHTS
  control.writeInt32LE(descriptor, 16)
  const vector = memory.place(words(BigInt(memory.place(Buffer.from("L"))), 1n))
  return words(0n, 0n, BigInt(vector), 1n, BigInt(memory.place(control)), BigInt(control.length), 0n)
}
