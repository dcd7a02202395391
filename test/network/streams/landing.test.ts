/** Where connections are made to instead of where programs dialled: the whole table. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { insideNetwork } from "../../../src/kernel/inside-network.ts"
import { landingOf } from "../../../src/network/streams/landing.ts"

const hostPorts = new Set([5432])

function number(text: string): number {
  return text.split(".").reduce((all, part) => all * 256 + Number(part), 0)
}
function text(address: number): string {
  return [24, 16, 8, 0].map(shift => (address >>> shift) & 0xff).join(".")
}

/** "" for a connection that is made as it was dialled. */
function lands(address: string, port: number): string {
  const ipv4 = address.includes(":") ? undefined : number(address)
  const landing = landingOf({ address, ipv4, port }, hostPorts)
  return landing === undefined ? "" : `${text(landing.address)} ${landing.port}`
}

describe("an address of our own names", () => {
  test.each(["198.18.1.0", "198.18.5.6", "198.19.255.255", "198.18.0.0", "198.18.0.2", "198.18.0.3"])(
    "%s is dialled at itself, so that the border knows the name",
    address => expect(lands(address, 443)).toBe(`${address} 1`),
  )
  test("whatever the port", () => {
    for (const port of [0, 1, 22, 53, 5432, 65535]) expect(lands("198.18.5.6", port)).toBe("198.18.5.6 1")
  })
  test("but for questions for names", () => {
    expect(lands("198.18.0.1", 53)).toBe("")
    expect(lands("198.18.0.1", 80)).toBe("198.18.0.1 1")
  })
})

describe("loopback", () => {
  test.each(["127.0.0.1", "127.255.255.254", "0.0.0.0", "::1", "::"])("%s", address => {
    expect(lands(address, 5432)).toBe("127.0.0.1 1")
    expect(lands(address, 5433)).toBe("")
    expect(lands(address, 1)).toBe("")
  })
})

describe("what is no name of ours", () => {
  test.each([
    "203.0.113.80",
    "8.8.8.8",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.0.1",
    "100.64.0.1",
    "0.0.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "240.0.0.1",
    "255.255.255.254",
    "2001:db8::1",
    "fe80::1",
    "fd00::1",
    "64:ff9b::a00:1",
    "::2",
  ])("%s is a literal address", address => expect(lands(address, 443)).toBe("198.18.0.2 1"))

  test.each(["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1", "ff00::"])(
    "%s is no single host, and there is no way to it",
    address => expect(lands(address, 443)).toBe(""),
  )
})

test("every address lands at the border's port, in its own network or on loopback, or nowhere", () => {
  const mask = number(insideNetwork.netmask)
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), fc.nat({ max: 65_535 }), (ipv4, port) => {
      const landing = landingOf({ address: text(ipv4), ipv4, port }, hostPorts)
      if (landing === undefined) return
      expect(landing.port).toBe(insideNetwork.borderPort)
      const isOwn = (landing.address & mask) >>> 0 === (number(insideNetwork.own) & mask) >>> 0
      expect(isOwn || landing.address === number("127.0.0.1")).toBe(true)
    }),
  )
})
