/** Which of the filters that the binary holds a plan gets. */
import { describe, expect, test } from "bun:test"
import { answers } from "../../src/kernel/bpf.ts"
import { callNumbers } from "../../src/kernel/system-calls.ts"
import { refusingFilter } from "../../src/live/filters.ts"
import { runFilter } from "../kernel/bpf-interpreter.ts"

const notPermitted = 0x5_0001
const [auditOfX86, terminate, newUserNamespace] = [0xc000_003e, 15n, 0x1000_0000n]
const { kill, unshare } = callNumbers("x86_64")

function answerOf(
  number: number,
  list: readonly bigint[],
  plan: { abi?: number; nestedUserns: boolean },
): number {
  const landlock =
    plan.abi === undefined ? undefined : { abi: plan.abi, writable: [], scopeAbstractSockets: false }
  const { nestedUserns } = plan
  const filter = refusingFilter(
    { nestedUserns, landlock, network: { mode: "off" }, bare: undefined },
    "x86_64",
  )
  return runFilter(filter, { number, architecture: auditOfX86, arguments: list }).value
}

describe.each([true, false])("with nested user namespaces: %p", nestedUserns => {
  test.each([undefined, 1, 5])("a kernel of Landlock ABI %p refuses signals to the process group", abi => {
    const plan = { nestedUserns, ...(abi === undefined ? {} : { abi }) }
    expect(answerOf(kill, [0n, terminate], plan)).toBe(notPermitted)
    expect(answerOf(kill, [7n, terminate], plan)).toBe(answers.allow)
  })

  test.each([6, 7])("of ABI %p leaves them to Landlock, which keeps them within", abi => {
    expect(answerOf(kill, [0n, terminate], { nestedUserns, abi })).toBe(answers.allow)
  })

  test("those are refused by the policy's word alone", () => {
    const expected = nestedUserns ? answers.allow : notPermitted
    expect(answerOf(unshare, [newUserNamespace], { nestedUserns, abi: 7 })).toBe(expected)
  })
})
