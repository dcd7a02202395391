/** Which processes are the sandbox's, where all of the host's can be seen. */
import { describe, expect, test } from "bun:test"
import { isOfProcess, OwnProcesses } from "../../src/live/own-processes.ts"

const processes = new OwnProcesses({ offline: true })
const online = new OwnProcesses({ offline: false })

test("whoever is under no filter of ours is none of it: not we, not our children, not the first process", () => {
  const child = Bun.spawn(["sleep", "60"])
  for (const id of [process.pid, process.ppid, child.pid, 1]) expect(processes.isOwn(id)).toBe(false)
  child.kill("SIGKILL")
})

test("what does not exist is nobody's", () => {
  for (const id of [0, -1, 2 ** 22 + 7, Number.NaN]) expect(processes.isOwn(id)).toBe(false)
})

describe("beyond the sandbox's reach", () => {
  const own = `/proc/${process.pid}`
  test.each([own, `${own}/environ`, `${own}/fd/0`, "/proc/1", "/proc/1/maps", "/proc"])("%s", path =>
    expect(processes.isBeyond(path)).toBe(true),
  )
  test.each([
    "/proc/cpuinfo",
    "/proc/sys/kernel/pid_max",
    "/proc/meminfo",
    "/process/1",
    "/p/proc/1",
    "/proc1",
  ])("not %s", path => expect(processes.isBeyond(path)).toBe(false))
  test("the network's facts where there is to be none", () => {
    const paths = ["/proc/4000000/net", "/proc/4000000/net/tcp", "/proc/4000000/task/5/net/dev"]
    expect(paths.map(path => processes.isBeyond(path))).toEqual([true, true, true])
    // Of nobody at all: beyond reach for that reason.
    expect(online.isBeyond("/proc/4000000/net")).toBe(true)
  })
  test("others' without the list of all", () => {
    expect(processes.isOthers("/proc")).toBe(false)
    expect(processes.isOthers("/proc/1/root")).toBe(true)
  })
})

test("paths of processes are told from the rest of /proc", () => {
  expect(["/proc/7", "/proc/7/fd/1", "/proc/7/task/8"].map(isOfProcess)).toEqual([true, true, true])
  expect(["/proc", "/proc/sys", "/proc/7x", "/x/proc/7", "/proc/self"].map(isOfProcess)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
})
