/** Limits of the policy + what the machine has → what is set, or why not: pure, so the machine is made up. */
import { describe, expect, test } from "bun:test"
import { HostError, UserError } from "../../src/base/error.ts"
import type { GroupPlaces } from "../../src/host/cgroup-places.ts"
import type { LimitFacts } from "../../src/host/limit-facts.ts"
import { planLimits } from "../../src/plan/limits.ts"
import type { Settings } from "../../src/policy/layer.ts"
import type { LimitName } from "../../src/policy/policy.ts"
import { sourced } from "../policy/naive-model.ts"

type Wanted = Partial<Pick<Settings, LimitName>>

const nowhere: GroupPlaces = { unified: [], legacy: {} }
const poor: LimitFacts = { countsProcesses: true, manager: undefined, places: nowhere }
const delegated: LimitFacts = {
  ...poor,
  places: { unified: [{ directory: "/cg/mine", controllers: ["memory", "cpu", "pids"] }], legacy: {} },
}
const old: LimitFacts = {
  ...poor,
  countsProcesses: false,
  places: { unified: [], legacy: { memory: "/cg1/memory/a", cpu: "/cg1/cpu", pids: "/cg1/pids" } },
}
const managed: LimitFacts = {
  ...poor,
  manager: { of: "user", controllers: ["memory", "cpu", "pids"], busctl: "/usr/bin/busctl" },
}

function planned(wanted: Wanted, facts: LimitFacts = poor, optional = false) {
  const limits = Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, sourced(value)]))
  return planLimits({ limits, optional: optional ? [sourced("limits")] : [], closed: [] }, () => facts)
}

/** The error of a plan that cannot be. */
function refusal(wanted: Wanted, facts?: LimitFacts): HostError | UserError {
  try {
    planned(wanted, facts)
  } catch (error) {
    if (error instanceof HostError || error instanceof UserError) return error
    throw error
  }
  throw new Error("it was not refused")
}

describe("without a limit", () => {
  test("nothing is set, and nothing is asked of the machine", () => {
    const asked = () => {
      throw new Error("asked")
    }
    expect(planLimits({ limits: {}, optional: [], closed: [] }, asked)).toEqual({
      limits: { timeMs: undefined, resources: [], group: undefined, memory: undefined },
      degraded: [],
    })
    expect(
      planLimits({ limits: { time: sourced("2h") }, optional: [], closed: [] }, asked).limits.timeMs,
    ).toBe(7_200_000)
  })
})

describe("time", () => {
  test.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["0.5s", 500],
    ["0.0001s", 1],
    ["400d", 34_560_000_000],
  ])("%s is %p ms, on any machine", (time, ms) => {
    expect(planned({ time })).toEqual({
      limits: { timeMs: ms, resources: [], group: undefined, memory: undefined },
      degraded: [],
    })
  })
})

describe("processes", () => {
  test("are counted by the kernel for an ordinary user, with no control group", () => {
    for (const facts of [poor, delegated, managed])
      expect(planned({ processes: 64 }, facts).limits).toEqual({
        timeMs: undefined,
        resources: [{ resource: "processes", most: 64 }],
        group: undefined,
        memory: undefined,
      })
  })

  test("of root's are counted by a control group, or not at all", () => {
    expect(planned({ processes: 64 }, { ...delegated, countsProcesses: false }).limits).toEqual({
      timeMs: undefined,
      resources: [],
      group: {
        kind: "directories",
        directories: [{ parent: "/cg/mine", enable: ["pids"], values: [{ file: "pids.max", value: "64" }] }],
      },
      memory: undefined,
    })
    expect(refusal({ processes: 64 }, { ...poor, countsProcesses: false }).message).toBe(
      "user says so: limits.processes cannot be enforced here: there is no control group with pids in which this user may make others",
    )
  })

  test("are no more than a kernel can have", () => {
    expect(planned({ processes: 1e12 }).limits.resources).toEqual([
      { resource: "processes", most: 4_194_304 },
    ])
  })
})

