/** Cordon replaces itself: nothing of ours runs while the command does. */
import { HostError } from "../base/error.ts"
import { openDescriptors } from "./descriptors.ts"
import type { Invocation } from "./invocation.ts"
import { leaveKeyring } from "./keyring.ts"
import { duplicateTo, execve, openProcess, SystemError } from "./libc.ts"
import { ignoreSignal, restoreSignal, signalNumbers } from "./signals.ts"

/**
 * Becomes the program of the invocation, whose guardian descriptor is a pidfd of itself.
 * @throws HostError when the kernel refuses
 */
export function become(invocation: Invocation): never {
  const { program, words, environment } = invocation
  const placements = openDescriptors(invocation, { guardian: openProcess(process.pid) })
  leaveKeyring()
  // The command, not bubblewrap, decides what Ctrl-C does.
  for (const signal of [signalNumbers.SIGINT, signalNumbers.SIGQUIT]) ignoreSignal(signal)
  // Ignored, as our caller may have it, it would keep bubblewrap from waiting for a child (wait(2)).
  restoreSignal(signalNumbers.SIGCHLD)
  for (const { descriptor, number } of placements) duplicateTo(descriptor, number)
  try {
    return execve(program, [program, ...words], environment)
  } catch (cause) {
    if (!(cause instanceof SystemError)) throw cause
    throw new HostError(`${program} cannot be started: ${cause.message}`, "see `cordon doctor`")
  }
}
