/** Addresses as programs write them, and as the kernel reads them: struct sockaddr_in and its kind. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { families } from "../../src/kernel/sockets.ts"
import { internetAddress, writeIpv4 } from "../../src/live/socket-address.ts"

const { internet, internet6 } = families

function ipv4(address: readonly number[], port: number, family: number = internet): Buffer {
  const bytes = Buffer.alloc(128)
  bytes.writeUInt16LE(family)
  bytes.writeUInt16BE(port, 2)
  bytes.set(address, 4)
  return bytes
}

function ipv6(groups: string, port: number): Buffer {
  const bytes = Buffer.alloc(128)
  bytes.writeUInt16LE(internet6)
  bytes.writeUInt16BE(port, 2)
  bytes.writeUInt32BE(0xdead_beef, 4)
  bytes.write(groups.replaceAll(" ", ""), 8, "hex")
  bytes.writeUInt32LE(7, 24)
  return bytes
}

describe("IPv4", () => {
  test("address and port", () => {
    expect(internetAddress(ipv4([203, 0, 113, 80], 443), 16, internet)).toEqual({
      address: "203.0.113.80",
      ipv4: 0xcb00_7150,
      port: 443,
    })
    expect(internetAddress(ipv4([255, 255, 255, 255], 65_535), 128, internet)?.address).toBe(
      "255.255.255.255",
    )
  })
  test.each([0, 1, 2, 4, 8, 15, -1, -22])("%d bytes are too few", size =>
    expect(internetAddress(ipv4([1, 2, 3, 4], 5), size, internet)).toBeUndefined(),
  )
  test.each([0, 1, 10, 16, 65_535])("an address of family %d is none", family =>
    expect(internetAddress(ipv4([1, 2, 3, 4], 5, family), 28, internet)).toBeUndefined(),
  )
})

describe("IPv6", () => {
  test.each([
    ["2001 0db8 0000 0000 0000 0000 0000 0001", "2001:db8::1"],
    ["0000 0000 0000 0000 0000 0000 0000 0001", "::1"],
    ["0000 0000 0000 0000 0000 0000 0000 0000", "::"],
    ["2001 0db8 0000 0001 0000 0000 0000 0001", "2001:db8:0:1::1"],
    ["2001 0db8 0000 0001 0000 0001 0000 0001", "2001:db8:0:1:0:1:0:1"],
    ["fe80 0000 0000 0000 0200 5eff fe00 5301", "fe80::200:5eff:fe00:5301"],
    ["ffff ffff ffff ffff ffff ffff ffff ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["0064 ff9b 0000 0000 0000 0000 0a00 0001", "64:ff9b::a00:1"],
    ["0000 0000 0000 0000 0000 0001 0a00 0001", "::1:a00:1"],
  ])("%s is %s", (groups, address) => {
    for (const size of [24, 28, 128])
      expect(internetAddress(ipv6(groups, 80), size, internet6)).toEqual({
        address,
        ipv4: undefined,
        port: 80,
      })
  })
  test("one that is IPv4 in disguise is IPv4", () => {
    expect(internetAddress(ipv6("0000 0000 0000 0000 0000 ffff cb00 7150", 80), 28, internet6)).toEqual({
      address: "203.0.113.80",
      ipv4: 0xcb00_7150,
      port: 80,
    })
  })
  test.each([0, 2, 16, 23])("%d bytes are too few", size =>
    expect(internetAddress(ipv6("0".repeat(32), 5), size, internet6)).toBeUndefined(),
  )
  test("an IPv4 address is none for such a socket", () =>
    expect(internetAddress(ipv4([1, 2, 3, 4], 5), 28, internet6)).toBeUndefined())
})

test("what is written is read again, for both kinds of sockets", () => {
  const bytes = Buffer.alloc(128, 0xff)
  fc.assert(
    fc.property(
      fc.nat({ max: 0xffff_ffff }),
      fc.nat({ max: 65_535 }),
      fc.constantFrom(internet, internet6),
      (address, port, domain) => {
        const size = writeIpv4(bytes, domain, { address, port })
        expect(size).toBe(domain === internet ? 16 : 28)
        expect(internetAddress(bytes, size, domain)).toMatchObject({ ipv4: address, port })
        // No scope, no flow of another address that stood there.
        expect(bytes.subarray(domain === internet ? 8 : 24, size).every(byte => byte === 0)).toBe(true)
      },
    ),
  )
})
