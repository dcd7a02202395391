/** The loop: receives a call, has it carried out, answers. One call at a time, so that nothing moves under a check. */
import { goHome } from "../kernel/file-calls.ts"
import { collectGarbage } from "../kernel/memory.ts"
import { Poll } from "../kernel/poll.ts"
import { callNumber, presentArchitecture, type SystemCall } from "../kernel/system-calls.ts"
import { changeHandlers } from "./handle-changes.ts"
import { nameHandlers } from "./handle-names.ts"
import { openHandlers } from "./handle-opens.ts"
import { processHandlers } from "./handle-processes.ts"
import { socketHandlers } from "./handle-sockets.ts"
import { watchHandlers } from "./handle-watches.ts"
import type { Later, Outcome, Session } from "./session.ts"

/** How a call is carried out. */
export type Handler = (session: Session) => Outcome
export type Handlers = { readonly [Name in SystemCall]?: Handler }

/** A call that waits for something else to happen is tried again this often, however busy the rest is. */
const retryMilliseconds = 5
/** Each collection takes up to 5 ms; meanwhile the memory grows by 5 MB at most. */
const callsPerCollection = 8000
/** What comes before the command runs once, and a short command is over soon: from here on it is worth compiling (scripts/build.mjs). */
const callsBeforeCompiling = 32
/** Each holds a descriptor of ours and costs time at every try; one more fails as if the system had no files left. */
const waitingMax = 500

/** How each call is carried out, by its number. */
export type CallHandlers = ReadonlyMap<number, Handler>

/** Made ahead of the session, which waits for nothing that can be done before. */
export function callHandlers(): CallHandlers {
  return handlersByNumber({
    ...openHandlers,
    ...nameHandlers,
    ...changeHandlers,
    ...socketHandlers,
    ...processHandlers,
    ...watchHandlers,
  })
}

type Waiting = { ticket: bigint; later: Later }

/** When a thread that serves calls has something else to do. */
export type Interruption = {
  /** becomes readable then */
  descriptor: number
  /** milliseconds until then in any case, 0 when it is now; undefined = never by itself */
  remaining: () => number | undefined
}

const [calls, elsewhere] = [0, 1]

/** Answers the calls of a session. */
export class CallServer {
  readonly #session: Session
  readonly #handlers: CallHandlers
  readonly #interruption: Interruption | undefined
  readonly #poll: Poll
  #waiting: Waiting[] = []
  #tried = 0
  #served = 0
  #isOver = false

  constructor(session: Session, handlers: CallHandlers, interruption?: Interruption) {
    this.#session = session
    this.#handlers = handlers
    this.#interruption = interruption
    this.#poll = new Poll([session.listener.descriptor, ...(interruption ? [interruption.descriptor] : [])])
  }

  /** Serves until it is interrupted. Without an interruption for ever: whoever sees the sandbox end ends this process. */
  serve(): void {
    for (;;) {
      const awaited = this.#await()
      if (awaited === "interruption") {
        goHome()
        return
      }
      // Either there was time enough, or one of the sockets is why there is no call.
      if (this.#waiting.length > 0) this.#retry(awaited === "nothing")
      if (awaited === "call") this.#take()
    }
  }

  #await(): "call" | "interruption" | "nothing" {
    const interruption = this.#interruption
    const waits = this.#waiting.length > 0
    // Taking it waits for it.
    if (interruption === undefined && !waits && !this.#isOver) return "call"
    const remaining = interruption?.remaining()
    const isAny = waits
      ? this.#poll.wait(Math.min(retryMilliseconds, remaining ?? retryMilliseconds), socketsOf(this.#waiting))
      : this.#poll.wait(remaining)
    if (
      interruption !== undefined &&
      (isAny ? this.#poll.isReady(elsewhere) : interruption.remaining() === 0)
    )
      return "interruption"
    // When nobody is left who could call, Linux before 6.11 would wait for a call for ever.
    if (isAny && this.#poll.isOver(calls)) this.#isOver = true
    return isAny && this.#poll.isReady(calls) ? "call" : "nothing"
  }

  #retry(now: boolean): void {
    if (!now && performance.now() - this.#tried < retryMilliseconds) return
    this.#waiting = this.#waiting.filter(call => !isSettled(call, this.#session))
    this.#tried = performance.now()
  }

  #take(): void {
    const { listener } = this.#session
    if (++this.#served % callsPerCollection === 0) collectGarbage()
    if (this.#served === callsBeforeCompiling) Bun.unsafe.setJITPolicy(1)
    if (!listener.receive()) {
      // From 6.11 on it says at once, each time, that nobody is left.
      this.#isOver = this.#poll.wait(0) && this.#poll.isOver(calls)
      return
    }
    const outcome = carryOut(this.#handlers.get(listener.call), this.#session)
    if (typeof outcome !== "object") settle(outcome, this.#session)
    else if (this.#waiting.length < waitingMax)
      this.#waiting.push({ ticket: listener.ticket(), later: outcome })
    else settle(outcome.giveUp(), this.#session)
  }
}

function carryOut(handler: Handler | undefined, session: Session): Outcome {
  const functionNotImplemented = -38
  try {
    return handler === undefined ? functionNotImplemented : handler(session)
  } finally {
    session.place.release()
    session.other.release()
  }
}

function settle(outcome: Exclude<Outcome, Later>, { listener }: Session): void {
  if (outcome === "continue") listener.letContinue()
  else listener.answer(outcome)
}

function isSettled({ ticket, later }: Waiting, { listener }: Session): boolean {
  const result = later.attempt()
  if (typeof result === "number") listener.answer(result, ticket)
  return result !== "later"
}

function socketsOf(waiting: readonly Waiting[]): number[] {
  return waiting.flatMap(({ later: { socket } }) => socket ?? [])
}

function handlersByNumber(handlers: Handlers): CallHandlers {
  const architecture = presentArchitecture()
  const byNumber = new Map<number, Handler>()
  for (const [name, handler] of Object.entries(handlers)) {
    const number = callNumber(name as SystemCall, architecture)
    if (number !== undefined) byNumber.set(number, handler)
  }
  return byNumber
}
