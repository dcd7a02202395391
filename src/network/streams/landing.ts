/** Where a connection of the sandbox is made to instead of where the program dialled: the table of the mechanism. */
import { insideNetwork } from "../../kernel/inside-network.ts"

/** An IPv4 address in host order, and a port. */
export type Landing = { address: number; port: number }

/** What was dialled: the canonical text of an address, and its number when it is an IPv4 one (mapped to IPv6 or not). */
export type Dialled = { address: string; ipv4: number | undefined; port: number }

const own = ipv4Number(insideNetwork.own)
const mask = ipv4Number(insideNetwork.netmask)
const literal = ipv4Number(insideNetwork.literal)
const loopback = ipv4Number("127.0.0.1")
const loopbackMask = ipv4Number("255.0.0.0")
const firstMulticast = ipv4Number("224.0.0.0")
const lastMulticast = ipv4Number("239.255.255.255")
const broadcast = ipv4Number("255.255.255.255")

/**
 * @returns where the border takes the connection, by which it can tell names apart; undefined for a connection that
 *   stays in the sandbox, or that there can be none of
 */
export function landingOf(
  { address, ipv4, port }: Dialled,
  hostPorts: ReadonlySet<number>,
): Landing | undefined {
  if (isLoopback(address, ipv4)) return hostPorts.has(port) ? atBorder(loopback) : undefined
  if (ipv4 === undefined) return address.startsWith("ff") ? undefined : atBorder(literal)
  if ((ipv4 & mask) >>> 0 === (own & mask) >>> 0) {
    // Questions for names that are asked over TCP.
    return ipv4 === own && port === insideNetwork.namesPort ? undefined : atBorder(ipv4)
  }
  const isOneHost = (ipv4 < firstMulticast || ipv4 > lastMulticast) && ipv4 !== broadcast
  return isOneHost ? atBorder(literal) : undefined
}

/** The unspecified address means one's own machine (ip(7)). */
function isLoopback(address: string, ipv4: number | undefined): boolean {
  if (ipv4 === undefined) return address === "::1" || address === "::"
  return ipv4 === 0 || (ipv4 & loopbackMask) >>> 0 === (loopback & loopbackMask) >>> 0
}

function atBorder(address: number): Landing {
  return { address, port: insideNetwork.borderPort }
}

function ipv4Number(text: string): number {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0)
}
