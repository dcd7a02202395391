/** What is decided on a connection before anything is looked up: by rule, or by a person who is asked. */
import type { HostVerdict } from "../policy/host-verdict.ts"
import { endpointText } from "./names/endpoint-text.ts"
import type { Holding } from "./streams/holding.ts"
import type { BorderState, Visit } from "./visit.ts"

export type Decision = HostVerdict & { verdict: "allow" | "deny" }

/** @returns undefined when the client hung up while somebody was asked */
export async function decide(visit: Visit): Promise<Decision | undefined> {
  const { verdict, ...reason } = judge(visit)
  if (verdict !== "ask") return { ...reason, verdict }
  const { approvals } = visit.state
  const unasked: Decision = { ...reason, verdict: "deny", why: `${reason.why}, and nobody can be asked` }
  if (approvals === undefined) return unasked
  const { dialled, dial, holding } = visit
  const withdrawn = new AbortController()
  const question = { host: dialled.host, port: dialled.port, program: dial.program, process: dial.process }
  const answer = await Promise.race([
    approvals.ask(question, withdrawn.signal),
    hangUp(holding, dial.process, withdrawn.signal),
  ])
  withdrawn.abort()
  if (answer === "gone") return undefined
  if (answer === "nobody") return unasked
  if (answer === "deny")
    return { ...reason, verdict: "deny", why: `${reason.why}, and nobody allowed it when asked` }
  // The answer may have become a rule.
  const after = judge(visit)
  return after.verdict === "allow"
    ? { ...after, verdict: "allow" }
    : { verdict: "allow", rule: undefined, why: "allowed when asked", opening: undefined }
}

function judge({ dialled: { kind, host, port }, state }: Visit): HostVerdict {
  if (kind === "host port") return judgePort(port, state)
  const present = state.judge()
  return kind === "name" ? present.judgeName(host, port) : present.judgeAddress(host, port)
}

function judgePort(port: number, { hostPorts }: BorderState): HostVerdict {
  const rule = undefined
  return hostPorts.has(port)
    ? { verdict: "allow", rule, why: `host_ports ${port}`, opening: undefined }
    : {
        verdict: "deny",
        rule,
        why: `${endpointText("127.0.0.1", port)} is not in host_ports`,
        opening: undefined,
      }
}

/** Milliseconds after which it is seen that a program has ended which had said all it wanted before. */
const lookMs = 1000

/**
 * Resolves when the client waits no longer. One that only says no more may still wait for an answer, unless it has said
 * nothing at all.
 */
async function hangUp(holding: Holding, process_: number, over: AbortSignal): Promise<"gone"> {
  while (!over.aborted) {
    if (holding.closed !== undefined) return "gone"
    if (holding.ended && (holding.held.length === 0 || !isRunning(process_))) return "gone"
    if (holding.ended) await holding.changedWithin(lookMs)
    else await holding.changed()
  }
  return "gone"
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (cause) {
    // EPERM: it is there, and somebody else's.
    return (cause as NodeJS.ErrnoException).code !== "ESRCH"
  }
}
