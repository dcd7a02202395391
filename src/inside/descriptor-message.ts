/** Descriptors on their way from inside to the supervisor. */
import type { StepMemory } from "../kernel/step-program.ts"
import { words } from "./step.ts"

/** MSG_NOSIGNAL of sendmsg(2) */
export const noSignal = 0x4000

/** struct msghdr of sendmsg(2) with one byte and descriptors (unix(7), SCM_RIGHTS). */
export function descriptorMessage(descriptors: readonly number[], memory: StepMemory): Uint8Array {
  const vector = memory.place(words(BigInt(memory.place(Buffer.from("L"))), 1n))
  if (descriptors.length === 0) return words(0n, 0n, BigInt(vector), 1n, 0n, 0n, 0n)
  const size = 16 + 4 * descriptors.length
  const control = Buffer.alloc((size + 7) & ~7)
  control.writeBigUInt64LE(BigInt(size), 0)
  control.writeInt32LE(1, 8) // SOL_SOCKET
  control.writeInt32LE(1, 12) // SCM_RIGHTS
  for (const [index, descriptor] of descriptors.entries()) control.writeInt32LE(descriptor, 16 + 4 * index)
  return words(0n, 0n, BigInt(vector), 1n, BigInt(memory.place(control)), BigInt(control.length), 0n)
}
