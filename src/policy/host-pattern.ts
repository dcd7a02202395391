/**
 * Host patterns: `github.com`, `*.npmjs.org`, `*`, `db.corp:5432`, `10.1.2.0/24`, `[2001:db8::1]:443`.
 * `*.x` means every name below `x` and not `x` itself. Names are canonical: lower case, no trailing dot.
 */

export type HostPattern = {
  kind: "any" | "name" | "below" | "address"
  /** the name, the suffix, or the address with its prefix length */
  host: string
  /** undefined = every port */
  port: number | undefined
}

/** @throws SyntaxError with a sentence and, where there is one, the right spelling */
export function hostPattern(text: string): HostPattern {
  if (/:\/\//.test(text))
    throw new SyntaxError(`"${text}" is a URL; write the host alone: "${hostOfUrl(text)}"`)
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

function splitPort(text: string): { host: string; port: number | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(text)
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
  const labels = name.toLowerCase().replace(/\.$/, "").split(".")
  if (labels.some(label => label.includes("*")))
    throw new SyntaxError(
      `"${text}": * stands alone or as the first label; write "*.${labels.filter(label => !label.includes("*")).join(".") || "example.com"}"`,
    )
  const valid = labels.every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  if (!valid) throw new SyntaxError(`"${text}" is no host name${ideographHint(name)}`)
  return labels.join(".")
}

/** node:net could tell, and takes 2 ms to load. */
function isIPv4(text: string): boolean {
  const parts = text.split(".")
  return parts.length === 4 && parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

function isIPv6(text: string): boolean {
  return /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`)
}

function ideographHint(name: string): string {
  return /[^\x20-\x7e]/.test(name) ? '; write an international name in its "xn--" form' : ""
}

function addressRange(host: string, text: string): string {
  const [address = "", prefix] = host.split("/")
  const version = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined
  if (version === undefined) throw new SyntaxError(`"${text}" is no IP address`)
  const width = version === 4 ? 32 : 128
  if (prefix === undefined) return `${address}/${width}`
  const length = Number(prefix)
  if (length > width) throw new SyntaxError(`"${text}": a prefix length is at most ${width} here`)
  const bits = version === 4 ? bitsOfV4(address) : bitsOfV6(address)
  const hostBits = bits & ((1n << BigInt(width - length)) - 1n)
  if (hostBits === 0n) return `${address}/${length}`
  const base = version === 4 ? textOfV4(bits - hostBits) : textOfV6(bits - hostBits)
  throw new SyntaxError(`"${text}" has host bits set; write "${base}/${length}"`)
}

/** An IPv4 address as a number. */
export function bitsOfV4(address: string): bigint {
  return address.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

/** An IPv6 address, in any of its spellings, as a number (RFC 4291 section 2.2). */
export function bitsOfV6(address: string): bigint {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  const v4 = dotted === undefined ? 0n : bitsOfV4(dotted)
  const plain =
    dotted === undefined
      ? address
      : address.replace(dotted, `${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`)
  const [head = "", tail] = plain.split("::")
  const groups = (part: string) => part.split(":").filter(group => group !== "")
  const left = groups(head)
  const right = groups(tail ?? "")
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  const all = [...left, ...Array.from({ length: zeros }, () => "0"), ...right]
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

function textOfV4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map(shift => (bits >> shift) & 0xffn).join(".")
}

function textOfV6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  )
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::")
}

function hostOfUrl(text: string): string {
  return text
    .replace(/^[^:]*:\/\//, "")
    .replace(/[/?#].*$/, "")
    .replace(/^[^@]*@/, "")
}
