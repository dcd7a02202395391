/**
 * The beginning of a session: bubblewrap is started, and builds the sandbox. What a remembered launch loads before that is
 * this and what this needs; all else loads while bubblewrap is at work.
 */
import { openDescriptors } from "../kernel/descriptors.ts"
import type { Invocation } from "../kernel/invocation.ts"
import { leaveKeyring } from "../kernel/keyring.ts"
import { dieWithParent } from "../kernel/libc.ts"
import { adoptOrphans, socketPair, spawn } from "../kernel/spawn.ts"
import { Gate } from "./gate.ts"

/** A child that nobody looks after yet. */
export type Begun = {
  /** its PID */
  child: number
  /** our end of the socket to the process inside */
  socket: number
  gate: Gate
}

/** @throws UserError, HostError when it cannot be started; then nothing was */
export function beginSession(invocation: Invocation): Begun {
  dieWithParent()
  adoptOrphans()
  const [socket, inside] = socketPair()
  const placements = openDescriptors(invocation, inside)
  leaveKeyring()
  const child = spawn(invocation, placements)
  return { child, socket, gate: new Gate(placements, invocation.late) }
}