describe("memory and processors", () => {
  test("are a number for who makes names in memory, where there is a group that holds it", () => {
    expect(planned({ memory: "8GB" }, delegated).limits.memory).toBe(8 * 2 ** 30)
    expect(planned({ cpus: 1 }, delegated).limits.memory).toBeUndefined()
    expect(planned({ memory: "8GB" }, poor, true).limits.memory).toBeUndefined()
  })

  test("are held by one control group of version 2", () => {
    expect(planned({ memory: "8GB", cpus: 1.5 }, delegated).limits.group).toEqual({
      kind: "directories",
      directories: [
        {
          parent: "/cg/mine",
          enable: ["memory", "cpu"],
          values: [
            { file: "memory.max", value: "8589934592" },
            { file: "memory.swap.max", value: "0", mayBeMissing: true },
            { file: "cpu.max", value: "150000 100000" },
          ],
        },
      ],
    })
  })

  test("are held by a control group for each controller of version 1", () => {
    expect(planned({ memory: "1GB", cpus: 2, processes: 9 }, old).limits.group).toEqual({
      kind: "directories",
      directories: [
        {
          parent: "/cg1/memory/a",
          enable: [],
          values: [
            { file: "memory.limit_in_bytes", value: "1073741824" },
            { file: "memory.memsw.limit_in_bytes", value: "1073741824", mayBeMissing: true },
            { file: "memory.kmem.tcp.limit_in_bytes", value: "1073741824", mayBeMissing: true },
          ],
        },
        {
          parent: "/cg1/cpu",
          enable: [],
          values: [
            { file: "cpu.cfs_period_us", value: "100000" },
            { file: "cpu.cfs_quota_us", value: "200000" },
          ],
        },
        { parent: "/cg1/pids", enable: [], values: [{ file: "pids.max", value: "9" }] },
      ],
    })
  })

  test("go to the nearest directory that has all of it, where controllers differ", () => {
    const places: GroupPlaces = {
      unified: [
        { directory: "/cg/a/b", controllers: ["pids"] },
        { directory: "/cg/a", controllers: ["memory", "pids"] },
        { directory: "/cg", controllers: ["memory", "cpu", "pids"] },
      ],
      legacy: {},
    }
    const parentOf = (wanted: Wanted) => {
      const { group } = planned(wanted, { ...poor, countsProcesses: false, places }).limits
      return group?.kind === "directories" ? group.directories.map(({ parent }) => parent) : []
    }
    expect(parentOf({ processes: 1 })).toEqual(["/cg/a/b"])
    expect(parentOf({ processes: 1, memory: "1GB" })).toEqual(["/cg/a"])
    expect(parentOf({ processes: 1, memory: "1GB", cpus: 1 })).toEqual(["/cg"])
  })

  test("may be of both versions on one machine", () => {
    const places: GroupPlaces = {
      unified: [{ directory: "/cg", controllers: ["memory"] }],
      legacy: { cpu: "/cg1/cpu" },
    }
    const { group } = planned({ memory: "1GB", cpus: 1 }, { ...poor, places }).limits
    expect(group).toMatchObject({ directories: [{ parent: "/cg" }, { parent: "/cg1/cpu" }] })
  })

  test("are asked of systemd where it runs the machine, whatever could be written", () => {
    const { group } = planned({ memory: "1GB", cpus: 0.5 }, { ...managed, places: delegated.places }).limits
    expect(group).toEqual({
      kind: "scope",
      manager: "user",
      busctl: "/usr/bin/busctl",
      properties: [
        ["MemoryMax", "t", "1073741824"],
        ["MemorySwapMax", "t", "0"],
        ["CPUQuotaPerSecUSec", "t", "500000"],
      ],
      values: [
        { file: "memory.max", value: "1073741824" },
        { file: "memory.swap.max", value: "0", mayBeMissing: true },
        { file: "cpu.max", value: "50000 100000" },
      ],
    })
  })

  test.each([
    ["1", "4096"],
    ["5000", "4096"],
    ["10KB", "8192"],
    ["9999999TB", "9007199254736896"],
  ])("%s bytes of memory are %s, as the kernel counts in pages", (memory, value) => {
    const { group } = planned({ memory }, delegated).limits
    expect(group).toMatchObject({ directories: [{ values: [{ file: "memory.max", value }, {}] }] })
  })

  test("a share of a processor that the kernel cannot measure out is refused", () => {
    const error = refusal({ cpus: 0.001 }, delegated)
    expect(error).toBeInstanceOf(UserError)
    expect(error.message).toBe("user says so: 0.001 processors are less than the kernel can measure out")
    expect(planned({ cpus: 0.01 }, delegated).limits.group).toMatchObject({
      directories: [{ values: [{ value: "1000 100000" }] }],
    })
    expect(planned({ cpus: 1e9 }, delegated).limits.group).toMatchObject({
      directories: [{ values: [{ value: "819200000 100000" }] }],
    })
  })
})

describe("a limit that the machine cannot enforce", () => {
  test("stops the run, and says who asked, what is missing and what to do", () => {
    const error = refusal({ memory: "1GB", cpus: 1 })
    expect(error).toBeInstanceOf(HostError)
    expect(error.message).toBe(
      "user says so: limits.memory cannot be enforced here: there is no control group with memory, cpu in which this user may make others",
    )
    expect(error.hint).toContain("docs/limitations.md")
    expect(error.hint).toContain("optional: [limits]")
  })

  test("stops the run though another one could be kept", () => {
    expect(refusal({ cpus: 1, processes: 5, time: "1h" }).message).toContain("limits.cpus")
    const manager = { of: "user", controllers: ["memory", "pids"], busctl: "/b" } as const
    const error = refusal({ memory: "1GB", cpus: 1 }, { ...poor, manager })
    expect(error.message).toContain("systemd's user manager was not handed the control group controllers cpu")
    expect(error.hint).toContain("Delegate=cpu")
  })

  test("is not written round systemd into directories that it would undo", () => {
    const manager = { of: "system", controllers: [], busctl: "/b" } as const
    expect(refusal({ memory: "1GB" }, { ...delegated, manager }).message).toContain("systemd")
  })

  test("is reported where the policy says that it may be missing; memory then holds for each process", () => {
    expect(planned({ memory: "1GB", cpus: 1, processes: 5, time: "1m" }, poor, true)).toEqual({
      limits: {
        timeMs: 60_000,
        resources: [
          { resource: "processes", most: 5 },
          { resource: "data", most: 1_073_741_824 },
        ],
        group: undefined,
        memory: undefined,
      },
      degraded: [
        "limits.memory holds for each process by itself, not for all together: there is no control group with memory in which this user may make others",
        "limits.cpus does not hold: there is no control group with cpu in which this user may make others",
      ],
    })
  })

  test("is enforced all the same where it can be, though it may be missing", () => {
    expect(planned({ memory: "1GB", cpus: 1 }, delegated, true)).toEqual(
      planned({ memory: "1GB", cpus: 1 }, delegated),
    )
    const places: GroupPlaces = { unified: [{ directory: "/cg", controllers: ["memory"] }], legacy: {} }
    const { limits, degraded } = planned({ memory: "1GB", cpus: 1 }, { ...poor, places }, true)
    expect(limits.group).toMatchObject({ directories: [{ parent: "/cg", enable: ["memory"] }] })
    expect(limits.resources).toEqual([])
    expect(degraded).toHaveLength(1)
  })
})
