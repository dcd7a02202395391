/** Which addresses have to be named to be reached: every range at both of its ends, and just outside of them. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { type Address, addressText, parseAddress } from "../../src/base/address.ts"
import { embeddedIn, guardOf, isInRange, parseRange } from "../../src/policy/address-ranges.ts"

function address(text: string): Address {
  const parsed = parseAddress(text)
  if (parsed === undefined) throw new Error(`${text} is no address`)
  return parsed
}

/** What guards the address, "" when it is public. */
function guard(text: string, ...own: string[]): string {
  return guardOf(address(text), own.map(address))?.what ?? ""
}

/** The first and the last address of a range, and their neighbours. */
function ends(text: string): {
  first: string
  last: string
  before: string | undefined
  after: string | undefined
} {
  const { width, bits, length } = parseRange(text)
  const size = 1n << BigInt(width - length)
  const at = (value: bigint) => addressText({ width, bits: value })
  return {
    first: at(bits),
    last: at(bits + size - 1n),
    before: bits === 0n ? undefined : at(bits - 1n),
    after: (bits + size) >> BigInt(width) > 0n ? undefined : at(bits + size),
  }
}

describe("ranges", () => {
  test.each([
    ["0.0.0.0/8", "address of this host"],
    ["10.0.0.0/8", "private address"],
    ["172.16.0.0/12", "private address"],
    ["192.168.0.0/16", "private address"],
    ["100.64.0.0/10", "address of a carrier's or an overlay network"],
    ["127.0.0.0/8", "loopback address"],
    ["169.254.0.0/16", "link-local address"],
    ["192.0.0.0/24", "address for protocols"],
    ["192.88.99.0/24", "6to4 relay"],
    ["198.18.0.0/15", "address for benchmarks"],
  ])("%s is closed as %s, and its neighbours are not", (range, what) => {
    const { first, last, before, after } = ends(range)
    expect(guard(first)).toBe(`${what} ${first}`)
    expect(guard(last)).toBe(`${what} ${last}`)
    if (before !== undefined) expect(guard(before)).not.toContain(what)
    if (after !== undefined) expect(guard(after)).not.toContain(what)
  })

  test.each([
    ["224.0.0.0/4", "multicast address"],
    ["240.0.0.0/4", "reserved address"],
    ["64:ff9b:1::/48", "local NAT64 address"],
    ["100::/64", "discard address"],
    ["2001:10::/28", "ORCHID"],
    ["2001:20::/28", "ORCHID"],
    ["5f00::/16", "segment routing address"],
    ["fc00::/7", "private address"],
    ["fe80::/10", "link-local address"],
    ["fec0::/10", "site-local address"],
    ["ff00::/8", "multicast address"],
    ["::1", "loopback address"],
    ["::", "address of this host"],
    // overlay networks and what nobody has been given
    ["200::/7", "address outside the public ranges"],
    ["4000::/2", "address outside the public ranges"],
    ["8000::/2", "address outside the public ranges"],
  ])("%s is closed as %s, whatever its neighbours are", (range, what) => {
    const { first, last } = ends(range)
    expect(guard(first)).toBe(`${what} ${first}`)
    expect(guard(last)).toBe(`${what} ${last}`)
  })

  test.each([
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2000::",
    "2606:4700:4700::1111",
    "2a00:1450:4001::200e",
    "3ffe::1",
  ])("%s is public", text => {
    expect(guard(text)).toBe("")
  })

  test.each(["192.0.2.1", "198.51.100.1", "203.0.113.80", "2001:db8::1", "3fff::1"])(
    "%s, of a documentation range, is nobody's and open",
    text => {
      expect(guard(text)).toBe("")
    },
  )
})

describe("metadata services", () => {
  const services = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "169.254.169.253",
    "169.254.42.42",
    "169.254.0.23",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd00:ec2::253",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fd00:42::42",
    "fd00:a9fe:a9fe::1",
    "fd00:100::100:200",
  ]

  test.each(services)("%s is opened by itself only", text => {
    const guarded = guardOf(address(text), [])
    expect(guarded?.what).toMatch(/^(metadata|credentials) service|^name server|^wire server/)
    expect(guarded?.range).toEqual({ ...address(text), length: address(text).width })
  })

  test("their neighbours are opened by their range, or public", () => {
    expect(guard("169.254.169.255")).toBe("link-local address 169.254.169.255")
    expect(guard("100.100.100.201")).toBe("address of a carrier's or an overlay network 100.100.100.201")
    expect(guard("168.63.129.17")).toBe("")
  })
})

