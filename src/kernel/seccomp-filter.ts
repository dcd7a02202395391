/**
 * The table of refused calls → a program for seccomp(2). It decides on numbers alone where it can: the kernel then asks
 * it once for each such call, and lets it through without running the program from there on (since Linux 5.11).
 */
import {
  answer,
  answers,
  assemble,
  ifAnyBit,
  ifAtLeast,
  ifEqual,
  jump,
  type Line,
  label,
  loadArchitecture,
  loadCallNumber,
  loadLow,
  mask,
} from "./bpf.ts"
import { type Condition, errnos, type Refusal, type RefusalOptions, refusalsFor } from "./refused-calls.ts"
import { type Architecture, callNumber, type SystemCall } from "./system-calls.ts"

/** AUDIT_ARCH_* (linux/audit.h). */
const auditArchitectures: Record<Architecture, number> = { x86_64: 0xc000_003e, aarch64: 0xc000_00b7 }

/** From here on x86_64's numbers are x32's: the same calls again, with pointers of 32 bits. */
const firstX32Call = 0x4000_0000

/** What programs call all the time; the search is shortest there. */
const everyday: readonly SystemCall[] = [
  "read",
  "write",
  "openat",
  "close",
  "newfstatat",
  "futex",
  "epoll_pwait",
  "mmap",
  "munmap",
]

/** The program as the kernel and bubblewrap's `--seccomp` take it. */
export function seccompFilter(architecture: Architecture, options: RefusalOptions): Uint8Array {
  const spans = spansOf(architecture, refusalsFor(options))
  const checked = spans.flatMap(({ decision }) => (decision.kind === "check" ? [decision] : []))
  return assemble([
    loadArchitecture(),
    ifEqual(auditArchitectures[architecture], { yes: "own architecture" }),
    // The same number is another call there, so nothing can be said about it.
    answer(answers.killProcess),
    label("own architecture"),
    loadCallNumber(),
    ...search(spans, "call"),
    ...checked.flatMap(check => checkLines(check)),
  ])
}

type Decision =
  | { kind: "answer"; value: number }
  /** depends on arguments */
  | { kind: "check"; call: SystemCall; refusals: readonly Refusal[] }

/** Calls from a number on, up to the next span, that are decided alike. */
type Span = { from: number; decision: Decision; weight: number }

const allow: Decision = { kind: "answer", value: answers.allow }

/** All numbers, in order, cut where the decision changes. */
function spansOf(architecture: Architecture, table: readonly Refusal[]): Span[] {
  const decisions = decisionsOf(architecture, table)
  const numbers = [...decisions.keys()].sort((a, b) => a - b)
  const spans: Span[] = []
  const begin = (from: number, decision: Decision) => {
    const last = spans.at(-1)?.decision
    const same = last?.kind === "answer" && decision.kind === "answer" && last.value === decision.value
    if (!same) spans.push({ from, decision, weight: 1 })
  }
  let next = 0
  for (const number of numbers) {
    if (number > next) begin(next, allow)
    begin(number, decisions.get(number) ?? allow)
    next = number + 1
  }
  begin(next, allow)
  if (architecture === "x86_64") begin(firstX32Call, fail("ENOSYS"))
  for (const call of everyday) {
    const number = callNumber(call, architecture)
    const span = spans.findLast(({ from }) => number !== undefined && from <= number)
    if (span !== undefined) span.weight += spans.length
  }
  return spans
}

function decisionsOf(architecture: Architecture, table: readonly Refusal[]): Map<number, Decision> {
  const decisions = new Map<number, Decision>()
  for (const call of new Set(table.flatMap(({ calls }) => calls))) {
    const number = callNumber(call, architecture)
    const own = table.filter(({ calls }) => calls.includes(call))
    const [first] = own
    if (number === undefined || first === undefined) continue
    decisions.set(
      number,
      first.when.length === 0 ? fail(first.fails) : { kind: "check", call, refusals: own },
    )
  }
  return decisions
}

function fail(errno: Refusal["fails"]): Decision {
  return { kind: "answer", value: answerOf(errno) }
}

function answerOf(errno: Refusal["fails"]): number {
  return errnos[errno] === 0 ? answers.doNothing : answers.fail(errnos[errno])
}

/** Binary search, cut where both sides are called about equally often. */
function search(spans: readonly Span[], place: string): Line[] {
  const [only] = spans
  if (only === undefined) throw new Error("bug: a search among no spans")
  if (spans.length === 1)
    return [only.decision.kind === "answer" ? answer(only.decision.value) : jump(only.decision.call)]
  const middle = middleOf(spans)
  const above = `${place} above`
  return [
    ifAtLeast(spans[middle]?.from ?? 0, { yes: above }),
    ...search(spans.slice(0, middle), `${place} below`),
    label(above),
    ...search(spans.slice(middle), above),
  ]
}

/** The cut, with something on each side, at which the two sides weigh most alike. */
function middleOf(spans: readonly Span[]): number {
  const total = spans.reduce((sum, { weight }) => sum + weight, 0)
  let below = 0
  for (const [index, { weight }] of spans.entries()) {
    // Past the middle: either this span is the last below the cut or the first above it.
    if (2 * (below + weight) >= total) {
      const nearer = total - 2 * below < 2 * (below + weight) - total ? index : index + 1
      return Math.min(Math.max(nearer, 1), spans.length - 1)
    }
    below += weight
  }
  throw new Error("bug: no middle")
}

/** Refusals of one call in order; the first that applies answers. */
function checkLines({ call, refusals }: Extract<Decision, { kind: "check" }>): Line[] {
  return [
    label(call),
    ...refusals.flatMap(({ when, fails }, index) => {
      const next = `${call} after ${index}`
      return [
        ...when.flatMap((condition, part) => conditionLines(condition, `${call} ${index}.${part}`, next)),
        answer(answerOf(fails)),
        label(next),
      ]
    }),
    answer(answers.allow),
  ]
}

/** Goes to `otherwise` when the condition does not hold, and on when it does. */
function conditionLines(condition: Condition, place: string, otherwise: string): Line[] {
  const { argument, mask: bits, test } = condition
  const values = Object.values(condition.values)
  const load = [loadLow(argument), ...(bits === 0xffff_ffff ? [] : [mask(bits)])]
  switch (test) {
    case "has":
      return [
        ...load,
        ifAnyBit(
          values.reduce((all, bit) => (all | bit) >>> 0, 0),
          { no: otherwise },
        ),
      ]
    case "is not":
      return [...load, ...values.map(value => ifEqual(value, { yes: otherwise }))]
    case "is": {
      const holds = `${place} holds`
      return [...load, ...values.map(value => ifEqual(value, { yes: holds })), jump(otherwise), label(holds)]
    }
  }
}
