/** Ports of the sandbox on the host's loopback: what connects there reaches what listens inside. */
import { HostError } from "../base/error.ts"
import { beginConnectionOf } from "../kernel/outgoing.ts"
import { openPassage } from "./inspect/inspect.ts"
import { relay } from "./relay/relay.ts"
import { Holding } from "./streams/holding.ts"
import { adoptStream, type Peer, type Stream, streamHandlers } from "./streams/peer.ts"
import type { Reserve } from "./streams/reserve.ts"
import { standing } from "./streams/standing.ts"

export type Exposing = {
  ports: readonly number[]
  /** a socket of the sandbox's network, unconnected (AF_INET, SOCK_STREAM) */
  insideSocket: () => Promise<number>
  reserve: Reserve
}

/** On both, because `localhost` is the one to some programs and the other one to others. */
const hosts = ["127.0.0.1", "::1"] as const

/**
 * Listens at once.
 * @returns what ends it, open connections too
 * @throws HostError when a port cannot be had
 */
export function exposePorts({ ports, insideSocket, reserve }: Exposing): () => void {
  const listeners: Bun.TCPSocketListener<Peer>[] = []
  const close = () => {
    for (const listener of listeners) listener.stop(true)
  }
  try {
    for (const port of ports)
      for (const hostname of hosts) {
        const listener = listenAt(
          hostname,
          port,
          stream => void lead(stream, { port, insideSocket, reserve }),
        )
        if (listener !== undefined) listeners.push(listener)
      }
  } catch (cause) {
    close()
    throw cause
  }
  return close
}

function listenAt(
  hostname: (typeof hosts)[number],
  port: number,
  opened: (stream: Stream) => void,
): Bun.TCPSocketListener<Peer> | undefined {
  try {
    return Bun.listen<Peer>({
      hostname,
      port,
      // Else a second session would share the port, and each would get every other connection.
      exclusive: true,
      allowHalfOpen: true,
      socket: { ...streamHandlers, open: opened },
    })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // A host without IPv6.
    if (hostname === "::1" && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT")) return undefined
    throw portProblem(hostname, port, code)
  }
}

function portProblem(hostname: string, port: number, code: string | undefined): HostError {
  const where = `port ${port} of this host (${hostname})`
  if (code === "EADDRINUSE")
    return new HostError(
      `${where} cannot be exposed: something listens there already`,
      `stop what listens there (ss -ltnp 'sport = :${port}' names it), or expose another port`,
    )
  if (code === "EACCES")
    return new HostError(
      `${where} cannot be exposed: it is for root only`,
      "expose a port from 1024 up, and let the command listen there",
    )
  return new HostError(`${where} cannot be exposed: ${code}`, "expose another port")
}

type Leading = Omit<Exposing, "ports"> & { port: number }

async function lead(stream: Stream, { port, insideSocket, reserve }: Leading): Promise<void> {
  const holding = new Holding()
  stream.data = holding
  const inside = new Holding()
  try {
    const begun = beginConnectionOf(await insideSocket(), "127.0.0.1", port)
    const server = await adoptStream(await standing(begun, () => holding.closed !== undefined), inside)
    if (inside.closed !== undefined || holding.closed !== undefined) {
      server.terminate()
      stream.terminate()
      return
    }
    const connected = { stream: server, holding: inside, address: "127.0.0.1", isPlain: true }
    const client = { stream, holding }
    relay({ client, server: connected, passage: openPassage, reserve, ended: () => undefined })
  } catch {
    // Nothing listens inside, or there is no sandbox any more: to who connects it is the same as everywhere.
    stream.terminate()
  }
}
