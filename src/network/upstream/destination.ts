/** Where a program wants to: what it dialled, as the border understands it. */
import { isIPv4 } from "../../base/address.ts"
import { insideNetwork } from "../../kernel/inside-network.ts"
import type { SyntheticNames } from "../names/synthetic-names.ts"
import type { Endpoint } from "../streams/dial.ts"

export type Destination = {
  /** `host port`: a port of the host's own loopback */
  kind: "name" | "address" | "host port"
  /** canonical name or address; of a host port, the loopback address that was dialled */
  host: string
  port: number
}

/** @param names counts this as a use of the name */
export function destinationOf({ address, port }: Endpoint, names: SyntheticNames): Destination {
  if (isOwnMachine(address)) return { kind: "host port", host: address, port }
  const name = names.dialled(address)
  // An address of ours that no name has is judged as what it is: nobody's, and no public one.
  return name === undefined ? { kind: "address", host: address, port } : { kind: "name", host: name, port }
}

/** The address of ours at which a connection to there arrives (network/streams/landing.ts is the other side of it). */
export function arrivalOf({ address }: Endpoint): string {
  if (isOwnMachine(address)) return "127.0.0.1"
  return isIPv4(address) && isOurs(address) ? address : insideNetwork.literal
}

/** Loopback, and the unspecified address, which means the same to connect(2). */
function isOwnMachine(address: string): boolean {
  return address.startsWith("127.") || ["::1", "::", "0.0.0.0"].includes(address)
}

function isOurs(address: string): boolean {
  const [first, second] = insideNetwork.own.split(".").map(Number)
  const [start, next = 0] = address.split(".").map(Number)
  // 198.18.0.0/15: the last bit of the second part is free.
  return start === first && (next & ~1) === second
}
