import { describe, expect, test } from "bun:test"
import { addressText, parseAddress } from "../../../src/base/address.ts"
import { SyntheticNames } from "../../../src/network/names/synthetic-names.ts"
import { landingOf } from "../../../src/network/streams/landing.ts"
import { arrivalOf, destinationOf } from "../../../src/network/upstream/destination.ts"

const port = 443

describe("a destination", () => {
  test("is the name whose address was dialled", () => {
    const names = new SyntheticNames()
    const address = names.addressOf("web.test") ?? ""
    expect(address).toStartWith("198.18.")
    expect(destinationOf({ address, port }, names)).toEqual({ kind: "name", host: "web.test", port })
  })

  test("counts as a use of the name", () => {
    let nowMs = 0
    const names = new SyntheticNames({ namesMax: 1, askedMs: 10, dialledMs: 1000, now: () => nowMs })
    const address = names.addressOf("web.test") ?? ""
    destinationOf({ address, port }, names)
    nowMs = 100
    expect(names.addressOf("other.test")).toBeUndefined()
    expect(names.nameOf(address)).toBe("web.test")
  })

  test.each(["198.18.0.1", "198.18.0.2", "198.19.255.255", "198.18.77.77"])(
    "%s, which no name has, is an address",
    address => {
      expect(destinationOf({ address, port }, new SyntheticNames())).toEqual({
        kind: "address",
        host: address,
        port,
      })
    },
  )

  test.each(["127.0.0.1", "127.1.2.3", "::1", "::", "0.0.0.0"])("%s is a port of the host", address => {
    expect(destinationOf({ address, port }, new SyntheticNames())).toEqual({
      kind: "host port",
      host: address,
      port,
    })
  })

  test.each(["10.0.0.1", "203.0.113.7", "2001:db8::1", "fe80::1", "128.0.0.1", "12.7.0.1"])(
    "%s is an address",
    address => {
      expect(destinationOf({ address, port }, new SyntheticNames()).kind).toBe("address")
    },
  )
})

/** What the live engine does with the same. */
function landing(address: string): string | undefined {
  const parsed = parseAddress(address)
  const ipv4 = parsed?.width === 32 ? Number(parsed.bits) : undefined
  const landed = landingOf({ address, ipv4, port }, new Set([port]))
  return landed && addressText({ width: 32, bits: BigInt(landed.address) })
}

describe("the address at which a connection arrives", () => {
  test.each([
    "198.18.1.1",
    "198.18.0.2",
    "198.19.200.7",
    "198.20.0.1",
    "198.17.255.255",
    "127.0.0.1",
    "127.5.5.5",
    "0.0.0.0",
    "::1",
    "::",
    "10.0.0.1",
    "203.0.113.7",
    "169.254.169.254",
    "2001:db8::1",
    "fe80::1",
    "198.18::1",
  ])("%s: as the live engine has it", address => {
    expect(landing(address)).toBeDefined()
    expect(arrivalOf({ address, port })).toBe(landing(address) ?? "")
  })
})