describe("addresses that lead to an IPv4 address", () => {
  const of = (bits: string) => address(bits)
  test.each([
    ["64:ff9b::10.0.0.1", ["10.0.0.1"]],
    ["::ffff:0:10.0.0.1", ["10.0.0.1"]],
    ["::10.0.0.1", ["10.0.0.1"]],
    ["2002:a00:1::", ["10.0.0.1"]],
    ["2002:a00:1:ffff:ffff:ffff:ffff:ffff", ["10.0.0.1"]],
    // Teredo: server 65.54.227.120, client 192.0.2.45 (RFC 4380, section 4)
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", ["65.54.227.120", "192.0.2.45"]],
    ["2001:db8::1", []],
    ["10.0.0.1", []],
  ])("%s leads to %j", (text, inner) => {
    expect(embeddedIn(of(text)).map(addressText)).toEqual(inner)
  })

  test.each([
    ["64:ff9b::10.0.0.1", "private address 10.0.0.1 in 64:ff9b::a00:1"],
    [
      "64:ff9b::169.254.169.254",
      "metadata service of AWS, Azure, Google and others 169.254.169.254 in 64:ff9b::a9fe:a9fe",
    ],
    ["64:ff9b::168.63.129.16", "wire server of Azure 168.63.129.16 in 64:ff9b::a83f:8110"],
    ["2002:7f00:1::", "loopback address 127.0.0.1 in 2002:7f00:1::"],
    [
      "2001:0:4136:e378:8000:63bf:f5ff:fffe",
      "private address 10.0.0.1 in 2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ],
    ["2001:0:a00:1:8000:63bf:f7f7:f7f7", "private address 10.0.0.1 in 2001:0:a00:1:8000:63bf:f7f7:f7f7"],
    ["::ffff:0:192.168.1.1", "private address 192.168.1.1 in ::ffff:0:c0a8:101"],
    ["::192.168.1.1", "private address 192.168.1.1 in ::c0a8:101"],
    ["::ffff:127.0.0.1", "loopback address 127.0.0.1"],
  ])("%s is closed: %s", (text, what) => {
    expect(guard(text)).toBe(what)
  })

  test.each([
    "64:ff9b::8.8.8.8",
    "::ffff:0:8.8.8.8",
    "2002:808:808::1",
    "2001:0:808:808::f7f7:f7f7",
    "::ffff:8.8.8.8",
  ])("%s is as open as what it leads to", text => {
    expect(guard(text)).toBe("")
  })

  test("whatever guards an IPv4 address guards every way to it", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), value => {
        const bits = BigInt(value)
        const plain = guardOf({ width: 32, bits }, []) !== undefined
        const public4 = 0x08080808n
        const ways: bigint[] = [
          (0x0064ff9bn << 96n) | bits,
          (0xffffn << 48n) | bits,
          (0x2002n << 112n) | (bits << 80n),
          (0x20010000n << 96n) | (bits << 64n) | (public4 ^ 0xffffffffn),
          (0x20010000n << 96n) | (public4 << 64n) | (bits ^ 0xffffffffn),
        ]
        for (const way of ways)
          expect([
            addressText({ width: 128, bits: way }),
            guardOf({ width: 128, bits: way }, []) !== undefined,
          ]).toEqual([addressText({ width: 128, bits: way }), plain])
      }),
      { numRuns: 2000 },
    )
  })
})

describe("this machine's own addresses", () => {
  test("are closed, public ones and those that lead there too", () => {
    expect(guard("203.0.113.7", "203.0.113.7")).toBe("this machine's own address 203.0.113.7")
    expect(guard("2a00::7", "203.0.113.7", "2a00::7")).toBe("this machine's own address 2a00::7")
    expect(guard("64:ff9b::203.0.113.7", "203.0.113.7")).toContain("this machine's own address 203.0.113.7")
    expect(guard("203.0.113.8", "203.0.113.7")).toBe("")
  })

  test("are opened by themselves only, also within a private range", () => {
    const guarded = guardOf(address("192.168.1.5"), [address("192.168.1.5")])
    expect(guarded?.range.length).toBe(32)
    expect(guardOf(address("192.168.1.6"), [address("192.168.1.5")])?.range.length).toBe(16)
  })
})

describe("a range in a range", () => {
  test.each([
    ["10.1.0.0/16", "10.0.0.0/8", true],
    ["10.0.0.0/8", "10.0.0.0/8", true],
    ["10.0.0.0/7", "10.0.0.0/8", false],
    ["0.0.0.0/0", "10.0.0.0/8", false],
    ["11.0.0.0/16", "10.0.0.0/8", false],
    ["10.0.0.1", "10.0.0.1/32", true],
    ["fd00::/8", "fc00::/7", true],
    ["::/0", "fc00::/7", false],
    ["10.0.0.0/8", "::/0", false],
  ] as const)("%s in %s: %p", (inner, outer, expected) => {
    expect(isInRange(parseRange(inner), parseRange(outer))).toBe(expected)
  })

  test("what is no range is a mistake of ours", () => {
    expect(() => parseRange("github.com")).toThrow("bug")
  })
})

test("no address is both public and in a guarded range, and the answer is always the same", () => {
  const bits = fc
    .tuple(fc.bigInt(0n, (1n << 128n) - 1n), fc.nat(128))
    .map(([value, shift]) => value >> BigInt(shift))
  fc.assert(
    fc.property(bits, value => {
      const target = { width: 128, bits: value } as const
      const first = guardOf(target, [])
      expect(guardOf(target, [])).toEqual(first as never)
      const global = value >> 125n === 1n
      if (first === undefined) expect(global || embeddedIn(target).length > 0).toBe(true)
      else expect(isInRange(target, first.range)).toBe(true)
    }),
    { numRuns: 3000 },
  )
})
