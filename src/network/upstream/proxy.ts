/**
 * The host's own proxy: every connection goes to it as a tunnel (CONNECT, RFC 9110, 9.3.6). It is told the name, and
 * looks it up itself, so where the name leads is not checked here: what a proxy lets through is its owner's decision.
 */
import { bug } from "../../base/error.ts"
import { printable } from "../../base/printable.ts"
import type { UpstreamProxy } from "../../plan/launch-plan.ts"
import { addressText, parseAddress } from "../../policy/address.ts"
import { endpointText } from "../names/endpoint-text.ts"
import { type Connected, connectFirst } from "../streams/connect-first.ts"
import { UpstreamRefused } from "../streams/ended-connection.ts"
import { isExcepted } from "./proxy-exceptions.ts"
import { connectTls } from "./proxy-tls.ts"
import type { LookUp } from "./resolve.ts"

export type HostProxy = {
  /** whether the host reaches this one by way of it */
  isFor(host: string, port: number): boolean
  /** @throws UpstreamRefused when there is no way to the proxy, or none from it */
  connect(host: string, port: number): Promise<Connected>
}

/** Milliseconds for the proxy's answer: it answers when it has connected itself. */
const patienceMs = 30_000
/** Bytes of the head of its answer. */
const headMax = 16 * 1024

type Address = {
  host: string
  port: number
  /** TLS to the proxy itself */
  isTls: boolean
  /** value of Proxy-Authorization, or undefined */
  login: string | undefined
}

/** @param plan of plan/upstream-proxy.ts, which lets no other URLs through */
export function openProxy({ url, except }: UpstreamProxy, lookUp: LookUp): HostProxy {
  const proxy = addressOf(new URL(url))
  return {
    isFor: (host, port) => !isExcepted(except, host, port),
    async connect(host, port) {
      const connected = await reach(proxy, lookUp)
      try {
        await openTunnel(connected, { proxy, target: endpointText(host, port) })
      } catch (cause) {
        connected.stream.terminate()
        throw cause
      }
      return connected
    },
  }
}

function addressOf({ protocol, hostname, port, username, password }: URL): Address {
  const isTls = protocol === "https:"
  if (!isTls && protocol !== "http:") throw bug(`a proxy of ${protocol}`)
  const login = [username, password].map(decodeURIComponent).join(":")
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    // URL leaves the scheme's own port out, so none means that one; curl(1) alone would take 1080.
    port: port === "" ? (isTls ? 443 : 80) : Number(port),
    isTls,
    login: login === ":" ? undefined : `Basic ${Buffer.from(login).toString("base64")}`,
  }
}

async function reach({ host, port, isTls }: Address, lookUp: LookUp): Promise<Connected> {
  try {
    const literal = parseAddress(host)
    const addresses = literal === undefined ? await lookUp(host) : [addressText(literal)]
    const connected = await connectFirst(addresses, port)
    return isTls ? await connectTls(connected, host) : connected
  } catch (cause) {
    if (!(cause instanceof UpstreamRefused)) throw cause
    throw new UpstreamRefused(cause.status, `the host's proxy cannot be reached: ${cause.message}`)
  }
}

type Tunnel = { proxy: Address; target: string }

async function openTunnel({ stream, holding }: Connected, { proxy, target }: Tunnel): Promise<void> {
  const name = `the host's proxy ${endpointText(proxy.host, proxy.port)}`
  const login = proxy.login === undefined ? "" : `Proxy-Authorization: ${proxy.login}\r\n`
  // Fits into any socket's buffer.
  stream.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${login}\r\n`)
  const end = performance.now() + patienceMs
  for (;;) {
    const { bytes } = holding.held
    const length = bytes.subarray(0, headMax).indexOf("\r\n\r\n") + 4
    if (length > 3) {
      const line = bytes.toString("latin1", 0, bytes.indexOf("\r\n"))
      holding.held.drop(length)
      if (/^HTTP\/1\.[01] 2\d\d( |$)/.test(line)) return
      // What it says before the answer proper (RFC 9110, 15.2).
      if (/^HTTP\/1\.[01] 1\d\d( |$)/.test(line)) continue
      throw new UpstreamRefused(502, `${name} answered: ${printable(line.slice(0, 200))}`)
    }
    if (bytes.length >= headMax) throw new UpstreamRefused(502, `${name} did not answer in HTTP`)
    if (holding.ended || holding.closed) throw new UpstreamRefused(502, `${name} hung up`)
    const left = end - performance.now()
    if (left <= 0) throw new UpstreamRefused(504, `${name} did not answer`)
    await holding.changedWithin(left)
  }
}
