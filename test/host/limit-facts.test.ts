import { describe, expect, test } from "bun:test"
import { countsProcesses, type LimitFacts, readLimitFacts } from "../../src/host/limit-facts.ts"
import { heldControllers, limitFinding, limitProblem } from "../../src/host/limit-problem.ts"

describe("whether the kernel counts processes", () => {
  test.each([
    ["an ordinary user's", 1000, "         0          0 4294967295\n", true],
    ["root's", 0, "         0          0 4294967295\n", false],
    ["those of root in a user namespace", 0, "0 1000 1\n", true],
    ["those of root in a container with its own range", 0, "0 100000 65536\n", true],
    ["those of root that is root outside too, beside others", 0, "1000 100000 10\n0 0 1\n", false],
    ["root's, when the map cannot be read", 0, "", false],
  ])("%s", (_, uid, map, counted) => {
    expect(countsProcesses(uid, map)).toBe(counted)
  })

  test("this machine says so of this user", () => {
    expect(typeof readLimitFacts(process.getuid?.() ?? 0).countsProcesses).toBe("boolean")
  })
})

const poor: LimitFacts = {
  countsProcesses: true,
  manager: undefined,
  places: { unified: [], legacy: {} },
}
const rich: LimitFacts = {
  ...poor,
  places: { unified: [{ directory: "/a", controllers: ["memory", "pids"] }], legacy: { cpu: "/b" } },
}
const managed = (controllers: readonly ("memory" | "cpu" | "pids")[], of: "user" | "system" = "user") => ({
  ...rich,
  manager: { of, controllers, busctl: "/b" },
})

test("what is held comes from both versions, or from systemd alone", () => {
  expect(heldControllers(poor)).toEqual([])
  expect(heldControllers(rich)).toEqual(["memory", "cpu", "pids"])
  expect(heldControllers(managed(["pids"]))).toEqual(["pids"])
})

describe("the finding of doctor", () => {
  test("is active when every limit holds", () => {
    const all = "--timeout, --memory, --cpus, --processes"
    expect(limitFinding(rich)).toMatchObject({ protection: "limits", state: "active", why: all })
    expect(limitFinding(managed(["memory", "cpu"]))).toMatchObject({ state: "active", why: all })
  })

  test("names what is refused and what to do", () => {
    const finding = limitFinding(poor)
    expect(finding).toMatchObject({ state: "degraded", fix: [] })
    expect(finding.why).toStartWith(
      "--timeout, --processes; --memory, --cpus are refused: there is no control",
    )
    expect(finding.advice).not.toBe("")
  })

  test("counts root's processes by a control group only", () => {
    const root = { ...managed(["memory", "cpu"], "system"), countsProcesses: false }
    expect(limitFinding(root).why).toStartWith(
      "--timeout, --memory, --cpus; --processes are refused: systemd",
    )
  })
})

test("each cause has its own way out", () => {
  const advice = [poor, managed([]), managed([], "system")].map(facts => limitProblem(["cpu"], facts).advice)
  expect(new Set(advice).size).toBe(3)
  expect(advice.every(text => text !== "")).toBe(true)
})
