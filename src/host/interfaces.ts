/** The addresses of this machine: a service that listens on all of them is as near as one on loopback. */
import { type Address, addressText, parseAddress } from "../base/address.ts"
import { isInRange, parseRange } from "../policy/address-ranges.ts"

/**
 * Canonical addresses of all interfaces as they are now, with the broadcast address of each IPv4 network; without
 * loopback, which is guarded as a range.
 */
export function interfaceAddresses(): string[] {
  // Loaded here: only a launch that judges hosts needs it.
  const { networkInterfaces } = process.getBuiltinModule("node:os")
  const found = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return [...new Set(found.flatMap(({ address, cidr }) => addressesOf(address, cidr ?? "")))]
}

const loopback = ["127.0.0.0/8", "::1"].map(parseRange)

/** @param cidr the address with the length of its network, or "" where there is none */
export function addressesOf(text: string, cidr: string): string[] {
  const address = parseAddress(text.replace(/%.*$/, ""))
  if (address === undefined || loopback.some(range => isInRange(address, range))) return []
  const length = Number(cidr.split("/")[1] ?? address.width)
  return [address, ...broadcastOf(address, length)].map(addressText)
}

/** RFC 919; a network of one or two addresses has none (RFC 3021). */
function broadcastOf({ width, bits }: Address, length: number): Address[] {
  return width === 32 && length < 31 ? [{ width, bits: bits | ((1n << BigInt(32 - length)) - 1n) }] : []
}
