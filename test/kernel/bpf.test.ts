/** Labels become the right distances, or the program is refused; shown by running it. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import {
  answer,
  answers,
  assemble,
  ifAnyBit,
  ifAtLeast,
  ifEqual,
  ifGreater,
  instructionsMax,
  jump,
  type Line,
  label,
  loadArchitecture,
  loadCallNumber,
  loadHigh,
  loadLow,
  mask,
} from "../../src/kernel/bpf.ts"
import { type Call, runFilter } from "./bpf-interpreter.ts"

const yes = 1
const no = 2
const nothing: Call = { number: 0, architecture: 0 }

function ask(lines: readonly Line[], call: Partial<Call> = {}): number {
  return runFilter(assemble(lines), { ...nothing, ...call }).value
}

/** `yes` when the test holds for what was loaded. */
const decide = (load: Line, holds: (branches: { yes: string }) => Line): Line[] => [
  load,
  holds({ yes: "holds" }),
  answer(no),
  label("holds"),
  answer(yes),
]

const fill = (count: number): Line[] => Array.from({ length: count }, () => mask(0xffff_ffff))

describe("a test", () => {
  const cases: [string, (branches: { yes: string }) => Line, number[], number[]][] = [
    ["equal", branches => ifEqual(7, branches), [7], [0, 6, 8, 0xffff_ffff]],
    ["greater", branches => ifGreater(7, branches), [8, 0x8000_0000, 0xffff_ffff], [0, 7]],
    ["at least", branches => ifAtLeast(7, branches), [7, 8, 0xffff_ffff], [0, 6]],
    ["at least, unsigned", branches => ifAtLeast(0x8000_0000, branches), [0x8000_0000], [0x7fff_ffff]],
    ["any bit", branches => ifAnyBit(0x8000_0005, branches), [1, 4, 0x8000_0000], [0, 2, 0x7fff_fffa]],
  ]
  test.each(cases)("%s", (_, holds, held, others) => {
    const program = decide(loadCallNumber(), holds)
    for (const number of held) expect(ask(program, { number }), `${number}`).toBe(yes)
    for (const number of others) expect(ask(program, { number }), `${number}`).toBe(no)
  })

  test("goes on with the next instruction where it has no branch", () => {
    const neither = [loadCallNumber(), ifEqual(1, {}), answer(yes)]
    expect([0, 1].map(number => ask(neither, { number }))).toEqual([yes, yes])
    const other = [loadCallNumber(), ifEqual(1, { no: "end" }), answer(yes), label("end"), answer(no)]
    expect([0, 1].map(number => ask(other, { number }))).toEqual([no, yes])
  })
})

describe("what is loaded", () => {
  const call = { number: 3, architecture: 0xc000_003e, arguments: [0n, 0x1111_2222_3333_4444n, 5n] }
  test.each([
    ["the call number", loadCallNumber(), 3],
    ["the architecture", loadArchitecture(), 0xc000_003e],
    ["the low half of an argument", loadLow(1), 0x3333_4444],
    ["the high half of an argument", loadHigh(1), 0x1111_2222],
    ["the argument after it", loadLow(2), 5],
  ])("%s", (_, load, value) => {
    expect(
      ask(
        decide(load, branches => ifEqual(value, branches)),
        call,
      ),
    ).toBe(yes)
  })

  test("is masked", () => {
    const masked = [
      loadCallNumber(),
      mask(0xf),
      ifEqual(2, { no: "end" }),
      answer(yes),
      label("end"),
      answer(no),
    ]
    expect([2, 0x802, 0xffff_fff2, 3].map(number => ask(masked, { number }))).toEqual([yes, yes, yes, no])
  })

  test.each([-1, 6, 1.5])("argument %d does not exist", argument => {
    expect(() => loadLow(argument)).toThrow("bug:")
    expect(() => loadHigh(argument)).toThrow("bug:")
  })
})

test("instructions are struct sock_filter: code, two distances, value, little endian", () => {
  const bytes = assemble([
    loadArchitecture(),
    ifEqual(0xc000_003e, { no: "end" }),
    answer(1),
    label("end"),
    answer(2),
  ])
  expect([...bytes]).toEqual([
    ...[0x20, 0, 0, 0, 4, 0, 0, 0],
    ...[0x15, 0, 0, 1, 0x3e, 0, 0, 0xc0],
    ...[0x06, 0, 0, 0, 1, 0, 0, 0],
    ...[0x06, 0, 0, 0, 2, 0, 0, 0],
  ])
})

