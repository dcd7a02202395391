/**
 * The beginning of a session: bubblewrap is started, and builds the sandbox. What a remembered launch loads before that is
 * this and what this needs; all else loads while bubblewrap is at work.
 *
 * bubblewrap takes a millisecond and more to come up, as long as it takes to ask whether a remembered plan still holds. So
 * it is told at first no more than where to read its options (bwrap(1), --args), and until they come it has done nothing.
 * They come all at once or, should we be gone, not at all; and then what it would execute is empty.
 */
import { bytesOf } from "../base/path-bytes.ts"
import { fileWith, openDescriptors } from "../kernel/descriptors.ts"
import { close } from "../kernel/file-calls.ts"
import type { Invocation } from "../kernel/invocation.ts"
import { leaveKeyring } from "../kernel/keyring.ts"
import { dieWithParent, makePipe, writeAtOnce } from "../kernel/libc.ts"
import { restoreSignal, signalNumbers } from "../kernel/signals.ts"
import { adoptOrphans, killChild, socketPair, spawn } from "../kernel/spawn.ts"
import { Gate } from "./gate.ts"
import { type Forwarding, forwardSignals } from "./signals.ts"

/** A child that nobody looks after yet. */
export type Begun = {
  /** its PID */
  child: number
  /** our end of the socket to the process inside */
  socket: number
  gate: Gate
  signals: Forwarding
}

/** @throws UserError, HostError when it cannot be started; then nothing was */
export function beginSession(invocation: Invocation): Begun {
  const begun = beginIf(invocation, () => true)
  if (begun === undefined) throw new Error("bug: the session was not to be begun")
  return begun
}

/**
 * @param holds is asked, where that can be, while bubblewrap comes up
 * @returns undefined when it does not hold: then nothing is left of what was begun
 * @throws what beginSession does, and what `holds` throws
 */
export function beginIf(invocation: Invocation, holds: () => boolean): Begun | undefined {
  const { late } = invocation
  const options = late && optionsText(invocation)
  const pipe = options && makePipe(options.length)
  // Options that are there from the start are obeyed at once.
  if (pipe === undefined && !holds()) return undefined
  const source = options && (pipe?.from ?? fileWith(options))
  const begun = start(invocation, source)
  if (options === undefined || pipe === undefined) return begun
  let isHeld = true
  try {
    isHeld = !holds()
    if (!isHeld) writeAtOnce(pipe.to, options)
  } finally {
    if (isHeld) abandon(begun)
    close(pipe.to)
  }
  return isHeld ? undefined : begun
}

/** @param options what they are read from */
function start(invocation: Invocation, options: number | undefined): Begun {
  const { late, words } = invocation
  dieWithParent()
  adoptOrphans()
  const [socket, inside] = socketPair()
  const placements = openDescriptors(invocation, { guardian: inside, options })
  leaveKeyring()
  const signals = forwardSignals()
  // Ignored, as our caller may have it, it would keep bubblewrap and us from waiting for a child (wait(2)).
  restoreSignal(signalNumbers.SIGCHLD)
  const spoken = late && ["--args", String(late.options), ...words.slice(words.lastIndexOf("--"))]
  const child = spawn({ ...invocation, words: spoken ?? words }, placements)
  return { child, socket, gate: new Gate(placements, late), signals }
}

function abandon({ child, socket, gate, signals }: Begun): void {
  killChild(child)
  close(socket)
  gate.giveUp()
  signals.undo()
}

/** As --args takes them. */
function optionsText({ words }: Invocation): Uint8Array {
  const options = words.slice(0, words.lastIndexOf("--"))
  return bytesOf(options.map(word => `${word}\0`).join(""))
}
