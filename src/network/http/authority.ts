/** Which host a request says it is for: `host[:port]` of Host, of CONNECT and of absolute targets (RFC 9110, 4.2). */
import { addressText, isIPv4, isIPv6, parseAddress } from "../../base/address.ts"
import { canonicalHostName } from "../names/host-name.ts"

export type HttpAuthority = {
  /** canonical name, IPv4 or IPv6 address, the last without brackets; ::ffff:0:0/96 is IPv4 */
  host: string
  port: number | undefined
}

const portMax = 65535

/** @returns undefined for what servers read in more than one way: user names, percent signs, odd addresses */
export function authorityOf(text: string): HttpAuthority | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  const port = digits === undefined ? undefined : Number(digits)
  if (port !== undefined && (port < 1 || port > portMax)) return undefined
  const host = bracketed === undefined ? hostOf(plain ?? "") : addressOf(bracketed)
  return host === undefined ? undefined : { host, port }
}

function hostOf(text: string): string | undefined {
  return isIPv4(text) ? text : canonicalHostName(text)
}

function addressOf(text: string): string | undefined {
  const address = isIPv6(text) ? parseAddress(text) : undefined
  return address && addressText(address)
}
