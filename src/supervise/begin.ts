/**
 * The beginning of a session: bubblewrap is started, and builds the sandbox. What a remembered launch loads before that is
 * this and what this needs; all else loads while bubblewrap is at work.
 *
 * bubblewrap takes a millisecond and more to come up, as long as it takes to ask whether a remembered plan still holds. So
 * it is told at first no more than where to read its options (bwrap(1), --args), and until it is released it has done
 * nothing. Should nobody be left to release it, it has no options, and what it would execute is empty.
 */
import { bytesOf } from "../base/path-bytes.ts"
import { openDescriptors } from "../kernel/descriptors.ts"
import { close } from "../kernel/file-calls.ts"
import type { Invocation } from "../kernel/invocation.ts"
import { leaveKeyring } from "../kernel/keyring.ts"
import { dieWithParent, makePipe, writeWhole } from "../kernel/libc.ts"
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
  /** it goes on to do what it was started for */
  release: () => void
  /** it ends, and nothing is left of it; not once it was released */
  abandon: () => void
}

/** @throws UserError, HostError when it cannot be started; then nothing was */
export function beginSession(invocation: Invocation): Begun {
  dieWithParent()
  adoptOrphans()
  const [socket, inside] = socketPair()
  const { late, words } = invocation
  const [options, to] = late === undefined ? [] : makePipe()
  const placements = openDescriptors(invocation, { guardian: inside, options })
  leaveKeyring()
  const end = words.indexOf("--")
  const held = late && ["--args", String(late.options), ...words.slice(end)]
  const signals = forwardSignals()
  const child = spawn({ ...invocation, words: held ?? words }, placements)
  const gate = new Gate(placements, late)
  return {
    ...{ child, socket, gate, signals },
    release: () => {
      if (to === undefined) return
      // Where it has ended already, whoever waits for it hears of that.
      writeWhole(to, optionsText(words.slice(0, end)))
      close(to)
    },
    abandon: () => {
      killChild(child)
      for (const descriptor of [to ?? [], socket].flat()) close(descriptor)
      gate.giveUp()
      signals.undo()
    },
  }
}

/** As --args takes them. */
function optionsText(words: readonly string[]): Uint8Array {
  return bytesOf(words.map(word => `${word}\0`).join(""))
}
