/** One connection from the moment it is known where it wants to: decided on, connected, inspected, relayed, recorded. */

import { type Decision, decide } from "./decision.ts"
import { serveEnded } from "./ended.ts"
import { Inspector, openPassage } from "./inspect/inspect.ts"
import { denialOf, reachedBy, relayVisit } from "./relayed-visit.ts"
import type { Connected } from "./streams/connect-first.ts"
import { UpstreamRefused } from "./streams/ended-connection.ts"
import { refusalBy } from "./upstream/refusal.ts"
import { reach, unreached } from "./upstream/upstream.ts"
import { recordVisit, turnAway, type Visit } from "./visit.ts"

export async function serve(visit: Visit): Promise<void> {
  const { dialled, state } = visit
  const decision = await decide(visit)
  if (decision === undefined)
    return recordVisit(visit, { verdict: "deny", rule: "it hung up while somebody was asked" })
  if (decision.verdict === "deny") return turnAway(visit, refusalBy(decision, dialled.host, dialled.port))
  if (dialled.kind === "name" && state.judge().isEnded(dialled.host, dialled.port))
    return serveEnded(visit, decision)
  const server = await connect(visit, decision)
  if (server === undefined) return
  // What the host itself serves needs no name.
  const passage =
    dialled.kind === "host port"
      ? openPassage
      : new Inspector({ dialled, judge: state.judge, isEnded: false })
  relayVisit(visit, { server, passage, outcome: () => ({ verdict: "allow", rule: decision.why }) })
}

/** @returns undefined when that came to nothing, and was said and recorded */
async function connect(visit: Visit, decision: Decision): Promise<Connected | undefined> {
  const { dialled, state, holding } = visit
  try {
    const server = await reach(dialled, state, holding.gone)
    // Rules may have been added since: whoever answers slowly is not let off.
    const denial = denialOf(reachedBy(visit, server), state.judge())
    if (holding.closed === undefined && denial === undefined) return server
    server.stream.terminate()
    if (holding.closed !== undefined)
      recordVisit(visit, { verdict: "allow", rule: decision.why, address: server.address })
    else if (denial !== undefined) await turnAway(visit, refusalBy(denial, dialled.host, dialled.port))
  } catch (cause) {
    if (!(cause instanceof UpstreamRefused)) throw cause
    await turnAway(visit, unreached(cause, dialled), decision)
  }
  return undefined
}
