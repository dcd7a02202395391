/** IP addresses and ranges as people write them, made canonical. */

/** node:net could tell, and takes 2 ms to load. */
export function isIPv4(text: string): boolean {
  const parts = text.split(".")
  return parts.length === 4 && parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

/** RFC 4291 section 2.2, without zones: a zone means something on one machine only. */
export function isIPv6(text: string): boolean {
  return bitsOfV6(text) !== undefined
}

/**
 * `10.1.2.0/24`, `2001:db8::1` → the range with its prefix length.
 * @param text what stands in the policy, for the message
 * @throws SyntaxError when it is no address, or has host bits set
 */
export function addressRange(host: string, text: string): string {
  const [address = "", prefix, ...more] = host.split("/")
  const bits = isIPv4(address) ? bitsOfV4(address) : bitsOfV6(address)
  if (bits === undefined || more.length > 0) throw new SyntaxError(`"${text}" is no IP address`)
  const v4 = isIPv4(address)
  const width = v4 ? 32 : 128
  if (prefix === undefined) return `${address}/${width}`
  const length = Number(prefix)
  if (!/^\d+$/.test(prefix)) throw new SyntaxError(`"${text}": a prefix length is a number`)
  if (length > width) throw new SyntaxError(`"${text}": a prefix length is at most ${width} here`)
  const hostBits = bits & ((1n << BigInt(width - length)) - 1n)
  if (hostBits === 0n) return `${address}/${length}`
  const base = v4 ? textOfV4(bits - hostBits) : textOfV6(bits - hostBits)
  throw new SyntaxError(`"${text}" has host bits set; write "${base}/${length}"`)
}

/** An IPv4 address as a number; only of what `isIPv4` says is one. */
export function bitsOfV4(address: string): bigint {
  return address.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

/** An IPv6 address in any of its spellings as a number, or undefined when it is none. */
export function bitsOfV6(address: string): bigint | undefined {
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (dotted !== undefined && !isIPv4(dotted)) return undefined
  const v4 = dotted === undefined ? 0n : bitsOfV4(dotted)
  const plain =
    dotted === undefined
      ? address
      : `${address.slice(0, -dotted.length)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`
  const halves = plain.split("::")
  const [head = "", tail] = halves
  const left = head === "" ? [] : head.split(":")
  const right = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = 8 - left.length - right.length
  const complete = tail === undefined ? zeros === 0 : zeros >= 1
  const groups = [...left, ...right]
  if (halves.length > 2 || !complete || !groups.every(group => /^[\da-f]{1,4}$/i.test(group)))
    return undefined
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
