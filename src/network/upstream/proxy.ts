/**
 * The host's own proxy: every connection goes to it as a tunnel. Most are told the name, and look it up themselves, so
 * where the name leads is not checked here: what a proxy lets through is its owner's decision. To one that is not told
 * names go addresses that were judged (network/upstream/upstream.ts).
 */
import { addressText, parseAddress } from "../../base/address.ts"
import type { UpstreamProxy } from "../../plan/launch-plan.ts"
import { endpointText } from "../names/endpoint-text.ts"
import { type Connected, connectFirst } from "../streams/connect-first.ts"
import { UpstreamRefused } from "../streams/ended-connection.ts"
import { openHttpTunnel } from "./http-tunnel.ts"
import { patienceMs } from "./proxy-answer.ts"
import { isExcepted } from "./proxy-exceptions.ts"
import { connectTls } from "./proxy-tls.ts"
import { type ProxyAddress, proxyAddress } from "./proxy-url.ts"
import type { LookUp } from "./resolve.ts"
import { openSocks4Tunnel, openSocks5Tunnel } from "./socks-tunnel.ts"

export type HostProxy = {
  /** it is told names; otherwise `connect` takes addresses only */
  looksUp: boolean
  /** whether the host reaches this one by way of it */
  isFor(host: string, port: number): boolean
  /** @param gone nobody waits for it any more @throws UpstreamRefused when there is no way to the proxy, or none from it */
  connect(host: string, port: number, gone?: AbortSignal): Promise<Connected>
}

const openers = { http: openHttpTunnel, socks4: openSocks4Tunnel, socks5: openSocks5Tunnel }

/** @param plan of plan/upstream-proxy.ts, which lets no other URLs through */
export function openProxy({ url, except }: UpstreamProxy, lookUp: LookUp): HostProxy {
  const proxy = proxyAddress(url)
  const name = `the host's proxy ${endpointText(proxy.host, proxy.port)}`
  return {
    looksUp: proxy.looksUp,
    isFor: (host, port) => !isExcepted(except, host, port),
    async connect(host, port, gone) {
      const connected = await reach(proxy, lookUp, gone)
      const hangUp = () => connected.stream.terminate()
      gone?.addEventListener("abort", hangUp)
      if (gone?.aborted) hangUp()
      const conversation = { connected, name, endMs: performance.now() + patienceMs }
      try {
        await openers[proxy.language](conversation, { host, port }, proxy.login)
      } catch (cause) {
        hangUp()
        throw cause
      } finally {
        gone?.removeEventListener("abort", hangUp)
      }
      return connected
    },
  }
}

async function reach(
  { host, port, isTls }: ProxyAddress,
  lookUp: LookUp,
  gone: AbortSignal | undefined,
): Promise<Connected> {
  try {
    const literal = parseAddress(host)
    const addresses = literal === undefined ? await lookUp(host) : [addressText(literal)]
    const connected = await connectFirst(addresses, port, gone)
    return isTls ? await connectTls(connected, host) : connected
  } catch (cause) {
    if (!(cause instanceof UpstreamRefused)) throw cause
    throw new UpstreamRefused(cause.status, `the host's proxy cannot be reached: ${cause.message}`)
  }
}
