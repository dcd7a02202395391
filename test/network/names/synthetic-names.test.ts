import { describe, expect, test } from "bun:test"
import { SyntheticNames } from "../../../src/network/names/synthetic-names.ts"

/** Names on a clock that stands still until the test moves it. */
function namesOn(bounds: { namesMax?: number; charactersMax?: number } = {}) {
  const clock = { ms: 1000 }
  const names = new SyntheticNames({ askedMs: 100, dialledMs: 1000, now: () => clock.ms, ...bounds })
  return { clock, names }
}

function fill(names: SyntheticNames, count: number, label = "x"): (string | undefined)[] {
  return Array.from({ length: count }, (_, index) => names.addressOf(`${label}${index}.example`))
}

describe("an address", () => {
  test("is one of the sandbox's own network, from 198.18.1.1 on", () => {
    const { names } = namesOn()
    expect([names.addressOf("a.example"), names.addressOf("b.example")]).toEqual(["198.18.1.1", "198.18.1.2"])
  })

  test("stays with its name for the whole session", () => {
    const { names, clock } = namesOn()
    const first = names.addressOf("a.example")
    fill(names, 1000)
    clock.ms += 1e9
    expect(names.addressOf("a.example")).toBe(first)
    expect(names.nameOf(first ?? "")).toBe("a.example")
  })

  test("never ends in 0 or 255, is of the range, and is nobody else's", () => {
    const names = new SyntheticNames()
    const addresses = fill(names, 65_536)
    expect(new Set(addresses).size).toBe(65_536)
    expect(
      addresses.filter(
        address => !/^198\.(18|19)\.\d+\.([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-4])$/.test(address ?? ""),
      ),
    ).toEqual([])
    expect(addresses.at(-1)).toBe("198.19.3.4")
    expect(addresses.filter(address => address?.startsWith("198.18.0."))).toEqual([])
    expect(addresses.map(address => names.nameOf(address ?? ""))).toEqual(
      addresses.map((_, index) => `x${index}.example`),
    )
  })
})

describe("a name", () => {
  test("is found by its address, and by no other spelling of it", () => {
    const { names } = namesOn()
    names.addressOf("a.example")
    expect(names.nameOf("198.18.1.1")).toBe("a.example")
    const others = [
      "198.18.1.01",
      "198.18.257",
      "198.18.1.1.",
      " 198.18.1.1",
      "0306.18.1.1",
      "::ffff:198.18.1.1",
    ]
    expect(others.flatMap(address => names.nameOf(address) ?? [])).toEqual([])
  })

  test.each([
    ["the sandbox's own address", "198.18.0.1"],
    ["one that is nobody's yet", "198.18.1.2"],
    ["one that is never given", "198.18.1.255"],
    ["the last of the range", "198.19.255.254"],
    ["one below the range", "198.17.255.1"],
    ["one above the range", "198.20.1.1"],
    ["another network's", "10.18.1.1"],
    ["no address", "a.example"],
    ["nothing", ""],
    ["numbers that are none", "198.18.1.NaN"],
    ["a negative one", "198.18.1.-1"],
    ["a fraction", "198.18.1.1.5"],
  ])("none has %s", (_, address) => {
    const { names } = namesOn()
    names.addressOf("a.example")
    expect(names.nameOf(address)).toBeUndefined()
    expect(names.dialled(address)).toBeUndefined()
  })

  test("may be one that every object of JavaScript has", () => {
    const { names } = namesOn()
    for (const name of ["constructor", "__proto__", "tostring"])
      expect(names.nameOf(names.addressOf(name) ?? "")).toBe(name)
  })
})

describe("when every address is taken", () => {
  test("there is none for another name while all were asked for a short time ago", () => {
    const { names, clock } = namesOn({ namesMax: 3 })
    expect(fill(names, 3)).not.toContain(undefined)
    clock.ms += 99
    expect(names.addressOf("late.example")).toBeUndefined()
    expect(names.addressOf("x0.example")).toBe("198.18.1.1")
  })

  test("the one that was used least recently goes", () => {
    const { names, clock } = namesOn({ namesMax: 3 })
    fill(names, 3)
    clock.ms += 50
    names.addressOf("x0.example")
    clock.ms += 50
    expect(names.addressOf("late.example")).toBe("198.18.1.2")
    expect(names.nameOf("198.18.1.2")).toBe("late.example")
    expect(names.nameOf("198.18.1.1")).toBe("x0.example")
    expect(names.addressOf("x1.example")).toBe("198.18.1.3")
  })

  test("a name that somebody dialled stays for longer", () => {
    const { names, clock } = namesOn({ namesMax: 3 })
    fill(names, 3)
    expect(names.dialled("198.18.1.1")).toBe("x0.example")
    clock.ms += 100
    expect(fill(names, 2, "flood")).toEqual(["198.18.1.2", "198.18.1.3"])
    expect(names.addressOf("more.example")).toBeUndefined()
    expect(names.nameOf("198.18.1.1")).toBe("x0.example")
    clock.ms += 899
    for (const name of ["flood0.example", "flood1.example"]) names.addressOf(name)
    expect(names.addressOf("more.example")).toBeUndefined()
    clock.ms += 1
    expect(names.addressOf("more.example")).toBe("198.18.1.1")
  })

  test("a dialled name that is asked for again stays one that was dialled", () => {
    const { names, clock } = namesOn({ namesMax: 1 })
    names.addressOf("a.example")
    names.dialled("198.18.1.1")
    clock.ms += 1
    names.addressOf("a.example")
    clock.ms += 999
    expect(names.addressOf("b.example")).toBeUndefined()
    clock.ms += 1
    expect(names.addressOf("b.example")).toBe("198.18.1.1")
  })

  test("looking at a name does not keep it", () => {
    const { names, clock } = namesOn({ namesMax: 1 })
    names.addressOf("a.example")
    clock.ms += 100
    expect(names.nameOf("198.18.1.1")).toBe("a.example")
    expect(names.addressOf("b.example")).toBe("198.18.1.1")
    expect(names.nameOf("198.18.1.1")).toBe("b.example")
  })

  test("long names fill it sooner: as many go as the new one needs", () => {
    const { names, clock } = namesOn({ charactersMax: 30 })
    for (const name of ["a.example", "b.example", "c.example"]) expect(names.addressOf(name)).toBeString()
    expect(names.addressOf("long.example")).toBeUndefined()
    clock.ms += 100
    expect(names.addressOf("long.example")).toBe("198.18.1.1")
    expect([1, 2, 3].map(last => names.nameOf(`198.18.1.${last}`))).toEqual([
      "long.example",
      "b.example",
      "c.example",
    ])
    expect(names.addressOf("d".repeat(18))).toBe("198.18.1.3")
    expect([1, 2, 3].map(last => names.nameOf(`198.18.1.${last}`))).toEqual([
      "long.example",
      undefined,
      "d".repeat(18),
    ])
  })

  test("a name that is longer than all names together may be has none", () => {
    const { names, clock } = namesOn({ charactersMax: 5 })
    clock.ms += 1e9
    expect(names.addressOf("toolong")).toBeUndefined()
    expect(names.addressOf("short")).toBe("198.18.1.1")
  })
})

test("a flood of names takes a bounded number of addresses, and memory", () => {
  const { names, clock } = namesOn({ namesMax: 1000 })
  const seen = new Set<string | undefined>()
  for (let index = 0; index < 20_000; index++) {
    clock.ms += 1
    seen.add(names.addressOf(`flood${index}.example`))
  }
  expect(seen.size).toBeLessThanOrEqual(1001)
  expect(seen).toContain("198.18.1.1")
})
