/** The way to where a program wants to: looked up, judged and connected on the host. */
import { bug } from "../../base/error.ts"
import type { HostJudge, HostVerdict } from "../../policy/host-verdict.ts"
import { type Connected, connectFirst } from "../streams/connect-first.ts"
import { UpstreamRefused } from "../streams/ended-connection.ts"
import type { Destination } from "./destination.ts"
import type { HostProxy } from "./proxy.ts"
import { type Refusal, refusalBy } from "./refusal.ts"
import type { LookUp } from "./resolve.ts"

/** What all connections of a session share. */
export type Ways = {
  /** the rules as they are now */
  judge: () => HostJudge
  lookUp: LookUp
  proxy: HostProxy | undefined
}

/** The name is allowed, and none of the addresses it leads to. */
export class AddressesRefused extends UpstreamRefused {
  readonly verdict: HostVerdict
  constructor(verdict: HostVerdict) {
    super(403, verdict.why)
    this.verdict = verdict
  }
}

/**
 * Connects to a destination that is allowed. The address that was judged is the one that is connected to; the name is
 * not looked up again.
 * @param gone nobody waits for it any more
 * @throws UpstreamRefused
 */
export async function reach(
  { kind, host, port }: Destination,
  ways: Ways,
  gone?: AbortSignal,
): Promise<Connected> {
  // Of the host's own services most listen on one of the two.
  if (kind === "host port") return connectFirst(["127.0.0.1", "::1"], port, gone)
  const proxy = ways.proxy?.isFor(host, port) ? ways.proxy : undefined
  if (proxy?.looksUp) return proxy.connect(host, port, gone)
  const addresses = kind === "address" ? [host] : await allowedAddresses(host, port, ways)
  if (proxy === undefined) return connectFirst(addresses, port, gone)
  return connectThrough(proxy, { addresses, port }, gone)
}

/** Addresses that a proxy is asked for, one after the other: each costs it a connection. */
const askedMax = 4

/** By way of a proxy that is told addresses: those that were judged, and no name. */
async function connectThrough(
  proxy: HostProxy,
  { addresses, port }: { addresses: readonly string[]; port: number },
  gone: AbortSignal | undefined,
): Promise<Connected> {
  let reason: UpstreamRefused | undefined
  for (const address of addresses.slice(0, askedMax))
    try {
      return { ...(await proxy.connect(address, port, gone)), address }
    } catch (cause) {
      // One that is silent is so for the next address too.
      if (!(cause instanceof UpstreamRefused) || cause.status === 504 || gone?.aborted) throw cause
      reason ??= cause
    }
  throw reason ?? bug("no address to connect to")
}

/** Names with more addresses than that are not for connecting to. */
const judgedMax = 64

async function allowedAddresses(name: string, port: number, { judge, lookUp }: Ways): Promise<string[]> {
  const addresses = (await lookUp(name)).slice(0, judgedMax)
  // Now, not before the look-up: the rules may have changed meanwhile.
  const present = judge()
  const judged = addresses.map(address => ({ address, verdict: present.judgeResolved(name, address, port) }))
  const allowed = judged.filter(({ verdict: { verdict } }) => verdict === "allow")
  const [first] = judged
  if (first === undefined) throw new UpstreamRefused(502, `the host finds no address of ${name}`)
  if (allowed.length === 0) throw new AddressesRefused(first.verdict)
  return allowed.map(({ address }) => address)
}

/** What a client is told when there is no way: a guard forbids it, or the network has none. */
export function unreached(cause: UpstreamRefused, { host, port }: Destination): Refusal {
  if (cause instanceof AddressesRefused) return refusalBy(cause.verdict, host, port)
  return { status: cause.status, host, port, why: cause.message, opening: undefined }
}
