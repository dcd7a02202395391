import { describe, expect, test } from "bun:test"
import { Arrivals, arrivalKey } from "../../src/network/arrivals.ts"
import type { Dial } from "../../src/network/streams/dial.ts"

const long = { connectionMs: 60_000, dialMs: 60_000 }

function dialTo(address: string): Dial {
  return { from: { address: "198.18.0.1", port: 1 }, to: { address, port: 80 }, process: 1, program: "" }
}

/** Connections are texts here. */
function setUp(patience = long) {
  const matched: string[] = []
  const lost: string[] = []
  const arrivals = new Arrivals<string>(
    patience,
    (connection, dial) => void matched.push(`${connection} ${dial.to.address}`),
    connection => void lost.push(connection),
  )
  return { arrivals, matched, lost }
}

describe("a connection and its dial", () => {
  test("find each other when the connection is first", () => {
    const { arrivals, matched } = setUp()
    arrivals.arrived("a", "one")
    expect(matched).toEqual([])
    arrivals.dialled("a", dialTo("10.0.0.1"))
    expect(matched).toEqual(["one 10.0.0.1"])
    arrivals.close()
  })

  test("find each other when the dial is first", () => {
    const { arrivals, matched } = setUp()
    arrivals.dialled("a", dialTo("10.0.0.1"))
    arrivals.arrived("a", "one")
    expect(matched).toEqual(["one 10.0.0.1"])
    arrivals.close()
  })

  test("belong together once", () => {
    const { arrivals, matched } = setUp()
    arrivals.dialled("a", dialTo("10.0.0.1"))
    arrivals.arrived("a", "one")
    arrivals.arrived("a", "two")
    expect(matched).toEqual(["one 10.0.0.1"])
    arrivals.close()
  })

  test("of a port that is used again go in their order", () => {
    const { arrivals, matched } = setUp()
    arrivals.arrived("a", "one")
    arrivals.arrived("a", "two")
    arrivals.dialled("a", dialTo("10.0.0.1"))
    arrivals.dialled("a", dialTo("10.0.0.2"))
    arrivals.dialled("a", dialTo("10.0.0.3"))
    arrivals.arrived("a", "three")
    expect(matched).toEqual(["one 10.0.0.1", "two 10.0.0.2", "three 10.0.0.3"])
    arrivals.close()
  })

  test("of different ports never meet", () => {
    const { arrivals, matched } = setUp()
    arrivals.arrived("a", "one")
    arrivals.dialled("b", dialTo("10.0.0.1"))
    expect(matched).toEqual([])
    arrivals.close()
  })
})

describe("what stays alone", () => {
  test("a connection is given up", async () => {
    const { arrivals, matched, lost } = setUp({ connectionMs: 20, dialMs: 60_000 })
    arrivals.arrived("a", "one")
    while (lost.length === 0) await Bun.sleep(5)
    expect(lost).toEqual(["one"])
    arrivals.dialled("a", dialTo("10.0.0.1"))
    expect(matched).toEqual([])
    arrivals.close()
  })

  test("a dial is forgotten, and nobody hears of it", async () => {
    const { arrivals, matched, lost } = setUp({ connectionMs: 60_000, dialMs: 20 })
    arrivals.dialled("a", dialTo("10.0.0.1"))
    await Bun.sleep(100)
    arrivals.arrived("a", "one")
    expect(matched).toEqual([])
    expect(lost).toEqual([])
    arrivals.close()
  })

  test("of two connections of one port the first is given up first", async () => {
    const { arrivals, lost } = setUp({ connectionMs: 30, dialMs: 60_000 })
    arrivals.arrived("a", "one")
    arrivals.arrived("a", "two")
    while (lost.length < 2) await Bun.sleep(5)
    expect(lost).toEqual(["one", "two"])
    arrivals.close()
  })

  test("one that was matched is not given up later", async () => {
    const { arrivals, matched, lost } = setUp({ connectionMs: 20, dialMs: 20 })
    arrivals.arrived("a", "one")
    arrivals.dialled("a", dialTo("10.0.0.1"))
    await Bun.sleep(60)
    expect(matched).toEqual(["one 10.0.0.1"])
    expect(lost).toEqual([])
  })

  test("a flood of dials takes no more memory than so many", () => {
    const { arrivals, matched } = setUp()
    for (let port = 0; port < 20_000; port++) arrivals.dialled(String(port), dialTo("10.0.0.1"))
    // The oldest have gone, the newest are there.
    arrivals.arrived("0", "old")
    arrivals.arrived("19999", "new")
    expect(matched).toEqual(["new 10.0.0.1"])
    arrivals.close()
  })

  test("a flood of dials from one port takes none either", () => {
    const { arrivals, matched } = setUp()
    for (let dial = 1; dial <= 1000; dial++) arrivals.dialled("a", dialTo(`10.0.0.${dial}`))
    for (const connection of ["one", "two", "three", "four", "five"]) arrivals.arrived("a", connection)
    expect(matched).toEqual(["one 10.0.0.997", "two 10.0.0.998", "three 10.0.0.999", "four 10.0.0.1000"])
    arrivals.close()
  })

  test("nothing is told after the end", async () => {
    const { arrivals, lost } = setUp({ connectionMs: 10, dialMs: 10 })
    arrivals.arrived("a", "one")
    arrivals.dialled("b", dialTo("10.0.0.1"))
    arrivals.close()
    await Bun.sleep(50)
    expect(lost).toEqual([])
  })
})

describe("the key", () => {
  test("tells connections from one port to two addresses apart", () => {
    expect(arrivalKey("198.18.0.1", 40_000, "198.18.1.1")).not.toBe(
      arrivalKey("198.18.0.1", 40_000, "198.18.1.2"),
    )
    expect(arrivalKey("198.18.0.1", 40_000, "198.18.1.1")).not.toBe(
      arrivalKey("198.18.0.1", 40_001, "198.18.1.1"),
    )
    expect(arrivalKey("198.18.0.1", 1, "198.18.1.1")).not.toBe(arrivalKey("198.18.0.11", 1, "98.18.1.1"))
  })

  test("is the same for an IPv4 address within an IPv6 one", () => {
    expect(arrivalKey("::ffff:198.18.0.1", 1, "::FFFF:198.18.1.1")).toBe(
      arrivalKey("198.18.0.1", 1, "198.18.1.1"),
    )
  })
})
