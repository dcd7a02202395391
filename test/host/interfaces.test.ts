import { describe, expect, test } from "bun:test"
import { networkInterfaces } from "node:os"
import { addressesOf, interfaceAddresses } from "../../src/host/interfaces.ts"

describe("an interface", () => {
  test.each([
    ["192.168.1.5", "192.168.1.5/24", ["192.168.1.5", "192.168.1.255"]],
    ["10.1.2.3", "10.1.2.3/8", ["10.1.2.3", "10.255.255.255"]],
    ["203.0.113.7", "203.0.113.7/30", ["203.0.113.7", "203.0.113.7"]],
    // networks of two addresses and of one have no broadcast address (RFC 3021)
    ["10.0.0.1", "10.0.0.1/31", ["10.0.0.1"]],
    ["10.0.0.1", "10.0.0.1/32", ["10.0.0.1"]],
    ["10.0.0.1", "", ["10.0.0.1"]],
    ["2001:DB8:0:0::1", "2001:db8::1/64", ["2001:db8::1"]],
    ["fe80::1%eth0", "fe80::1%eth0/64", ["fe80::1"]],
    // loopback is guarded as a range
    ["127.0.0.1", "127.0.0.1/8", []],
    ["127.0.0.2", "127.0.0.2/8", []],
    ["::1", "::1/128", []],
    // what somebody has put on the loopback interface is reached there all the same
    ["198.51.100.9", "198.51.100.9/32", ["198.51.100.9"]],
    ["", "", []],
  ])("with %s of %s: %j", (address, cidr, expected) => {
    expect(addressesOf(address, cidr)).toEqual(expected)
  })
})

test("this machine's are all there, and each once", () => {
  const found = interfaceAddresses()
  expect(found).toEqual([...new Set(found)])
  const own = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  for (const { address, family } of own)
    if (family === "IPv4" && !address.startsWith("127.")) expect(found).toContain(address)
  expect(found).not.toContain("127.0.0.1")
  expect(found).not.toContain("::1")
})
