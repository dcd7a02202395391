/**
 * The landlock backend: no bubblewrap, no namespaces. The last steps are executed directly, and make the sandbox of rules
 * that nobody takes off: Landlock, seccomp, the live engine. Pure.
 */
import type { Invocation } from "../kernel/invocation.ts"
import { guardianDescriptor } from "./bubblewrap.ts"

const stepsDescriptor = guardianDescriptor + 1

export function landlockInvocation(lastSteps: Uint8Array): Invocation {
  return {
    program: `/proc/self/fd/${stepsDescriptor}`,
    words: [],
    descriptors: [{ number: stepsDescriptor, content: lastSteps }],
    late: undefined,
    environment: {},
    guardian: guardianDescriptor,
  }
}
