/** Addresses of sockets as the kernel has them: struct sockaddr_in (ip(7)), struct sockaddr_in6 (ipv6(7)). */
import { families } from "../kernel/sockets.ts"
import type { Dialled } from "../network/streams/landing.ts"

const sizes = { internet: 16, internet6: 28 } as const
/** The kernel takes struct sockaddr_in6 without its scope, as RFC 2133 had it. */
const leastInternet6 = 24
/** ::ffff:0:0/96 */
const mapped = Buffer.from("00000000000000000000ffff", "hex")

/**
 * What an address of one of the two families says.
 * @param domain of the socket that it is used with
 * @returns undefined for one that such a socket does not take
 */
export function internetAddress(bytes: Buffer, size: number, domain: number): Dialled | undefined {
  const least = domain === families.internet ? sizes.internet : leastInternet6
  if (size < least || bytes.readUInt16LE(0) !== domain) return undefined
  const port = bytes.readUInt16BE(2)
  if (domain === families.internet) return { ...ofIpv4(bytes.readUInt32BE(4)), port }
  const address = bytes.subarray(8, 24)
  if (address.subarray(0, 12).equals(mapped)) return { ...ofIpv4(bytes.readUInt32BE(20)), port }
  return { address: ipv6Text(address), ipv4: undefined, port }
}

/** Writes an IPv4 address for a socket of either family. @returns its size */
export function writeIpv4(
  bytes: Buffer,
  domain: number,
  { address, port }: { address: number; port: number },
): number {
  bytes.fill(0, 0, sizes.internet6)
  bytes.writeUInt16LE(domain, 0)
  bytes.writeUInt16BE(port, 2)
  if (domain === families.internet) {
    bytes.writeUInt32BE(address, 4)
    return sizes.internet
  }
  mapped.copy(bytes, 8)
  bytes.writeUInt32BE(address, 20)
  return sizes.internet6
}

function ofIpv4(ipv4: number): { address: string; ipv4: number } {
  return { address: [24, 16, 8, 0].map(shift => (ipv4 >>> shift) & 0xff).join("."), ipv4 }
}

/** As RFC 5952 spells it. */
function ipv6Text(address: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => address.readUInt16BE(2 * index).toString(16))
  // The URL standard serialises an IPv6 host so.
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1)
}
