/** A connection of the event loop's as a socket of node:net, which the runtime's TLS and HTTP work on. */
import type { Socket } from "node:net"
import { copySocket, lingerNot } from "../../kernel/outgoing.ts"
import { streamPair } from "../../kernel/stream-pair.ts"
import { openPassage } from "../inspect/inspect.ts"
import type { Connected } from "../streams/connect-first.ts"
import { Holding } from "../streams/holding.ts"
import { adoptStream, deafPeer, descriptorOf } from "../streams/peer.ts"
import type { Reserve } from "../streams/reserve.ts"
import { relay } from "./relay.ts"

/** @param connected handed over: its stream is not used any more */
export async function nodeSocket(connected: Connected, reserve: Reserve): Promise<Socket> {
  const { connect } = await import("node:net")
  // Bun 1.4.5 takes a descriptor here; the types of Node do not know that.
  const socketOf = (fd: number) => connect({ fd, allowHalfOpen: true } as unknown as { path: string })
  const { stream, holding, isPlain } = connected
  if (!isPlain || holding.held.length > 0 || holding.ended || holding.closed !== undefined) {
    const [near, far] = streamPair()
    const ours = new Holding()
    const client = { stream: await adoptStream(near, ours), holding: ours }
    relay({
      client,
      server: connected,
      passage: openPassage,
      reserve,
      ended: () => client.stream.terminate(),
    })
    return socketOf(far)
  }
  const copy = copySocket(descriptorOf(stream))
  stream.data = deafPeer
  // Closes the event loop's descriptor: the connection goes on with the copy, but would be reset at its end.
  stream.terminate()
  lingerNot(copy)
  return socketOf(copy)
}
