/** Limits of the policy + what the machine has to enforce them with → what is set, or why that cannot be. Pure. */
import { HostError } from "../base/error.ts"
import type { Controller } from "../host/cgroup-places.ts"
import type { LimitFacts } from "../host/limit-facts.ts"
import { limitProblem } from "../host/limit-problem.ts"
import { nextStep, type Problem } from "../host/remedy.ts"
import type { LimitName, Policy } from "../policy/policy.ts"
import { bytesOf, secondsOf } from "../policy/restrictiveness.ts"
import { RuleError } from "../policy/rule-error.ts"
import { formatSource, type Sourced } from "../policy/source.ts"
import { type Acceptances, acceptsAbsence, orAccept } from "./accepted-absence.ts"
import { type Amount, findGroup } from "./group.ts"
import type { Limits } from "./launch-plan.ts"

export type PlannedLimits = {
  limits: Limits
  /** limits that do not hold, or not in full, and that the policy calls optional */
  degraded: string[]
}

/** The kernel knows no share of a processor below 1 ms in 100 (sched-bwc). */
const cpusMin = 0.01
/** Beyond these the kernel takes no number, and no machine has as many (proc(5), PID_MAX_LIMIT; CONFIG_NR_CPUS). */
const processesMax = 2 ** 22
const cpusMax = 8192

/**
 * @param facts asked only when they are needed
 * @throws HostError for a limit that the machine cannot enforce, unless the policy calls limits optional
 */
export function planLimits(
  { limits, ...acceptances }: Pick<Policy, "limits"> & Acceptances,
  facts: () => LimitFacts,
): PlannedLimits {
  const { memory, cpus, processes, time } = limits
  const timeMs = time === undefined ? undefined : Math.max(1, Math.round(secondsOf(time.value) * 1000))
  if (memory === undefined && cpus === undefined && processes === undefined)
    return { limits: { timeMs, resources: [], group: undefined, memory: undefined }, degraded: [] }
  const known = facts()
  const byCount = processes !== undefined && known.countsProcesses
  const amounts = amountsOf({ memory, cpus, processes: byCount ? undefined : processes })
  const { group, missing } = findGroup(amounts, known)
  refuseUnaccepted(missing, known, acceptances)
  const withoutMemory = missing.find(({ limit }) => limit === "memory")
  return {
    limits: {
      timeMs,
      resources: [
        ...(byCount ? [{ resource: "processes", most: countOf(processes) } as const] : []),
        ...(withoutMemory === undefined ? [] : [{ resource: "data", most: withoutMemory.amount } as const]),
      ],
      group,
      memory:
        withoutMemory === undefined ? amounts.find(({ limit }) => limit === "memory")?.amount : undefined,
    },
    degraded: notInFull(missing, known),
  }
}

type Wanted = { [Name in Exclude<LimitName, "time">]: Policy["limits"][Name] | undefined }

function amountsOf({ memory, cpus, processes }: Wanted): Amount[] {
  const amount = (limit: Amount["limit"], controller: Controller, value: number, said: Sourced<unknown>) => [
    { limit, controller, amount: value, source: formatSource(said.source) },
  ]
  return [
    ...(memory === undefined
      ? []
      : amount("memory", "memory", clamp(bytesOf(memory.value), Number.MAX_SAFE_INTEGER), memory)),
    ...(cpus === undefined ? [] : amount("cpus", "cpu", cpusOf(cpus), cpus)),
    ...(processes === undefined ? [] : amount("processes", "pids", countOf(processes), processes)),
  ]
}

function cpusOf(said: Sourced<number>): number {
  if (said.value < cpusMin)
    throw new RuleError(
      said.source,
      `${said.value} processors are less than the kernel can measure out`,
      `ask for at least ${cpusMin}`,
    )
  return Math.min(said.value, cpusMax)
}

function countOf({ value }: Sourced<number>): number {
  return clamp(value, processesMax)
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(1, Math.floor(value)), most)
}

function refuseUnaccepted(missing: readonly Amount[], facts: LimitFacts, acceptances: Acceptances): void {
  const [first] = missing
  if (first === undefined || acceptsAbsence(acceptances, "limits")) return
  const problem = problemOf(missing, facts)
  throw new HostError(
    `${first.source}: limits.${first.limit} cannot be enforced here: ${problem.why}`,
    `${nextStep(problem)}, or run without it${orAccept(acceptances, "limits")}`,
  )
}

function problemOf(missing: readonly Amount[], facts: LimitFacts): Problem {
  return limitProblem(
    missing.map(({ controller }) => controller),
    facts,
  )
}

function notInFull(missing: readonly Amount[], facts: LimitFacts): string[] {
  return missing.map(amount => {
    const { why } = problemOf([amount], facts)
    return amount.limit === "memory"
      ? `limits.memory holds for each process by itself, not for all together: ${why}`
      : `limits.${amount.limit} does not hold: ${why}`
  })
}
