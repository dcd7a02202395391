/** What `cordon verify` tries of the filter of system calls: one call for each reason to refuse one. */

import { type Condition, errnos, type Refusal, refusalsFor } from "../kernel/refused-calls.ts"
import { callNumber, presentArchitecture } from "../kernel/system-calls.ts"
import type { LaunchPlan } from "../plan/launch-plan.ts"
import type { Check } from "./verify-checks.ts"

/** Where the filter is missing it would make a second probe; that no namespace can be made is tried otherwise. */
const notTried = new Set(["clone"])

export function callChecks(plan: LaunchPlan): Check[] {
  const { nestedUserns, bare, network } = plan
  const withoutNamespaces = network.mode === "open" ? "open" : "off"
  const options = bare === undefined ? { nestedUserns } : ({ nestedUserns, withoutNamespaces } as const)
  return refusalsFor(options).flatMap(refusal => checkOf(refusal) ?? [])
}

function checkOf({ calls, when, fails, why }: Refusal): Check | undefined {
  const architecture = presentArchitecture()
  const name = calls.find(call => callNumber(call, architecture) !== undefined && !notTried.has(call))
  const number = name === undefined ? undefined : callNumber(name, architecture)
  if (number === undefined) return undefined
  return {
    guarantee: `${name}(2) is refused: ${why}`,
    attempt: { kind: "call", number, arguments: argumentsFor(name, when), errno: errnos[fails] },
    expected: "refused",
  }
}

/** Arguments that meet every condition, and are else those of a call that nothing speaks against. */
function argumentsFor(name: string | undefined, conditions: readonly Condition[]): number[] {
  const words = [...(plain[name ?? ""] ?? []), 0, 0, 0, 0, 0, 0].slice(0, 6)
  for (const { argument, test, values } of conditions) {
    const named = Object.values(values)
    words[argument] = test === "is not" ? unnamed(named) : (named[0] ?? 0)
  }
  return words
}

/** AF_INET and SOCK_STREAM: a wrong family, type or protocol is refused for that alone. */
const plain: Readonly<Record<string, readonly number[]>> = { socket: [2, 1] }

function unnamed(values: readonly number[]): number {
  let value = 1
  while (values.includes(value)) value++
  return value
}
