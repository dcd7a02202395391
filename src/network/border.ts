/**
 * The border of the sandbox's network: every connection that leaves it arrives here, and every question for a name.
 * There is no other way out, and nothing but streams has this one.
 */
import type { EventBody } from "../audit/event.ts"
import type { BorderSockets } from "../kernel/border-sockets.ts"
import { peerName } from "../kernel/peer-name.ts"
import type { FilteredNetwork } from "../plan/launch-plan.ts"
import { Arrivals, arrivalKey, type Patience } from "./arrivals.ts"
import { serve } from "./connection.ts"
import { exposePorts } from "./expose.ts"
import { serveNames } from "./names/name-server.ts"
import { SyntheticNames } from "./names/synthetic-names.ts"
import type { Approvals } from "./people/approvals.ts"
import type { SessionRules } from "./people/session-rules.ts"
import { endDenied } from "./relayed-visit.ts"
import { connectionCapacity } from "./streams/capacity.ts"
import type { Dial, Endpoint } from "./streams/dial.ts"
import { Holding } from "./streams/holding.ts"
import { deafPeer, descriptorOf, type Peer, type Stream, streamHandlers } from "./streams/peer.ts"
import { Reserve } from "./streams/reserve.ts"
import type { Terminator } from "./terminator/terminator.ts"
import { arrivalOf, destinationOf } from "./upstream/destination.ts"
import { openProxy } from "./upstream/proxy.ts"
import { askHost, boundedLookUp, type LookUp } from "./upstream/resolve.ts"
import { type BorderState, recordVisit, type Visit } from "./visit.ts"

export type BorderRequest = {
  plan: Pick<FilteredNetwork, "hostPorts" | "expose" | "proxy">
  /** taken over: closed with the border */
  sockets: BorderSockets
  /** session and time are added by whoever records */
  record: (event: EventBody) => void
  /** undefined = nobody can be asked */
  approvals: Approvals | undefined
  sessionRules: Pick<SessionRules, "judge" | "onChange">
  /** undefined when no host's TLS is ended in this session */
  terminator: Terminator | undefined
  /** a socket of the sandbox's network, unconnected (AF_INET, SOCK_STREAM); closed by whoever gets it */
  insideSocket: () => Promise<number>
}

export type Border = {
  /** the live engine has begun a connection */
  dialled(dial: Dial): void
  close(): void
}

/** What a border has around it, which tests have otherwise. */
export type Surroundings = {
  /** at which address of ours a connection arrives */
  arrivalOf: (to: Endpoint) => string
  lookUp: LookUp
  /** how long an accepted connection and what is said of it wait for each other */
  patience: Patience
}

const host: Surroundings = {
  arrivalOf,
  lookUp: askHost,
  patience: { connectionMs: 2000, dialMs: 30_000 },
}

/**
 * @throws HostError when a port that is to be exposed cannot be had
 */
export async function openBorder(request: BorderRequest, surroundings: Surroundings = host): Promise<Border> {
  const { plan, sockets, sessionRules } = request
  const state = stateOf(request, surroundings)
  const unexpose = exposePorts({
    ports: plan.expose,
    insideSocket: request.insideSocket,
    reserve: state.reserve,
  })
  const names = await serveNames({
    datagrams: sockets.datagramNames,
    streams: sockets.streamNames,
    names: state.names,
  })
  const arrivals = new Arrivals<Arrived>(
    surroundings.patience,
    (arrived, dial) => void attend(arrived, dial, state),
    ({ stream }) => stream.terminate(),
  )
  const listener = listen(sockets.streams, stream => {
    const holding = new Holding(state.reserve)
    stream.data = holding
    // Not the runtime's word for it, which is none for what was reset meanwhile: its dial would wait for the next one.
    const from = peerName(descriptorOf(stream))
    if (from === undefined) return void stream.terminate()
    arrivals.arrived(arrivalKey(from.address, from.port, stream.localAddress), { stream, holding })
  })
  const stopWatching = sessionRules.onChange(() => endDenied(state.relayed, state.judge()))
  return {
    dialled: dial =>
      arrivals.dialled(arrivalKey(dial.from.address, dial.from.port, surroundings.arrivalOf(dial.to)), dial),
    close() {
      stopWatching()
      unexpose()
      names.close()
      arrivals.close()
      listener.stop(true)
    },
  }
}

function stateOf(request: BorderRequest, surroundings: Surroundings): BorderState {
  const { plan, sessionRules, approvals, terminator, record } = request
  const lookUp = boundedLookUp(surroundings.lookUp)
  return {
    judge: () => sessionRules.judge(),
    lookUp,
    proxy: plan.proxy && openProxy(plan.proxy, lookUp),
    names: new SyntheticNames(),
    hostPorts: new Set(plan.hostPorts),
    approvals,
    terminator,
    reserve: new Reserve(),
    relayed: new Set(),
    record,
  }
}

/** A connection that has arrived, and nobody said yet where it wants to. */
type Arrived = { stream: Stream; holding: Holding }

function listen(descriptor: number, arrived: (stream: Stream) => void): Bun.TCPSocketListener<Peer> {
  const capacity = connectionCapacity()
  let open = 0
  // Bun 1.4.5 takes a descriptor; its types do not.
  const options = {
    fd: descriptor,
    allowHalfOpen: true,
    socket: {
      ...streamHandlers,
      open(stream: Stream) {
        open++
        stream.data = deafPeer
        if (open > capacity) stream.terminate()
        else arrived(stream)
      },
      close(stream: Stream, error?: Error) {
        open--
        streamHandlers.close?.(stream, error)
      },
    },
  }
  return Bun.listen(options as unknown as Bun.TCPSocketListenOptions<Peer>)
}

async function attend({ stream, holding }: Arrived, dial: Dial, state: BorderState): Promise<void> {
  const dialled = destinationOf(dial.to, state.names)
  const visit: Visit = { stream, holding, dial, dialled, startedMs: performance.now(), state }
  try {
    await serve(visit)
  } catch (cause) {
    // A bug of ours costs this one connection, and is seen in the record.
    stream.terminate()
    recordVisit(visit, {
      verdict: "deny",
      rule: `bug: ${cause instanceof Error ? cause.stack : String(cause)}`,
    })
  }
}
