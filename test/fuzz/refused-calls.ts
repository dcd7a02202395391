/** The filter that a sandbox is under answers as a plain walk over the table of refusals does. */
import { equal } from "node:assert/strict"
import fc from "fast-check"
import { errnos, type Refusal, refusalsFor } from "../../src/kernel/refused-calls.ts"
import { seccompFilter } from "../../src/kernel/seccomp-filter.ts"
import { type Architecture, callNumber, systemCalls } from "../../src/kernel/system-calls.ts"
import { type Call, runFilter } from "../kernel/bpf-interpreter.ts"
import { target } from "./target.ts"

/** AUDIT_ARCH_* and SECCOMP_RET_* (linux/audit.h, seccomp(2)), written down once more. */
const conventions: Record<Architecture, number> = { x86_64: 0xc000_003e, aarch64: 0xc000_00b7 }
const allow = 0x7fff_0000
const kill = 0x8000_0000
const failing = 0x0005_0000
const noSuchCall = 38

const table = refusalsFor({ nestedUserns: false })
const filters = (["x86_64", "aarch64"] as const).flatMap(architecture =>
  [false, true].map(nestedUserns => ({
    architecture,
    nestedUserns,
    program: seccompFilter(architecture, { nestedUserns }),
  })),
)

/** Values that rows of the table look at, and their neighbours: a random one would be none of them. */
const telling = [
  ...new Set(table.flatMap(({ when }) => when.flatMap(({ values }) => Object.values(values)))),
].flatMap(value => [value, value + 1, Math.max(value - 1, 0), (value | 0o2004000) >>> 0])

const low = fc.oneof(fc.constantFrom(...telling), fc.nat({ max: 300 }), fc.nat({ max: 0xffff_ffff }))
const high = fc.oneof(fc.constant(0), fc.nat({ max: 0xffff_ffff }))
const words = fc.array(
  fc.tuple(low, high).map(([bottom, top]) => BigInt.asUintN(64, BigInt(bottom) | (BigInt(top) << 32n))),
  { minLength: 6, maxLength: 6 },
)

const names = Object.keys(systemCalls) as (keyof typeof systemCalls)[]
const rowNames = table.filter(({ when }) => when.length > 0).flatMap(({ calls }) => calls)
const number = (architecture: Architecture) =>
  fc.oneof(
    fc.constantFrom(...rowNames).map(name => callNumber(name, architecture) ?? 0),
    fc.constantFrom(...names).map(name => callNumber(name, architecture) ?? 0),
    fc.nat({ max: 600 }),
    fc.constantFrom(0x3fff_ffff, 0x4000_0000, 0x4000_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
    fc.nat({ max: 0xffff_ffff }),
  )

const question = fc.constantFrom(...filters).chain(filter =>
  fc.record({
    filter: fc.constant(filter).map(({ architecture, nestedUserns }) => ({ architecture, nestedUserns })),
    call: fc.record({
      number: number(filter.architecture),
      architecture: fc.oneof(
        { weight: 8, arbitrary: fc.constant(conventions[filter.architecture]) },
        { weight: 1, arbitrary: fc.constantFrom(...Object.values(conventions), 0x4000_0003, 0x4000_0028, 0) },
        { weight: 1, arbitrary: fc.nat({ max: 0xffff_ffff }) },
      ),
      arguments: words,
    }),
  }),
)

export const refusedCalls = target(
  { name: "refused-calls", weight: 1, runs: 2000 },
  fc.array(question, { minLength: 1, maxLength: 50 }),
  questions => {
    for (const { filter, call } of questions) {
      const { architecture, nestedUserns } = filter
      const own = filters.find(
        other => other.architecture === architecture && other.nestedUserns === nestedUserns,
      )
      if (own === undefined) throw new Error("no such filter")
      equal(runFilter(own.program, call).value, answerOf(call, filter), fc.stringify({ filter, call }))
    }
  },
)

type Filter = { architecture: Architecture; nestedUserns: boolean }

function answerOf({ number, architecture: convention, arguments: words = [] }: Call, filter: Filter): number {
  const { architecture, nestedUserns } = filter
  if (convention !== conventions[architecture]) return kill
  if (architecture === "x86_64" && number >= 0x4000_0000) return failing | noSuchCall
  const row = refusalsFor({ nestedUserns }).find(
    ({ calls, when }) =>
      calls.some(call => callNumber(call, architecture) === number) &&
      when.every(condition => holds(condition, words)),
  )
  return row === undefined ? allow : failing | errnos[row.fails]
}

function holds({ argument, mask, test, values }: Refusal["when"][number], words: readonly bigint[]): boolean {
  const looked = (words[argument] ?? 0n) & BigInt(mask)
  const listed = Object.values(values).map(BigInt)
  if (test === "has") return listed.some(bits => (looked & bits) !== 0n)
  return listed.includes(looked) === (test === "is")
}
