/**
 * Host patterns: `github.com`, `*.npmjs.org`, `*`, `db.corp:5432`, `10.1.2.0/24`, `[2001:db8::1]:443`, and for one
 * kind of request `api.github.com GET /repos/**`. `*.x` means every name below `x` and not `x` itself. Names are
 * canonical: lower case, punycode, no trailing dot.
 */
import { addressRange, isIPv6, oddAddress } from "../base/address.ts"
import { canonicalName } from "./host-name.ts"
import { type RequestPattern, requestPattern, requestText } from "./request-pattern.ts"

export type HostPattern = {
  kind: "any" | "name" | "below" | "address"
  /** the name, the suffix, or the address with its prefix length */
  host: string
  /** undefined = every port */
  port: number | undefined
  /** undefined = whatever is said to it */
  request: RequestPattern | undefined
}

/** @throws SyntaxError with a sentence and, where there is one, the right spelling */
export function hostPattern(text: string): HostPattern {
  const spaced = /^(\S+)[ \t]+(\S.*)$/.exec(text)
  if (spaced?.[1] === undefined || spaced[2] === undefined) return placePattern(text, text)
  const place = placePattern(spaced[1], text)
  if (place.kind === "any" || place.kind === "address")
    throw new SyntaxError(
      `"${text}": a rule with a method and a path is for a name, such as "api.github.com ${spaced[2]}"`,
    )
  return { ...place, request: requestPattern(spaced[2], text) }
}

/** A pattern as people write it. */
export function hostText({ kind, host, port, request }: HostPattern): string {
  const name = kind === "below" ? `*.${host}` : kind === "address" ? addressText(host, port) : host
  const place = port === undefined ? name : `${name}:${port}`
  return request === undefined ? place : `${place} ${requestText(request)}`
}

/** `10.0.0.1`, `10.0.0.0/8`, and with a port `[::1]`. */
function addressText(range: string, port: number | undefined): string {
  const single = range.replace(range.includes(":") ? /\/128$/ : /\/32$/, "")
  return port !== undefined && single.includes(":") ? `[${single}]` : single
}

/** @param text what stands in the policy, for the message */
function placePattern(place: string, text: string): HostPattern {
  if (/:\/\//.test(place))
    throw new SyntaxError(`"${text}" is a URL; write the host alone${hostOfUrl(place)}`)
  const { host, port } = splitPort(place, text)
  const rest = { port, request: undefined }
  if (host === "*") return { kind: "any", host, ...rest }
  if (/^[\d.]+(\/\d+)?$/.test(host)) return { kind: "address", host: addressRange(host, text), ...rest }
  if (host.includes(":")) return { kind: "address", host: addressRange(host.toLowerCase(), text), ...rest }
  if (host.includes("/")) {
    const [name = "", ...path] = host.split("/")
    const request = path.join("") === "" ? "" : `, or with a method: "${name} GET /${path.join("/")}"`
    throw new SyntaxError(`"${text}" has a path; write the host alone: "${name}"${request}`)
  }
  const odd = oddAddress(host)
  if (odd !== undefined) throw new SyntaxError(`"${text}" is no host name; write the address as "${odd}"`)
  const below = host.startsWith("*.")
  return { kind: below ? "below" : "name", host: canonicalName(below ? host.slice(2) : host, text), ...rest }
}

function splitPort(place: string, text: string): { host: string; port: number | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(place)
  if (bracketed && !/:|^[\d.]+(\/.*)?$/.test(bracketed[1] ?? ""))
    throw new SyntaxError(`"${text}" is no host name`)
  if (bracketed) return { host: bracketed[1] ?? "", port: portOf(bracketed[2], text) }
  const colons = place.split(":").length - 1
  if (colons > 1) {
    if (isIPv6(place.replace(/\/\d+$/, ""))) return { host: place, port: undefined }
    throw new SyntaxError(
      `"${text}" is no host pattern; an IPv6 address with a port is written "[2001:db8::1]:443"`,
    )
  }
  const [host = "", port] = place.split(":")
  return { host, port: colons === 1 ? portOf(port || "none", text) : undefined }
}

function portOf(digits: string | undefined, text: string): number | undefined {
  if (digits === undefined) return undefined
  const port = Number(digits)
  if (!/^\d+$/.test(digits) || port < 1 || port > 65535)
    throw new SyntaxError(`"${text}": a port is a number from 1 to 65535`)
  return port
}

function hostOfUrl(text: string): string {
  const host = text
    .replace(/^[^:]*:\/\//, "")
    .replace(/[/?#].*$/, "")
    .replace(/^.*@/, "")
  return host === "" ? "" : `: "${host}"`
}
