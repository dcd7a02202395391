/** Children of processes, and their end. */
import { expect, test } from "bun:test"
import { childrenOf, sendKill } from "../../src/kernel/processes.ts"
import { eventually } from "../support/process.ts"

test("a process has the children that it started, and they have theirs", async () => {
  const child = Bun.spawn(["sh", "-c", "sleep 60 & sleep 60 & wait"])
  try {
    expect(childrenOf(process.pid)).toContain(child.pid)
    const below = await eventually(() =>
      childrenOf(child.pid).length === 2 ? childrenOf(child.pid) : undefined,
    )
    expect(below?.flatMap(childrenOf)).toEqual([])
    for (const each of below ?? []) sendKill(each)
    expect(await child.exited).toBe(0)
  } finally {
    child.kill("SIGKILL")
  }
})

test("one that has ended has none, and killing it is no error", async () => {
  const child = Bun.spawn(["true"])
  await child.exited
  expect(childrenOf(child.pid)).toEqual([])
  expect(() => sendKill(child.pid)).not.toThrow()
})
