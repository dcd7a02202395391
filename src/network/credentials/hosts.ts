/** Which credentials, and which certificates, a host may see. */
import type { Credential } from "../../policy/credential.ts"
import { fitsTarget, readyPattern, targetOf } from "../../policy/host-match.ts"
import type { HostRule } from "../../policy/layer.ts"
import type { Swap } from "./swap.ts"

/** A secret and what stands inside in its place. */
export type Secret = { placeholder: string; secret: string }

export type Credentials = {
  credentials: readonly Credential[]
  /** by the credentials' names */
  secrets: ReadonlyMap<string, Secret>
}

/** What is swapped in requests to the host. */
export function swapsFor(
  { host, port }: { host: string; port: number },
  { credentials, secrets }: Credentials,
): Swap[] {
  return credentials.flatMap(({ name, hosts, as }) => {
    const secret = secrets.get(name)
    const isFor = hosts.some(pattern => fitsTarget(readyPattern(pattern), targetOf(host), port))
    return secret !== undefined && isFor ? [{ ...secret, as }] : []
  })
}

/** The names, each with all below it, that the session's authority has to speak for; empty = TLS is ended for none. */
export function endedDomains(rules: readonly HostRule[], credentials: readonly Credential[]): string[] {
  const patterns = [
    ...credentials.flatMap(({ hosts }) => hosts),
    ...rules.map(({ value }) => value).filter(({ request }) => request !== undefined),
  ]
  return [...new Set(patterns.map(({ host }) => host))]
}
