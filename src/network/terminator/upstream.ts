/** TLS from us to the server: only with the one whose certificate says that it is the host. */
import { once } from "node:events"
import type { Socket } from "node:net"
import { connect, createSecureContext, rootCertificates, type SecureContext, type TLSSocket } from "node:tls"
import { printable } from "../../base/printable.ts"
import { type EndedConnection, UpstreamRefused } from "../streams/ended-connection.ts"

/** What we can carry (RFC 7301). */
const carried = ["h2", "http/1.1"]

/** As long as a person would look at a browser that does nothing. */
const handshakeMs = 30_000

/** @param authorities PEM texts; empty = those that came with the runtime */
export function upstreamContext(authorities: readonly string[]): SecureContext {
  return createSecureContext({
    ca: authorities.length === 0 ? [...rootCertificates] : [...authorities],
    minVersion: "TLSv1.2",
  })
}

export type Upstream = { socket: TLSSocket; protocol: "h2" | "http/1.1" }

/**
 * Offers what the client offered, as far as we can carry it.
 * @throws UpstreamRefused with the reason; the socket is gone then
 */
export async function secured(
  socket: Socket,
  { host, protocols, gone }: Pick<EndedConnection, "host" | "protocols" | "gone">,
  secureContext: SecureContext,
): Promise<Upstream> {
  const offered = protocols.filter(protocol => carried.includes(protocol))
  const secure = connect({
    socket,
    servername: host,
    secureContext,
    rejectUnauthorized: true,
    ...(offered.length > 0 ? { ALPNProtocols: offered } : {}),
  })
  const late = setTimeout(() => secure.destroy(new LateError()), handshakeMs)
  const giveUp = () => secure.destroy(new LateError())
  gone?.addEventListener("abort", giveUp)
  if (gone?.aborted) giveUp()
  try {
    await once(secure, "secureConnect")
  } catch (cause) {
    secure.destroy()
    throw refused(host, cause)
  } finally {
    clearTimeout(late)
    gone?.removeEventListener("abort", giveUp)
  }
  if (!secure.authorized) {
    secure.destroy()
    throw refused(host, secure.authorizationError)
  }
  return { socket: secure, protocol: secure.alpnProtocol === "h2" ? "h2" : "http/1.1" }
}

class LateError extends Error {}

function refused(host: string, cause: unknown): UpstreamRefused {
  if (cause instanceof LateError) return new UpstreamRefused(504, `${host} does not answer`)
  const why = cause instanceof Error ? cause.message : String(cause)
  return new UpstreamRefused(502, `no trusted connection to ${host}: ${printable(why)}`)
}
