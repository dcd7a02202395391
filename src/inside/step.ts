/** What the last steps are written with. */
import { exitCode } from "../base/exit-code.ts"
import type { Step, StepMemory } from "../kernel/step-program.ts"
import type { callNumbers } from "../kernel/system-calls.ts"

export type StepContext = { memory: StepMemory; numbers: ReturnType<typeof callNumbers> }

/** A step that must give exactly `result`. */
export function step(name: string, call: number, words: Step["arguments"], result = 0): Step {
  return {
    call,
    arguments: words,
    goesOnWith: { from: result, to: result },
    otherwise: {
      says: `cordon: the sandbox could not be finished: ${name} failed; see cordon doctor\n`,
      status: exitCode.refused,
    },
  }
}

/** Numbers of 64 bits, one after the other. */
export function words(...values: bigint[]): Uint8Array {
  return new Uint8Array(new BigUint64Array(values).buffer)
}

const setModeFilter = 1

/** seccomp(2) with SECCOMP_SET_MODE_FILTER. */
export function installFilter(
  filter: Uint8Array,
  { numbers, memory }: StepContext,
  { flags, result }: { flags: number; result: number } = { flags: 0, result: 0 },
): Step {
  // struct sock_fprog
  const program = memory.place(words(BigInt(filter.length / 8), BigInt(memory.place(filter))))
  return step("seccomp", numbers.seccomp, [setModeFilter, flags, program], result)
}
