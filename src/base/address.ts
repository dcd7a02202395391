/** IP addresses and ranges as people and programs write them, made canonical. */

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
  const v4 = isIPv4(address)
  const bits = v4 ? bitsOfV4(address) : bitsOfV6(address)
  if (bits === undefined || more.length > 0)
    throw new SyntaxError(
      `"${text}" is no IP address${more.length > 0 ? "" : rightSpelling(address, prefix)}`,
    )
  const width = v4 ? 32 : 128
  const length = prefix === undefined ? width : Number(prefix)
  if (prefix !== undefined && !/^\d+$/.test(prefix))
    throw new SyntaxError(`"${text}": a prefix length is a number`)
  if (length > width) throw new SyntaxError(`"${text}": a prefix length is at most ${width} here`)
  const hostBits = bits & ((1n << BigInt(width - length)) - 1n)
  const base = addressText({ width, bits: bits - hostBits })
  if (!v4 && bits >> 32n === mapped && length >= 96)
    throw new SyntaxError(`"${text}" is written as IPv4: "${mappedRange(bits - hostBits, length)}"`)
  if (hostBits !== 0n) throw new SyntaxError(`"${text}" has host bits set; write "${base}/${length}"`)
  return `${address}/${length}`
}

function rightSpelling(address: string, prefix: string | undefined): string {
  const odd = oddAddress(address)
  return odd === undefined ? "" : `; write "${odd}${prefix === undefined ? "" : `/${prefix}`}"`
}

/** ::ffff:0:0/96 (RFC 4291, section 2.5.5.2): its addresses are IPv4 addresses. */
const mapped = 0xffffn

function mappedRange(bits: bigint, length: number): string {
  return `${textOfV4(bits & 0xffffffffn)}${length === 128 ? "" : `/${length - 96}`}`
}

/** An address, as a number of so many bits. */
export type Address = { width: 32 | 128; bits: bigint }

/**
 * The address that a text means to some program: an IPv4 address with fewer than four parts, in octal or hexadecimal
 * (inet_aton(3)), an IPv6 address that holds an IPv4 one (`::ffff:10.0.0.1`), plain ones too. No zones.
 */
export function parseAddress(text: string): Address | undefined {
  const v6 = text.includes(":") ? bitsOfV6(text) : undefined
  if (v6 !== undefined)
    return v6 >> 32n === mapped ? { width: 32, bits: v6 & 0xffffffffn } : { width: 128, bits: v6 }
  const bits = isIPv4(text) ? bitsOfV4(text) : looseBits(text)
  return bits === undefined ? undefined : { width: 32, bits }
}

/** The one spelling of an address (RFC 5952). */
export function addressText({ width, bits }: Address): string {
  return width === 32 ? textOfV4(bits) : textOfV6(bits)
}

/** `127.1`, `0x7f.1`, `2130706433` → `127.0.0.1`; undefined when it is plain already, or no address. */
export function oddAddress(text: string): string | undefined {
  const bits = isIPv4(text) ? undefined : looseBits(text)
  return bits === undefined ? undefined : textOfV4(bits)
}

/** inet_aton(3): up to four numbers, of which the last fills what is left of the 32 bits. */
function looseBits(text: string): bigint | undefined {
  const parts = text.replace(/\.$/, "").split(".")
  const numbers = parts.flatMap(part => looseNumber(part) ?? [])
  if (parts.length > 4 || numbers.length < parts.length) return undefined
  const last = numbers.pop() ?? 0n
  if (last >> BigInt(32 - 8 * numbers.length) > 0n || numbers.some(number => number > 255n)) return undefined
  return numbers.reduce((bits, number, index) => bits | (number << BigInt(24 - 8 * index)), last)
}

/** Decimal, `0x…` or octal with a zero before it. */
function looseNumber(text: string): bigint | undefined {
  if (/^0[0-7]{1,11}$/.test(text)) return BigInt(`0o${text}`)
  return /^(0x[\da-f]{1,8}|0|[1-9]\d{0,9})$/i.test(text) ? BigInt(text) : undefined
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

/** RFC 5952: the longest run of two or more zeros is left out, the first one of equals. */
function textOfV6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  )
  const runs = groups.map((_, start) => {
    const end = groups.findIndex((group, index) => index >= start && group !== "0")
    return { start, length: (end < 0 ? groups.length : end) - start }
  })
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best))
  if (longest.length < 2) return groups.join(":")
  const [head, tail] = [groups.slice(0, longest.start), groups.slice(longest.start + longest.length)]
  return `${head.join(":")}::${tail.join(":")}`
}
