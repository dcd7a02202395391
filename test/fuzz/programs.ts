/** Programs of the assembler: what they answer when run is what their source lines say, or they are refused. */
import { deepEqual, equal } from "node:assert/strict"
import fc from "fast-check"
import * as bpf from "../../src/kernel/bpf.ts"
import { type Call, runFilter } from "../kernel/bpf-interpreter.ts"
import { target } from "./target.ts"

const tests = {
  equal: { make: bpf.ifEqual, holds: (left: number, right: number) => left === right },
  greater: { make: bpf.ifGreater, holds: (left: number, right: number) => left > right },
  "at least": { make: bpf.ifAtLeast, holds: (left: number, right: number) => left >= right },
  "any bit": { make: bpf.ifAnyBit, holds: (left: number, right: number) => (left & right) !== 0 },
}

/** A line whose jumps name their labels, or, while a program is made, say how many labels they lead on by. */
type LineTo<Place> =
  | { kind: "label"; name: string }
  | { kind: "load"; what: "number" | "architecture" | "low" | "high"; argument: number }
  | { kind: "mask" | "answer"; value: number }
  | { kind: "jump"; to: Place }
  | { kind: "test"; test: keyof typeof tests; value: number; yes: Place | undefined; no: Place | undefined }
type Line = LineTo<string>

/** Few values, so that tests hold often; and all others. */
const word = fc.oneof(fc.constantFrom(0, 1, 2, 3, 0x8000_0000, 0xffff_ffff), fc.nat({ max: 0xffff_ffff }))
/** Backwards is refused, and so is a label that is not there. */
const place = fc.oneof(
  { weight: 30, arbitrary: fc.nat({ max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 9) },
)
const branch = fc.option(place, { nil: undefined })
const kind = <Kind extends string>(name: Kind) => fc.constant<Kind>(name)
const line: fc.Arbitrary<LineTo<number>> = fc.oneof(
  fc.record({ kind: kind("label"), name: fc.constant("") }),
  fc.record({
    kind: kind("load"),
    what: fc.constantFrom("number", "architecture", "low", "high"),
    argument: fc.nat({ max: 5 }),
  }),
  fc.record({ kind: fc.constantFrom("mask", "answer"), value: word }),
  fc.record({ kind: kind("jump"), to: place }),
  fc.record({
    kind: kind("test"),
    test: fc.constantFrom("equal", "greater", "at least", "any bit"),
    value: word,
    yes: branch,
    no: branch,
  }),
)

/** A line that is repeated makes distances that do not fit. */
const times = fc.oneof(
  { weight: 20, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 300 }) },
)
const part = fc.record({ line, times })

/** Mostly with an end that every jump can lead to. */
const program = fc
  .record({ parts: fc.array(part, { maxLength: 40 }), end: fc.integer({ min: 0, max: 10 }) })
  .map(({ parts, end }): Line[] => {
    const lines: Line[] = []
    let labels = 0
    const nameOf = (place: number | undefined) => (place === undefined ? undefined : `${labels + place}`)
    const add = (line: LineTo<number>) => {
      if (line.kind === "label") lines.push({ kind: "label", name: `${labels++}` })
      else if (line.kind === "jump") lines.push({ ...line, to: `${labels + line.to}` })
      else if (line.kind === "test") lines.push({ ...line, yes: nameOf(line.yes), no: nameOf(line.no) })
      else lines.push(line)
    }
    for (const { line, times } of parts)
      for (let count = 0; count < (line.kind === "label" ? 1 : times); count++) add(line)
    for (let value = 0; value < Math.min(end, 4); value++) {
      add({ kind: "label", name: "" })
      add({ kind: "answer", value })
    }
    return lines
  })

const call: fc.Arbitrary<Required<Call>> = fc.record({
  number: word,
  architecture: word,
  arguments: fc.array(
    fc.tuple(word, word).map(([low, high]) => BigInt(low) | (BigInt(high) << 32n)),
    { minLength: 6, maxLength: 6 },
  ),
})

/** Why the source lines are no program, or undefined. */
function flawOf(lines: readonly Line[]): string | undefined {
  const instructions = lines.filter(({ kind }) => kind !== "label")
  if (instructions.at(-1)?.kind !== "answer") return "does not end with an answer"
  if (instructions.length > bpf.instructionsMax) return "too long"
  for (const [index, line] of lines.entries()) {
    const far = line.kind === "jump" ? 2 ** 32 : 255
    const targets = line.kind === "jump" ? [line.to] : line.kind === "test" ? [line.yes, line.no] : []
    for (const name of targets.filter(name => name !== undefined)) {
      const at = lines.findIndex(other => other.kind === "label" && other.name === name)
      const between = lines.slice(index + 1, Math.max(at, 0)).filter(({ kind }) => kind !== "label").length
      const nothingFollows = lines.slice(at).every(({ kind }) => kind === "label")
      if (at < index || nothingFollows || between > far) return `no way to ${name}`
    }
  }
  return undefined
}

/** What the source lines say, read from the first to the answer. */
function evaluate(
  lines: readonly Line[],
  { number, architecture, arguments: words }: Required<Call>,
): number {
  let loaded = 0
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]
    const goTo = (name: string | undefined) => {
      if (name !== undefined) at = lines.findIndex(other => other.kind === "label" && other.name === name)
    }
    if (line?.kind === "answer") return line.value
    if (line?.kind === "jump") goTo(line.to)
    if (line?.kind === "mask") loaded = (loaded & line.value) >>> 0
    if (line?.kind === "test") goTo(tests[line.test].holds(loaded, line.value) ? line.yes : line.no)
    if (line?.kind !== "load") continue
    if (line.what === "number") loaded = number
    else if (line.what === "architecture") loaded = architecture
    else loaded = Number(BigInt.asUintN(32, (words[line.argument] ?? 0n) >> (line.what === "low" ? 0n : 32n)))
  }
  throw new Error("the lines have no answer")
}

function sourceLine(line: Line): bpf.Line {
  switch (line.kind) {
    case "label":
      return bpf.label(line.name)
    case "load":
      if (line.what === "number") return bpf.loadCallNumber()
      if (line.what === "architecture") return bpf.loadArchitecture()
      return line.what === "low" ? bpf.loadLow(line.argument) : bpf.loadHigh(line.argument)
    case "mask":
      return bpf.mask(line.value)
    case "answer":
      return bpf.answer(line.value)
    case "jump":
      return bpf.jump(line.to)
    case "test": {
      const { yes, no } = line
      const branches = { ...(yes === undefined ? {} : { yes }), ...(no === undefined ? {} : { no }) }
      return tests[line.test].make(line.value, branches)
    }
  }
}

export const programs = target(
  { name: "bpf-programs", weight: 1, runs: 500 },
  fc.record({ lines: program, calls: fc.array(call, { minLength: 1, maxLength: 20 }) }),
  ({ lines, calls }) => {
    const assembled = assembledOrRefused(lines.map(sourceLine))
    equal(assembled === undefined, flawOf(lines) !== undefined, flawOf(lines) ?? "refused without a flaw")
    if (assembled === undefined) return
    const answers = calls.map(call => runFilter(assembled, call).value)
    deepEqual(
      answers,
      calls.map(call => evaluate(lines, call)),
    )
  },
)

function assembledOrRefused(lines: readonly bpf.Line[]): Uint8Array | undefined {
  try {
    return bpf.assemble(lines)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    return undefined
  }
}
