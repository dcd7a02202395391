/** Connections of which nothing is decided yet: a client of the test's, and the held end of it. */
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { Holding } from "../../src/network/streams/holding.ts"
import { deafPeer, type Peer, type Stream, streamHandlers } from "../../src/network/streams/peer.ts"
import type { Reserve } from "../../src/network/streams/reserve.ts"

export type Held = { client: Socket; stream: Stream; holding: Holding }

export type HeldStreams = Disposable & { connect(): Promise<Held> }

export function heldStreams(reserve?: Reserve): HeldStreams {
  const waiting: ((held: Omit<Held, "client">) => void)[] = []
  const listener = Bun.listen<Peer>({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      ...streamHandlers,
      open(stream) {
        stream.data = deafPeer
        const holding = new Holding(reserve)
        stream.data = holding
        waiting.shift()?.({ stream, holding })
      },
    },
  })
  return {
    async connect() {
      const arrived = new Promise<Omit<Held, "client">>(resolve => waiting.push(resolve))
      const client = connect({ host: "127.0.0.1", port: listener.port, allowHalfOpen: true })
      await once(client, "connect")
      return { client, ...(await arrived) }
    },
    [Symbol.dispose]: () => void listener.stop(true),
  }
}
