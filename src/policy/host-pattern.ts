/**
 * Host patterns: `github.com`, `*.npmjs.org`, `*`, `db.corp:5432`, `10.1.2.0/24`, `[2001:db8::1]:443`.
 * `*.x` means every name below `x` and not `x` itself. Names are canonical: lower case, no trailing dot.
 */

import { addressRange, isIPv6 } from "./address.ts"

export type HostPattern = {
  kind: "any" | "name" | "below" | "address"
  /** the name, the suffix, or the address with its prefix length */
  host: string
  /** undefined = every port */
  port: number | undefined
}

/** @throws SyntaxError with a sentence and, where there is one, the right spelling */
export function hostPattern(text: string): HostPattern {
  if (/:\/\//.test(text)) throw new SyntaxError(`"${text}" is a URL; write the host alone${hostOfUrl(text)}`)
  const { host, port } = splitPort(text)
  if (host === "*") return { kind: "any", host, port }
  if (/^[\d.]+(\/\d+)?$/.test(host)) return { kind: "address", host: addressRange(host, text), port }
  if (host.includes(":")) return { kind: "address", host: addressRange(host.toLowerCase(), text), port }
  if (host.includes("/"))
    throw new SyntaxError(`"${text}" has a path; write the host alone: "${host.split("/")[0]}"`)
  const below = host.startsWith("*.")
  const name = canonicalName(below ? host.slice(2) : host, text)
  return { kind: below ? "below" : "name", host: name, port }
}

/** A pattern as people write it. */
export function hostText({ kind, host, port }: HostPattern): string {
  const name = kind === "below" ? `*.${host}` : host
  return port === undefined ? name : `${name}:${port}`
}

function splitPort(text: string): { host: string; port: number | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(text)
  if (bracketed && !/:|^[\d.]+(\/.*)?$/.test(bracketed[1] ?? ""))
    throw new SyntaxError(`"${text}" is no host name`)
  if (bracketed) return { host: bracketed[1] ?? "", port: portOf(bracketed[2], text) }
  const colons = text.split(":").length - 1
  if (colons > 1) {
    if (isIPv6(text.replace(/\/\d+$/, ""))) return { host: text, port: undefined }
    throw new SyntaxError(
      `"${text}" is no host pattern; an IPv6 address with a port is written "[2001:db8::1]:443"`,
    )
  }
  const [host = "", port] = text.split(":")
  return { host, port: colons === 1 ? portOf(port || "none", text) : undefined }
}

function portOf(digits: string | undefined, text: string): number | undefined {
  if (digits === undefined) return undefined
  const port = Number(digits)
  if (!/^\d+$/.test(digits) || port < 1 || port > 65535)
    throw new SyntaxError(`"${text}": a port is a number from 1 to 65535`)
  return port
}

function canonicalName(name: string, text: string): string {
  // Lower case first would make a k of the Kelvin sign.
  if (/[^\x20-\x7e]/.test(name)) throw new SyntaxError(`"${text}" is no host name${ideographHint(name)}`)
  const labels = name.toLowerCase().replace(/\.$/, "").split(".")
  if (labels.some(label => label.includes("*")))
    throw new SyntaxError(
      `"${text}": * stands alone or as the first label; write "*.${labels.filter(label => !label.includes("*")).join(".") || "example.com"}"`,
    )
  if (/^(0x[\da-f]*|\d+)$/.test(labels.at(-1) ?? ""))
    throw new SyntaxError(`"${text}" is no host name; an address is written 127.0.0.1 or [::1]`)
  const valid =
    name.length <= 253 && labels.every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  if (!valid) throw new SyntaxError(`"${text}" is no host name`)
  return labels.join(".")
}

function ideographHint(name: string): string {
  return /[\u0080-\u{10ffff}]/u.test(name) ? '; write an international name in its "xn--" form' : ""
}

function hostOfUrl(text: string): string {
  const host = text
    .replace(/^[^:]*:\/\//, "")
    .replace(/[/?#].*$/, "")
    .replace(/^.*@/, "")
  return host === "" ? "" : `: "${host}"`
}
