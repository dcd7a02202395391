/** One connection of the sandbox at the border: who wants it, and what becomes of it. */
import type { ConnectionEvent, RecordEvent } from "../audit/event.ts"
import type { HostVerdict } from "../policy/host-verdict.ts"
import type { SyntheticNames } from "./names/synthetic-names.ts"
import type { Approvals } from "./people/approvals.ts"
import { type Language, languageOf, refuse } from "./refuse.ts"
import type { Dial } from "./streams/dial.ts"
import type { Holding } from "./streams/holding.ts"
import type { Stream } from "./streams/peer.ts"
import type { Reserve } from "./streams/reserve.ts"
import type { Terminator } from "./terminator/terminator.ts"
import type { Destination } from "./upstream/destination.ts"
import { isOurs, type Refusal } from "./upstream/refusal.ts"
import type { Ways } from "./upstream/upstream.ts"

/** What all visits of a session share. */
export type BorderState = Ways & {
  names: SyntheticNames
  hostPorts: ReadonlySet<number>
  /** undefined = nobody can be asked */
  approvals: Approvals | undefined
  terminator: Terminator | undefined
  reserve: Reserve
  record: RecordEvent
  /** connections that are relayed now */
  relayed: Set<Relayed>
}

/** A connection that goes on as long as no rule denies it. */
export type Relayed = {
  dialled: Destination
  /** that it is connected to; "" when that cannot be told */
  address: string
  /** resets both ends. @param rule that denies it now */
  deny(rule: string): void
}

export type Visit = {
  stream: Stream
  holding: Holding
  dial: Dial
  dialled: Destination
  /** of performance.now() */
  startedMs: number
  state: BorderState
}

/** What the record says besides who and where. */
export type Outcome = Pick<ConnectionEvent, "verdict" | "rule"> & Partial<ConnectionEvent>

export function recordVisit({ dial, dialled, startedMs, state }: Visit, outcome: Outcome): void {
  state.record({
    kind: "connection",
    process: dial.process,
    program: dial.program,
    host: dialled.host,
    address: "",
    port: dialled.port,
    sent: 0,
    received: 0,
    milliseconds: Math.round(performance.now() - startedMs),
    ...outcome,
  })
}

/** The connection comes to nothing: the client hears why. @param allowedBy the verdict that had allowed it, if one had */
export async function turnAway(visit: Visit, refusal: Refusal, allowedBy?: HostVerdict): Promise<void> {
  const { holding, dialled } = visit
  const language = await languageOf(holding, dialled.port)
  tellRefused(visit, refusal, { language, allowedBy })
}

type Telling = {
  language: Language
  allowedBy?: HostVerdict | undefined
  /** what was relayed before */
  relayed?: Pick<ConnectionEvent, "address" | "sent" | "received">
}

/** As `turnAway`, when it is known what the client speaks. */
export function tellRefused(visit: Visit, refusal: Refusal, { language, allowedBy, relayed }: Telling): void {
  const { stream, holding } = visit
  const failed = allowedBy !== undefined && !isOurs(refusal)
  recordVisit(visit, {
    ...(failed
      ? { verdict: "allow", rule: allowedBy.why, failure: refusal.why }
      : { verdict: "deny", rule: refusal.why }),
    ...relayed,
  })
  holding.discard()
  if (holding.closed === undefined) refuse(stream, refusal, language)
}
