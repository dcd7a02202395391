/** Amounts → the control group that holds them, as files and their values (cgroups(7)). Pure. */
import type { Controller, GroupPlaces } from "../host/cgroup-places.ts"
import type { LimitFacts } from "../host/limit-facts.ts"
import type { LimitName } from "../policy/policy.ts"
import type { ControlGroup, GroupDirectory, GroupValue } from "./launch-plan.ts"

export type Amount = {
  limit: Exclude<LimitName, "time">
  controller: Controller
  /** bytes, processors, processes */
  amount: number
  /** who asked for it, for messages */
  source: string
}

/** The group that enforces the amounts, and the amounts that none here can. */
export function findGroup(
  amounts: readonly Amount[],
  { manager, places }: LimitFacts,
): { group: ControlGroup | undefined; missing: Amount[] } {
  // What systemd does not know of, it may undo: where it runs the machine, it is asked.
  const held = (amount: Amount) =>
    manager === undefined ? placeOf(amount, amounts, places) : manager.controllers.includes(amount.controller)
  const missing = amounts.filter(amount => !held(amount))
  const kept = amounts.filter(amount => held(amount))
  if (kept.length === 0) return { group: undefined, missing }
  const values = kept.flatMap(unifiedValues)
  if (manager === undefined)
    return { group: { kind: "directories", directories: directoriesOf(kept, places) }, missing }
  const properties = kept.flatMap(unitProperties)
  return {
    group: { kind: "scope", manager: manager.of, busctl: manager.busctl, properties, values },
    missing,
  }
}

/** Where an amount is kept; all of version 2 in one directory, since a process is in one group of it. */
function placeOf(
  { controller }: Amount,
  all: readonly Amount[],
  { unified, legacy }: GroupPlaces,
): { version: 1 | 2; directory: string } | undefined {
  const old = legacy[controller]
  if (old !== undefined) return { version: 1, directory: old }
  const known = new Set(unified.flatMap(({ controllers }) => controllers))
  const together = all
    .map(amount => amount.controller)
    .filter(name => legacy[name] === undefined && known.has(name))
  const place = unified.find(({ controllers }) => together.every(name => controllers.includes(name)))
  return place?.controllers.includes(controller) === true
    ? { version: 2, directory: place.directory }
    : undefined
}

function directoriesOf(amounts: readonly Amount[], places: GroupPlaces): GroupDirectory[] {
  const found = new Map<string, GroupDirectory>()
  for (const amount of amounts) {
    const place = placeOf(amount, amounts, places)
    if (place === undefined) continue
    const { version, directory: parent } = place
    const before = found.get(parent) ?? { parent, enable: [], values: [] }
    const values = version === 2 ? unifiedValues(amount) : legacyValues(amount)
    const enable = version === 2 ? [amount.controller] : []
    found.set(parent, {
      parent,
      enable: [...before.enable, ...enable],
      values: [...before.values, ...values],
    })
  }
  return [...found.values()]
}

const periodUs = 100_000

/** cgroup-v2.rst of the kernel. */
function unifiedValues({ controller, amount }: Amount): GroupValue[] {
  switch (controller) {
    case "memory":
      // Else what does not fit is swapped out, and the machine crawls; the file is missing where there is no swap.
      return [
        { file: "memory.max", value: pages(amount) },
        { file: "memory.swap.max", value: "0", mayBeMissing: true },
      ]
    case "cpu":
      return [{ file: "cpu.max", value: `${Math.round(amount * periodUs)} ${periodUs}` }]
    case "pids":
      return [{ file: "pids.max", value: String(amount) }]
  }
}

/** cgroup-v1/ of the kernel's documents; memory with swap is limited after memory, which it may not be below. */
function legacyValues({ controller, amount }: Amount): GroupValue[] {
  switch (controller) {
    case "memory":
      return [
        { file: "memory.limit_in_bytes", value: pages(amount) },
        { file: "memory.memsw.limit_in_bytes", value: pages(amount), mayBeMissing: true },
        // Version 1 does not count what lies in the buffers of TCP sockets with the rest.
        { file: "memory.kmem.tcp.limit_in_bytes", value: pages(amount), mayBeMissing: true },
      ]
    case "cpu":
      return [
        { file: "cpu.cfs_period_us", value: String(periodUs) },
        { file: "cpu.cfs_quota_us", value: String(Math.round(amount * periodUs)) },
      ]
    case "pids":
      return [{ file: "pids.max", value: String(amount) }]
  }
}

/** The kernel counts in pages, and rounds down; of no more than 4 KiB each a limit stays as it was asked for. */
function pages(bytes: number): string {
  const page = 4096
  return String(Math.max(page, Math.floor(bytes / page) * page))
}

/** systemd.resource-control(5), as `busctl` takes them: name, type, value. */
function unitProperties({ controller, amount }: Amount): string[][] {
  switch (controller) {
    case "memory":
      return [
        ["MemoryMax", "t", pages(amount)],
        ["MemorySwapMax", "t", "0"],
      ]
    case "cpu":
      return [["CPUQuotaPerSecUSec", "t", String(Math.round(amount * 1_000_000))]]
    case "pids":
      return [["TasksMax", "t", String(amount)]]
  }
}
