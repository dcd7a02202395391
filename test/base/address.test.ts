/** Addresses in every spelling that some program understands, against the C library where it understands them. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { addressText, oddAddress, parseAddress } from "../../src/base/address.ts"

function canonical(text: string): string | undefined {
  const address = parseAddress(text)
  return address && addressText(address)
}

describe("the one spelling", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["::", "::"],
    ["::1", "::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1::", "1::"],
    ["2001:DB8::A", "2001:db8::a"],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
    // RFC 5952, section 4.2: the longest run, the first of equals, and never a single zero
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:0:0:2:0:0:3:4", "1::2:0:0:3:4"],
    // IPv4 in disguise is IPv4
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::FFFF:a00:1", "10.0.0.1"],
    ["0:0:0:0:0:ffff:7f00:1", "127.0.0.1"],
    // and these are not
    ["::10.0.0.1", "::a00:1"],
    ["64:ff9b::10.0.0.1", "64:ff9b::a00:1"],
    ["1::ffff:10.0.0.1", "1::ffff:a00:1"],
  ])("of %s is %s", (text, expected) => {
    expect(canonical(text)).toBe(expected)
  })

  test("is its own spelling, and the runtime agrees", () => {
    const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(groups, parts => {
        const text = canonical(parts.map(part => part.toString(16)).join(":")) ?? ""
        expect(canonical(text)).toBe(text)
        // URLs write IPv6 addresses as RFC 5952 does, and IPv4 ones in IPv6 without dots.
        if (!parts.slice(0, 5).every(part => part === 0) || parts[5] !== 0xffff)
          expect(new URL(`http://[${text}]`).hostname).toBe(`[${text}]`)
      }),
      { numRuns: 2000 },
    )
  })
})

describe("odd spellings", () => {
  test.each([
    ["127.1", "127.0.0.1"],
    ["127.0.1", "127.0.0.1"],
    ["10.258", "10.0.1.2"],
    ["10.1.258", "10.1.1.2"],
    ["0x7f.1", "127.0.0.1"],
    ["0X7F.0x1", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["017700000001", "127.0.0.1"],
    ["0177.0.0.01", "127.0.0.1"],
    ["127.0.0.1.", "127.0.0.1"],
    ["0", "0.0.0.0"],
    ["4294967295", "255.255.255.255"],
    ["1.16777215", "1.255.255.255"],
    ["169.254.43518", "169.254.169.254"],
  ])("%s is %s", (text, expected) => {
    expect(oddAddress(text)).toBe(expected)
    expect(canonical(text)).toBe(expected)
  })

  test.each([
    "",
    ".",
    "1..1",
    "1.2.3.4.5",
    "256.1",
    "1.16777216",
    "1.2.65536",
    "1.2.3.256",
    "4294967296",
    "0x100000000",
    "08",
    "09.1.1.1",
    "0x",
    "0xg",
    "1.2.3.-4",
    "+1",
    "1e3",
    " 127.1",
    "127.1 ",
    "١.١.١.١",
    "fe80::1%eth0",
    "::1%lo",
    "[::1]",
    "::1/128",
    "a",
    "a.b",
  ])("%j is no address", text => {
    expect(parseAddress(text)).toBeUndefined()
  })

  test("a plain address is not odd", () => {
    expect([oddAddress("127.0.0.1"), oddAddress("::1"), oddAddress("github.com")]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test("are what URLs, which read them as inet_aton(3) does, say they are", () => {
    const number = fc
      .tuple(fc.nat(0xffffffff), fc.constantFrom("", "0x", "0"), fc.constantFrom(8, 16, 24, 32))
      .map(([value, prefix, width]) => {
        const bits = value >>> (32 - width)
        return `${prefix}${bits.toString(prefix === "0x" ? 16 : prefix === "0" ? 8 : 10)}`
      })
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 5 }), parts => {
        const text = parts.join(".")
        const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname : undefined
        expect([text, canonical(text)]).toEqual([text, url])
      }),
      { numRuns: 5000 },
    )
  })
})
