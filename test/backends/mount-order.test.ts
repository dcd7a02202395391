import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { soonestOrder } from "../../src/backends/mount-order.ts"
import { isWithin } from "../../src/base/path.ts"
import type { Mount } from "../../src/plan/launch-plan.ts"

const why = "a rule"
const host = (path: string): Mount => ({ kind: "host", path, access: "read", why })
const hidden = (path: string): Mount => ({ kind: "hidden-directory", path, passable: false, why })
const sealed = (path: string): Mount => ({ kind: "sealed", path, why })
const file = (path: string): Mount => ({ kind: "hidden-file", path, why })
const own = (path: string): Mount => ({ kind: "directory", path, mode: 0o700, why })

/** `hidden /a`, one after the other. */
const said = (mounts: readonly Mount[]) => mounts.map(({ kind, path }) => `${kind} ${path}`)

describe("hidden directories", () => {
  test("go behind what is mounted elsewhere, in their own order", () => {
    const mounts = [host("/"), hidden("/b"), hidden("/a"), host("/c"), file("/d"), hidden("/c/e")]
    expect(said(soonestOrder(mounts))).toEqual([
      ...["host /", "host /c", "hidden-file /d"],
      ...["hidden-directory /b", "hidden-directory /a", "hidden-directory /c/e"],
    ])
  })

  test("stay where they are when something is mounted below them, however far", () => {
    const mounts = [host("/"), hidden("/a"), host("/b"), host("/a/b/c/d"), own("/b/x"), hidden("/b/x/y")]
    expect(soonestOrder(mounts)).toEqual(mounts)
  })

  test("below each other stay below each other", () => {
    const mounts = [hidden("/a"), hidden("/a/b/c"), host("/b")]
    expect(said(soonestOrder(mounts))).toEqual(["hidden-directory /a", "host /b", "hidden-directory /a/b/c"])
  })

  test("stay where they are when something else is mounted over them", () => {
    const mounts = [hidden("/run/user/1"), host("/b"), own("/run/user/1")]
    expect(soonestOrder(mounts)).toEqual(mounts)
  })

  test("are told from those that only begin with the same letters", () => {
    expect(said(soonestOrder([hidden("/a"), host("/ab"), host("/a.b/c")]))).toEqual([
      ...["host /ab", "host /a.b/c", "hidden-directory /a"],
    ])
  })
})

test("what is sealed comes last, in its own order", () => {
  const mounts = [host("/"), sealed("/a"), hidden("/b"), sealed("/b"), host("/c")]
  expect(said(soonestOrder(mounts))).toEqual([
    "host /",
    "host /c",
    "hidden-directory /b",
    "sealed /a",
    "sealed /b",
  ])
})

test("what is sealed does not keep a hidden directory from going last", () => {
  const mounts = [hidden("/a"), host("/b"), sealed("/a/b"), sealed("/a")]
  expect(said(soonestOrder(mounts))).toEqual(["host /b", "hidden-directory /a", "sealed /a/b", "sealed /a"])
})

test("nothing is nothing, and the root stays first", () => {
  expect(soonestOrder([])).toEqual([])
  expect(said(soonestOrder([hidden("/"), host("/a")]))).toEqual(["hidden-directory /", "host /a"])
})

describe("of any mounts", () => {
  const path = fc.array(fc.constantFrom("a", "b", "ab"), { maxLength: 4 }).map(names => `/${names.join("/")}`)
  const mount = fc
    .tuple(fc.constantFrom(host, hidden, hidden, sealed, file, own), path)
    .map(([make, at]) => make(at))
  const mounts = fc.array(mount, { maxLength: 14 })

  test("each is there once", () => {
    const sorted = (list: readonly Mount[]) => said(list).sort()
    fc.assert(fc.property(mounts, list => expect(sorted(soonestOrder(list))).toEqual(sorted(list))))
  })

  test("what stands on or below another place keeps its turn, and so nothing shows that was hidden", () => {
    fc.assert(
      fc.property(mounts, all => {
        const list = all.filter(({ kind }) => kind !== "sealed")
        const turn = new Map(soonestOrder(list).map((each, index) => [each, index]))
        for (const [index, first] of list.entries())
          for (const then of list.slice(index + 1))
            if (isWithin(then.path, first.path))
              expect(turn.get(first) ?? 0).toBeLessThan(turn.get(then) ?? 0)
      }),
    )
  })

  test("what it gives, it leaves as it is", () => {
    fc.assert(
      fc.property(mounts, list => expect(soonestOrder(soonestOrder(list))).toEqual(soonestOrder(list))),
    )
  })
})
