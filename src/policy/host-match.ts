/** Which host rules fit what is reached, and which of them fits most closely. */
import { type Address, addressText, parseAddress } from "../base/address.ts"
import { type AddressRange, embeddedIn, isInRange, parseRange } from "./address-ranges.ts"
import type { HostPattern } from "./host-pattern.ts"
import type { HostRule } from "./layer.ts"
import { caseless, type RequestPattern } from "./request-pattern.ts"
import { rankOf } from "./source.ts"

/** What a program wants to reach: a canonical name, or an address. */
export type Target = { name: string } | { address: Address }

/** A pattern with its range as numbers, because every connection is held against every rule. */
export type ReadyPattern = {
  pattern: HostPattern
  range: AddressRange | undefined
  /** its request, for a denial */
  caseless: RequestPattern | undefined
}
export type ReadyRule = ReadyPattern & { rule: HostRule }

export function readyPattern(pattern: HostPattern): ReadyPattern {
  return {
    pattern,
    range: pattern.kind === "address" ? parseRange(pattern.host) : undefined,
    caseless: pattern.request && caseless(pattern.request),
  }
}

/**
 * The target that a text means: odd spellings of addresses (`0x7f.1`, `[::1]`) are addresses, upper case and a trailing
 * dot say nothing.
 */
export function targetOf(host: string): Target {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1")
  const address = parseAddress(name)
  return address === undefined ? { name: name.replace(/\.$/, "") } : { address }
}

export function targetText(target: Target): string {
  return "name" in target ? target.name : addressText(target.address)
}

/** Whether the pattern means the target, whatever is said to it. @param port undefined = whichever */
export function fitsTarget(ready: ReadyPattern, target: Target, port: number | undefined): boolean {
  const { kind, host, port: only } = ready.pattern
  if (only !== undefined && port !== undefined && only !== port) return false
  if (kind === "any") return true
  if ("name" in target)
    return kind === "name" ? host === target.name : kind === "below" && target.name.endsWith(`.${host}`)
  return ready.range !== undefined && isInRange(target.address, ready.range)
}

/** As `fitsTarget`, and for an IPv6 address that leads to an IPv4 address also by that. */
function fitsRoute(ready: ReadyPattern, target: Target, port: number | undefined): boolean {
  if (fitsTarget(ready, target, port)) return true
  return (
    "address" in target && embeddedIn(target.address).some(address => fitsTarget(ready, { address }, port))
  )
}

/** The rules for people, most specific first: name, then address, suffix, `*`; with a port or a request before without. */
export function byCloseness(a: HostRule, b: HostRule): number {
  return closenessOf(b.value) - closenessOf(a.value) || rankOf(b.layer) - rankOf(a.layer)
}

function closenessOf(pattern: HostPattern): number {
  return (
    4 * hostCloseness(pattern) +
    (pattern.request === undefined ? 0 : 2) +
    (pattern.port === undefined ? 0 : 1)
  )
}

/** How closely the pattern means its host, whatever port and requests it is about. */
export function hostCloseness({ kind, host }: HostPattern): number {
  const length = kind === "address" ? Number(host.slice(host.indexOf("/") + 1)) : host.length
  return { any: 0, below: 1000, address: 2000, name: 3000 }[kind] + length
}

/** A denial of an IPv4 address holds for the IPv6 addresses that lead there; an allowance is for what it names. */
export function isAbout(ready: ReadyRule, target: Target, port: number | undefined): boolean {
  return (ready.rule.verdict === "deny" ? fitsRoute : fitsTarget)(ready, target, port)
}

/** A rule about the host as a whole. */
export function isPlain({ pattern }: ReadyRule): boolean {
  return pattern.request === undefined
}

/** The rule that explains what all of them say. */
export function closest(rules: readonly ReadyRule[]): HostRule | undefined {
  return rules.map(({ rule }) => rule).sort(byCloseness)[0]
}