describe("answers", () => {
  test("are those of linux/seccomp.h", () => {
    expect(answers.allow).toBe(0x7fff_0000)
    expect(answers.notify).toBe(0x7fc0_0000)
    expect(answers.killProcess).toBe(0x8000_0000)
    expect(answers.fail(38)).toBe(0x5_0026)
  })

  test.each([0, -1, 4096, 0x1_0001, 1.5])("%d is no errno", errno => {
    expect(() => answers.fail(errno)).toThrow("bug:")
  })
})

describe("a distance", () => {
  const over = (count: number, branches: { yes?: string; no?: string }): Line[] => [
    loadCallNumber(),
    ifEqual(1, branches),
    ...fill(count),
    answer(no),
    label("end"),
    answer(yes),
  ]

  test("of 255 is right on both branches", () => {
    expect(ask(over(254, { yes: "end" }), { number: 1 })).toBe(yes)
    expect(ask(over(254, { yes: "end" }), { number: 2 })).toBe(no)
    expect(ask(over(254, { no: "end" }), { number: 2 })).toBe(yes)
  })

  test.each([255, 256, 300, 511, 512, 4000])("of a test over %d instructions more is refused", count => {
    expect(() => assemble(over(count, { yes: "end" }))).toThrow("spans")
    expect(() => assemble(over(count, { no: "end" }))).toThrow("spans")
  })

  test("of a jump may be long", () => {
    const program = [jump("end"), ...fill(4000), answer(no), label("end"), answer(yes)]
    expect(ask(program)).toBe(yes)
  })

  test("backwards is refused", () => {
    expect(() => assemble([label("start"), loadCallNumber(), jump("start"), answer(yes)])).toThrow("spans")
    expect(() => assemble([label("start"), ifEqual(1, { yes: "start" }), answer(yes)])).toThrow("spans")
  })

  test("that can be encoded is kept, and one that cannot is refused, never cut", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.boolean(), (count, branch) => {
        const program = over(count, branch ? { yes: "end" } : { no: "end" })
        if (count > 254) expect(() => assemble(program)).toThrow(RangeError)
        else {
          expect(ask(program, { number: 1 })).toBe(branch ? yes : no)
          expect(ask(program, { number: 2 })).toBe(branch ? no : yes)
        }
      }),
    )
  })
})

describe("a program is refused", () => {
  const refused: [string, Line[]][] = [
    ["that is empty", []],
    ["that is a label and nothing else", [label("end")]],
    ["that can run past its end", [answer(yes), loadCallNumber()]],
    ["that ends with a jump", [label("a"), answer(yes), jump("b"), label("b")]],
    ["with a jump to no label", [jump("nowhere"), answer(yes)]],
    ["with a test that goes to no label", [ifEqual(1, { yes: "nowhere" }), answer(yes)]],
    ["with a jump past its end", [jump("end"), answer(yes), label("end")]],
    ["with a label that stands twice", [label("a"), answer(yes), label("a"), answer(no)]],
    ["that is too long", [...fill(instructionsMax), answer(yes)]],
  ]
  test.each(refused)("%s", (_, lines) => {
    expect(() => assemble(lines)).toThrow(RangeError)
  })

  test("whose length is just right is not", () => {
    const longest = assemble([...fill(instructionsMax - 1), answer(yes)])
    expect(longest.length).toBe(instructionsMax * 8)
    expect(runFilter(longest, nothing)).toEqual({ value: yes, steps: instructionsMax, looked: false })
  })

  test.each([-1, 0x1_0000_0000, 0.5, Number.NaN])("the value %d", value => {
    expect(() => ifEqual(value, {})).toThrow(RangeError)
    expect(() => mask(value)).toThrow(RangeError)
    expect(() => answer(value)).toThrow(RangeError)
  })
})

test("labels cost nothing, and several may stand at one place", () => {
  const program = [jump("second"), answer(no), label("first"), label("second"), answer(yes)]
  expect(assemble(program).length).toBe(3 * 8)
  expect(ask(program)).toBe(yes)
})

describe("the interpreter", () => {
  test.each([
    ["half an instruction", new Uint8Array(4)],
    ["nothing", new Uint8Array(0)],
    ["an unknown instruction", Uint8Array.from([0xff, 0, 0, 0, 0, 0, 0, 0])],
    ["a program that ends without an answer", Uint8Array.from([0x54, 0, 0, 0, 0, 0, 0, 0])],
    ["a load from beyond the data", Uint8Array.from([0x20, 0, 0, 0, 64, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0])],
  ])("refuses %s", (_, program) => {
    expect(() => runFilter(program, nothing)).toThrow()
  })
})
