/** The loop: receives a call, has it carried out, answers. One call at a time, so that nothing moves under a check. */
import { collectGarbage } from "../kernel/memory.ts"
import { callNumber, presentArchitecture, type SystemCall } from "../kernel/system-calls.ts"
import { changeHandlers } from "./handle-changes.ts"
import { nameHandlers } from "./handle-names.ts"
import { openHandlers } from "./handle-opens.ts"
import { processHandlers } from "./handle-processes.ts"
import { socketHandlers } from "./handle-sockets.ts"
import type { Later, Outcome, Session } from "./session.ts"

/** How a call is carried out. */
export type Handler = (session: Session) => Outcome
export type Handlers = { readonly [Name in SystemCall]?: Handler }

/** A call that waits for something else to happen is tried again this often, however busy the rest is. */
const retryMilliseconds = 5
/** Each collection takes 2 ms. */
const callsPerCollection = 2000
/** Each holds a descriptor of ours and costs time at every try; one more fails as if the system had no files left. */
const waitingMax = 500

type Waiting = { ticket: bigint; later: Later }

/** Serves for ever: whoever sees the sandbox end ends this process. */
export function serve(session: Session): never {
  const handlers = handlersByNumber({
    ...openHandlers,
    ...nameHandlers,
    ...changeHandlers,
    ...socketHandlers,
    ...processHandlers,
  })
  let waiting: Waiting[] = []
  let tried = 0
  const { listener } = session
  for (let served = 1; ; served++) {
    if (served % callsPerCollection === 0) collectGarbage()
    if (waiting.length > 0 && performance.now() - tried >= retryMilliseconds) {
      waiting = waiting.filter(call => !isSettled(call, session))
      tried = performance.now()
    }
    if (waiting.length > 0 && !listener.hasRequest(retryMilliseconds, socketsOf(waiting))) {
      // Either there was time enough, or one of the sockets is why there is no request.
      tried = 0
      continue
    }
    if (!listener.receive()) continue
    const outcome = carryOut(handlers.get(listener.call), session)
    if (typeof outcome !== "object") settle(outcome, session)
    else if (waiting.length < waitingMax) waiting.push({ ticket: listener.ticket(), later: outcome })
    else settle(outcome.giveUp(), session)
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

function handlersByNumber(handlers: Handlers): Map<number, Handler> {
  const architecture = presentArchitecture()
  const byNumber = new Map<number, Handler>()
  for (const [name, handler] of Object.entries(handlers)) {
    const number = callNumber(name as SystemCall, architecture)
    if (number !== undefined) byNumber.set(number, handler)
  }
  return byNumber
}
