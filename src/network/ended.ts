/** Connections to hosts whose requests are looked at: their TLS ends at the Terminator (network/terminator/terminator.ts). */
import type { Decision } from "./decision.ts"
import { type Finding, Inspector, openPassage } from "./inspect/inspect.ts"
import { nodeSocket } from "./relay/node-socket.ts"
import type { Refused } from "./relay/relay.ts"
import { relayVisit } from "./relayed-visit.ts"
import type { EndedConnection } from "./streams/ended-connection.ts"
import { Holding } from "./streams/holding.ts"
import { adoptStream } from "./streams/peer.ts"
import { reach } from "./upstream/upstream.ts"
import { recordVisit, tellRefused, turnAway, type Visit } from "./visit.ts"

/** Milliseconds for a client's ClientHello: with TLS the client speaks first. */
const patienceMs = 15_000

/** @param decision on the host as a whole, whose requests are judged one by one */
export async function serveEnded(visit: Visit, decision: Decision): Promise<void> {
  const { terminator } = visit.state
  if (terminator === undefined) return turnAway(visit, { ...refusal(visit), why: notInThisSession })
  const hello = await helloOf(visit)
  if (hello === undefined) return turnAway(visit, { ...refusal(visit), why: "it does not begin with TLS" })
  if (hello.kind === "refuse") return tellRefused(visit, hello.refusal, { language: hello })
  const requests = { count: 0, address: "" }
  // The terminator reads nothing of the client before its server is there, and would not see that it has gone.
  const gone = new AbortController()
  const descriptor = terminator.serve(
    endedConnection(visit, hello.protocols, { requests, gone: gone.signal }),
  )
  const holding = new Holding()
  const stream = await adoptStream(descriptor, holding)
  relayVisit(visit, {
    server: { stream, holding, address: "", isPlain: true },
    passage: openPassage,
    over: () => gone.abort(),
    outcome: () =>
      requests.count > 0
        ? undefined
        : { verdict: "allow", rule: decision.why, address: requests.address, sent: 0, received: 0 },
  })
}

const notInThisSession =
  "its requests have to be looked at since a rule was added, which only a session can do that began with the rule"

function refusal({ dialled: { host, port } }: Visit) {
  return { status: 403 as const, host, port, opening: undefined }
}

type Hello = Extract<Finding, { kind: "hello" }>

async function helloOf(visit: Visit): Promise<Hello | Refused | undefined> {
  const { holding, dialled, state } = visit
  const inspector = new Inspector({ dialled, judge: state.judge, isEnded: true })
  const end = performance.now() + patienceMs
  let seen = 0
  for (;;) {
    // Copied: what is held may move when more comes.
    const bytes = Buffer.from(holding.held.bytes.subarray(seen))
    seen += bytes.length
    const finding = bytes.length === 0 ? undefined : inspector.push(bytes).find(isDecisive)
    if (finding !== undefined) return finding
    const left = end - performance.now()
    if (holding.ended || holding.closed !== undefined || left <= 0) return undefined
    await holding.changedWithin(left)
  }
}

function isDecisive(finding: Finding): finding is Hello | Refused {
  return finding.kind !== "pass"
}

type Requests = {
  /** that were recorded */
  count: number
  /** of the server */
  address: string
}

function endedConnection(
  visit: Visit,
  protocols: readonly string[],
  { requests, gone }: { requests: Requests; gone: AbortSignal },
): EndedConnection {
  const { dialled, state } = visit
  return {
    host: dialled.host,
    port: dialled.port,
    protocols,
    gone,
    async connectUpstream() {
      const server = await reach(dialled, state, gone)
      requests.address = server.address
      return nodeSocket(server, state.reserve)
    },
    record(entry) {
      requests.count++
      recordVisit(visit, { address: requests.address, ...entry })
    },
  }
}
