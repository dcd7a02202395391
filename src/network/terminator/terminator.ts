/** Ends TLS for the hosts that have credentials or rules about requests: the one place where a secret meets a request. */
import { connect, type Socket } from "node:net"
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls"
import { streamPair } from "../../kernel/stream-pair.ts"
import type { HostJudge } from "../../policy/host-verdict.ts"
import { type Credentials, swapsFor } from "../credentials/hosts.ts"
import { type EndedConnection, UpstreamRefused } from "../streams/ended-connection.ts"
import type { Authority, Identity } from "../tls/authority.ts"
import type { Bridge, BridgeEnds } from "./bridge.ts"
import { type EndedHost, refusal } from "./decision.ts"
import { Http1Bridge } from "./http1.ts"
import { AbsentServer } from "./http2-absent-server.ts"
import { Http2Bridge } from "./http2-bridge.ts"
import { relay } from "./relay.ts"
import { secured, type Upstream, upstreamContext } from "./upstream.ts"

export type Terminator = {
  /**
   * Ends the TLS of one client.
   * @returns a connected stream socket, the caller's to close: the client's bytes go in there, from the ClientHello on,
   * and what comes out goes to the client
   */
  serve(connection: EndedConnection): number
  /** cuts all; what was under way is recorded when it returns */
  close(): void
}

export type TerminatorRequest = Credentials & {
  authority: Authority
  /** the rules of this moment */
  judge: () => HostJudge
  /** PEM texts of the authorities that servers are held against */
  upstreamAuthorities: readonly string[]
}

/** A client that opened a connection and does not go on. */
const handshakeMs = 30_000

export function openTerminator(request: TerminatorRequest): Terminator {
  const open = new Set<Socket>()
  const relayed = new Set<() => void>()
  const contexts = new Contexts(request.authority)
  let upstream: SecureContext | undefined
  return {
    serve(connection) {
      const [near, far] = streamPair()
      const socket = connect({ fd: near, allowHalfOpen: true } as never)
      open.add(socket)
      socket.on("close", () => open.delete(socket))
      // Read a quarter of a megabyte of authorities only when there is somebody to hold against them.
      upstream ??= upstreamContext(request.upstreamAuthorities)
      void serve(connection, { socket, relayed, contexts, upstream, request })
      return far
    },
    close() {
      for (const cut of relayed) cut()
      for (const socket of open) socket.destroy()
    },
  }
}

type Serving = {
  socket: Socket
  /** what cuts each connection that has begun */
  relayed: Set<() => void>
  contexts: Contexts
  upstream: SecureContext
  request: TerminatorRequest
}

async function serve(connection: EndedConnection, serving: Serving): Promise<void> {
  const { socket, relayed, contexts, request } = serving
  const server = await reach(connection, serving.upstream)
  if (socket.destroyed) {
    if (!(server instanceof UpstreamRefused)) server.socket.destroy()
    return
  }
  const failure = server instanceof UpstreamRefused ? refusal(server.status, server.message) : undefined
  const protocol = server instanceof UpstreamRefused ? failureProtocol(connection.protocols) : server.protocol
  const { host, port, record } = connection
  const ended: EndedHost = { host, port, judge: request.judge, failure, swaps: swapsFor(connection, request) }
  const client = new TLSSocket(socket, {
    isServer: true,
    secureContext: contexts.of(host),
    ...(connection.protocols.length > 0 ? { ALPNProtocols: [protocol] } : {}),
  })
  const away = server instanceof UpstreamRefused ? undefined : server.socket
  client.on("error", () => away?.destroy())
  const late = setTimeout(() => client.destroy(), handshakeMs)
  client.on("close", () => {
    clearTimeout(late)
    away?.destroy()
  })
  client.once("secure", () => {
    clearTimeout(late)
    const cut = relay(client, away, ends =>
      bridgeOf(protocol, { ended, ends: { ...ends, record }, isAbsent: away === undefined }),
    )
    relayed.add(cut)
    client.on("close", () => relayed.delete(cut))
  })
}

/** A failure is an answer to the client, who cannot be told before its own TLS is done. */
async function reach(
  connection: EndedConnection,
  context: SecureContext,
): Promise<Upstream | UpstreamRefused> {
  try {
    return await secured(await connection.connectUpstream(), connection, context)
  } catch (cause) {
    if (cause instanceof UpstreamRefused) return cause
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    return new UpstreamRefused(502, `${connection.host} cannot be reached: ${code}`)
  }
}

function failureProtocol(protocols: readonly string[]): Upstream["protocol"] {
  return protocols.includes("h2") && !protocols.includes("http/1.1") ? "h2" : "http/1.1"
}

type Bridging = { ended: EndedHost; ends: BridgeEnds; isAbsent: boolean }

function bridgeOf(protocol: Upstream["protocol"], { ended, ends, isAbsent }: Bridging): Bridge {
  if (protocol === "http/1.1") return new Http1Bridge(ended, ends)
  if (!isAbsent) return new Http2Bridge(ended, ends)
  const absent = new AbsentServer()
  const bridge = new Http2Bridge(ended, { ...ends, toServer: bytes => ends.toClient(absent.push(bytes)) })
  bridge.fromServer(absent.greeting())
  return bridge
}

/** A certificate is made for each host, and read by the TLS library once. */
class Contexts {
  readonly #authority: Authority
  readonly #known = new WeakMap<Identity, SecureContext>()

  constructor(authority: Authority) {
    this.#authority = authority
  }

  of(host: string): SecureContext {
    const identity = this.#authority.identityOf(host)
    const known = this.#known.get(identity)
    if (known !== undefined) return known
    const context = createSecureContext({
      key: identity.key,
      cert: identity.certificate,
      minVersion: "TLSv1.2",
    })
    this.#known.set(identity, context)
    return context
  }
}
