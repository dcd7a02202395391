/** Lists that only open: a lock closes them around what it names, be that nothing. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { closableNames } from "../../src/policy/closed-lists.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { type Listed, layerOf, naiveList, sourced } from "./naive-model.ts"

const facts = { home: "/b", otherHomes: [] }

describe.each(closableNames)("%s", list => {
  const layerFor = (name: "org" | "user", { value, locked }: Listed<number>): Layer =>
    value === undefined
      ? layerOf(name, { none: locked ? [sourced(list, name, true)] : [] })
      : layerOf(name, { [list]: [sourced(value, name, locked)] })
  const org = (locked: boolean, value?: number) => layerFor("org", { value, locked })
  const user = (value?: number) => layerFor("user", { value, locked: false })
  const valuesOf = (...layers: Layer[]): unknown[] =>
    mergeLayers(layers, facts)[list].map(({ value }) => value)

  test("add up without a lock", () => {
    expect(valuesOf(org(false, 1), user(2))).toEqual([1, 2])
    expect(valuesOf(org(false), user(2))).toEqual([2])
    expect(mergeLayers([org(false, 1), user(2)], facts).closed).toEqual([])
  })

  test("are what a lock names, and the lock knows what it leaves out", () => {
    const { closed } = mergeLayers([user(2), org(true, 1), user(1)], facts)
    expect(valuesOf(user(2), org(true, 1), user(1))).toEqual([1])
    expect(closed).toMatchObject([{ list, layer: "org", source: { file: "org says so" } }])
    expect(closed[0]?.leftOut).toEqual([sourced(2)])
  })

  test("are none where the lock names none, and other lists stay open", () => {
    expect(valuesOf(org(true), user(2))).toEqual([])
    expect(valuesOf(org(true), org(true, 1), user(2))).toEqual([1])
    for (const other of closableNames.filter(name => name !== list))
      expect(mergeLayers([org(true), layerOf("user", { [other]: [sourced(2)] })], facts)[other]).toHaveLength(
        1,
      )
  })

  test("are those of the naive model", () => {
    const said = fc.record({
      value: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
      locked: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(said, { maxLength: 6 }), all => {
        expect(valuesOf(...all.map(each => layerFor(each.locked ? "org" : "user", each)))).toEqual(
          naiveList(all),
        )
      }),
    )
  })
})
