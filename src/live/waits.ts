/** Opening that takes until somebody else does something: other calls go on meanwhile (engine.ts). */
import { hasHadWriter } from "../kernel/fifo.ts"
import { close, openAgain, setStatusFlags } from "../kernel/file-calls.ts"
import { errno, flags } from "../kernel/file-flags.ts"
import { interruption } from "./caller.ts"
import type { Later, Session } from "./session.ts"

/** What an opening waits for. */
export type Unopened =
  /** a pinned file, opened as soon as that gives another error or none: a FIFO without a reader, a file under a lease */
  | { kind: "pinned"; descriptor: number; until: number }
  /** a FIFO that is open for reading and has had no writer (fifo(7)) */
  | { kind: "without writer"; descriptor: number }

/** What fcntl(2) F_SETFL sets: the rest of the flags is for the opening only. */
export const lasting = flags.append | flags.nonBlocking | flags.async | flags.direct | flags.noAccessTime

/** We may not wait where the program would: a FIFO is tried, a terminal does not become ours. */
export function quickly(wanted: number): number {
  if ((wanted & flags.path) !== 0) return wanted
  return wanted | flags.noControllingTerminal | flags.nonBlocking
}

/** The program has it, and we have it no more, before the call returns. @returns the result of the call, or -errno */
export function given(opened: number, wanted: number, { listener }: Session, ticket?: bigint): number {
  const number = listener.copyIntoCaller(opened, (wanted & flags.closeOnExec) !== 0, ticket)
  close(opened)
  return number
}

/** Whether a signal has come costs more to find out than all the rest: old waits look for one less often. */
const youngMs = 1000
const pauseMs = 50

/** open(2) returns when what it waits for has come, or a signal. */
export function openLater(waiting: Unopened, wanted: number, session: Session): Later {
  const { descriptor } = waiting
  const { thread } = session.listener
  const ticket = session.listener.ticket()
  const since = performance.now()
  let nextLook = since
  const interrupted = () => {
    const now = performance.now()
    if (now < nextLook) return undefined
    nextLook = now - since < youngMs ? now : now + pauseMs
    return interruption(thread)
  }
  const giveUp = () => {
    close(descriptor)
    return -errno.tooManyFiles
  }
  const attempt = () => {
    const opened = tried(waiting, wanted)
    const stopped =
      opened === undefined && session.listener.isWaiting(ticket) ? interrupted() : -errno.interrupted
    if (stopped === undefined) return "later"
    if (opened !== descriptor) close(descriptor)
    if (opened === undefined || opened < 0) return opened ?? stopped
    setStatusFlags(opened, wanted & lasting)
    return given(opened, wanted, session, ticket)
  }
  return { attempt, giveUp }
}

/** @returns a descriptor or -errno; undefined as long as nothing has come */
function tried(waiting: Unopened, wanted: number): number | undefined {
  if (waiting.kind === "without writer")
    return hasHadWriter(waiting.descriptor) === false ? undefined : waiting.descriptor
  const makes = flags.create | flags.exclusive
  const opened = openAgain(waiting.descriptor, quickly(wanted) & ~makes & ~flags.noFollow)
  return opened === waiting.until ? undefined : opened
}
