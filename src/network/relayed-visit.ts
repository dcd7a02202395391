/** Relays a connection for as long as no rule denies it, and records it when it is over. */
import type { HostJudge, HostVerdict } from "../policy/host-verdict.ts"
import type { Passage } from "./inspect/inspect.ts"
import { type Counts, relay } from "./relay/relay.ts"
import type { Connected } from "./streams/connect-first.ts"
import { type Outcome, type Relayed, recordVisit, tellRefused, type Visit } from "./visit.ts"

type Reached = Pick<Relayed, "dialled" | "address">

/** A rule that was added while the connection was open. */
class Denied extends Error {}

type Relaying = {
  server: Connected
  passage: Passage
  /** what the record says when it has gone well; undefined when others have recorded it */
  outcome: () => Outcome | undefined
  /** it has ended, in whatever way */
  over?: () => void
}

export function relayVisit(visit: Visit, { server, passage, outcome, over }: Relaying): void {
  const { state, stream, holding } = visit
  const { address } = server
  const entry: Relayed = { ...reachedBy(visit, server), deny: () => undefined }
  state.relayed.add(entry)
  const cut = relay({
    client: { stream, holding },
    server,
    passage,
    reserve: state.reserve,
    ended: (counts, refused, error) => {
      state.relayed.delete(entry)
      over?.()
      if (refused === undefined) recordEnd(visit, { address, ...counts }, error, outcome())
      else tellRefused(visit, refused.refusal, { language: refused, relayed: { address, ...counts } })
    },
  })
  entry.deny = rule => cut(new Denied(rule))
}

function recordEnd(
  visit: Visit,
  counts: Counts & { address: string },
  error: Error | undefined,
  outcome: Outcome | undefined,
): void {
  if (error instanceof Denied) recordVisit(visit, { verdict: "deny", rule: error.message, ...counts })
  else if (outcome !== undefined) recordVisit(visit, { ...counts, ...outcome })
}

/** What was reached, as rules are held against it: of a name that a proxy looked up nobody knows the address. */
export function reachedBy({ dialled, state: { proxy } }: Visit, { address }: Connected): Reached {
  return { dialled, address: proxy?.looksUp && proxy.isFor(dialled.host, dialled.port) ? "" : address }
}

/** Ends what the rules deny by now. What no rule is about goes on: it was allowed once. */
export function endDenied(relayed: ReadonlySet<Relayed>, judge: HostJudge): void {
  for (const each of [...relayed]) {
    const denial = denialOf(each, judge)
    if (denial !== undefined) each.deny(denial.why)
  }
}

/** The rule that denies what was allowed once; undefined when none does. */
export function denialOf(
  { dialled: { kind, host, port }, address }: Reached,
  judge: HostJudge,
): HostVerdict | undefined {
  if (kind === "host port") return undefined
  const verdicts =
    kind === "address"
      ? [judge.judgeAddress(host, port)]
      : [judge.judgeName(host, port), ...(address === "" ? [] : [judge.judgeResolved(host, address, port)])]
  return verdicts.find(({ verdict, rule }) => verdict === "deny" && rule !== undefined)
}
