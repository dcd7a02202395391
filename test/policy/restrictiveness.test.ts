import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { SettingName, Settings } from "../../src/policy/layer.ts"
import { accesses } from "../../src/policy/layer.ts"
import { bytesOf, permissiveness, secondsOf, stricterAccess } from "../../src/policy/restrictiveness.ts"

describe("permissiveness", () => {
  /** Each setting's values, from the one that allows least. */
  const ladders: { [Name in SettingName]: Settings[Name][] } = {
    strict: [true, false],
    readonly: [true, false],
    home: ["deny", "read", "write"],
    live: ["strict", "standard"],
    networkMode: ["off", "filtered", "open"],
    ask: ["never", "unlisted"],
    askTimeout: ["1s", "60s", "1h"],
    environmentMode: ["clean", "scrub", "inherit"],
    nestedUserns: ["deny", "allow"],
    memory: ["0", "100", "1KB", "1023kb", "1MB", "1.5 MiB", "1GB", "1025MB", "1T", "2TB"],
    cpus: [0.5, 1, 1.5, 64],
    processes: [1, 100, 100_000],
    time: ["0s", "90s", "2m", "1h", "90m", "1h30m30s", "2h", "1d", "25h"],
  }

  test.each(Object.keys(ladders) as SettingName[])("of %s goes up from value to value", name => {
    const amounts = ladders[name].map(value => permissiveness(name, value as Settings[typeof name]))
    expect(amounts).toEqual([...new Set(amounts)].sort((a, b) => a - b))
    expect(amounts.every(Number.isFinite)).toBe(true)
    expect(amounts.every(amount => amount >= 0)).toBe(true)
  })
})

describe("stricterAccess", () => {
  test.each([
    ["deny", "write", "deny"],
    ["write", "deny", "deny"],
    ["deny", "private", "deny"],
    ["private", "read", "private"],
    ["read", "write", "read"],
    ["write", "write", "write"],
  ] as const)("of %s and %s is %s", (a, b, stricter) => {
    expect(stricterAccess(a, b)).toBe(stricter)
  })

  test("does not depend on the order, and no access is stricter than deny", () => {
    const access = fc.constantFrom(...accesses)
    fc.assert(
      fc.property(access, access, access, (a, b, c) => {
        expect(stricterAccess(a, b)).toBe(stricterAccess(b, a))
        expect(stricterAccess(stricterAccess(a, b), c)).toBe(stricterAccess(a, stricterAccess(b, c)))
        expect(stricterAccess(a, "deny")).toBe("deny")
        expect(stricterAccess(a, "write")).toBe(a)
      }),
    )
  })
})

test.each([
  ["0", 0],
  ["100", 100],
  ["100B", 100],
  ["1K", 1024],
  ["1KB", 1024],
  ["1KiB", 1024],
  ["1kb", 1024],
  ["512MiB", 512 * 1024 ** 2],
  ["8GB", 8 * 1024 ** 3],
  ["8 GB", 8 * 1024 ** 3],
  ["8g", 8 * 1024 ** 3],
  ["1.5G", 1.5 * 1024 ** 3],
  ["0.5KB", 512],
  ["2TiB", 2 * 1024 ** 4],
])("%s is %p bytes", (size, bytes) => {
  expect(bytesOf(size)).toBe(bytes)
})

test.each([
  ["90s", 90],
  ["2m", 120],
  ["2h", 7200],
  ["1d", 86_400],
  ["1h30m", 5400],
  ["1d1h1m1s", 90_061],
  ["1.5h", 5400],
  ["0.5s", 0.5],
  ["30m1h", 5400],
  ["1m1m", 120],
  ["0s", 0],
])("%s is %p seconds", (duration, seconds) => {
  expect(secondsOf(duration)).toBe(seconds)
})
