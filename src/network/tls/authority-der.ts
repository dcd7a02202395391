/**
 * Distinguished encoding (X.690) of the few types that a certificate is made of. It only writes: nothing is parsed here,
 * and what it wrote is read by OpenSSL, Java, Go and Node in the tests.
 */

/** A value with its tag and length in front. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content])
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, ...parts)
}

export function setOf(part: Uint8Array): Buffer {
  return tagged(0x31, part)
}

/** A number that is not negative, from its bytes; zeros in front are dropped, and one is put where the sign would be. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex(byte => byte !== 0)
  const digits = first < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(first))
  return tagged(0x02, (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.from([0]), digits]))
}

export const yes = tagged(0x01, Buffer.from([0xff]))

export function octets(bytes: Uint8Array): Buffer {
  return tagged(0x04, bytes)
}

/** @param unused how many of the last byte's bits do not count */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), bytes)
}

export function utf8(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text))
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...arcs] = dotted.split(".").map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...arcs.flatMap(base128)]))
}

function base128(arc: number): number[] {
  const bytes = [arc & 0x7f]
  for (let rest = arc >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f))
  return bytes
}

/** RFC 5280 section 4.1.2.5: two digits for the year until 2049, four from then on. */
export function time(milliseconds: number): Buffer {
  const date = new Date(milliseconds)
  const digits = `${date.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`
  return date.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2)))
    : tagged(0x18, Buffer.from(digits))
}

/** A value in the place of number `place` of a context, in place of its own tag when `primitive` (implicit). */
export function inContext(place: number, content: Uint8Array, primitive = false): Buffer {
  return tagged((primitive ? 0x80 : 0xa0) | place, content)
}
