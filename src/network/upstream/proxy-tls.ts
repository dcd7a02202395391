/** TLS to a proxy of the host (`https://` in HTTPS_PROXY); what goes through the tunnel may be TLS once more. */
import { printable } from "../../base/printable.ts"
import { hostAuthorities } from "../../host/authorities.ts"
import type { Connected } from "../streams/connect-first.ts"
import { UpstreamRefused } from "../streams/ended-connection.ts"
import { Holding } from "../streams/holding.ts"
import { deafPeer, type Peer, streamHandlers } from "../streams/peer.ts"

/** Milliseconds for the handshake. */
const patienceMs = 15_000

/**
 * @param host the proxy's name or address, for which its certificate must be, by an authority that the host trusts
 * @throws UpstreamRefused
 */
export async function connectTls(connected: Connected, host: string): Promise<Connected> {
  const holding = new Holding()
  const { stream } = connected
  stream.data = deafPeer
  const ca = hostAuthorities(process.env)
  const [, secured] = await new Promise<ReturnType<typeof stream.upgradeTLS<Peer>>>((resolve, reject) => {
    const giveUp = (status: 502 | 504, why: string) => {
      clearTimeout(timer)
      pair[1].terminate()
      reject(new UpstreamRefused(status, `no TLS to it: ${why}`))
    }
    const timer = setTimeout(() => giveUp(504, "it does not answer"), patienceMs)
    const pair = stream.upgradeTLS<Peer>({
      data: { ...deafPeer, close: () => giveUp(502, "it hung up") },
      tls: { serverName: host, rejectUnauthorized: true, ...(ca.length === 0 ? {} : { ca }) },
      socket: {
        ...streamHandlers,
        handshake(socket, isTrusted, flaw) {
          if (!isTrusted) return giveUp(502, printable(flaw?.message ?? "its certificate is not valid"))
          clearTimeout(timer)
          socket.data = holding
          resolve(pair)
        },
      },
    })
  })
  return { ...connected, stream: secured, holding, isPlain: false }
}
