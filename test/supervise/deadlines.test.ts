/** Timers that a thread in a system call keeps. */
import { describe, expect, test } from "bun:test"
import { after, untilNextDeadline } from "../../src/supervise/deadlines.ts"

describe("a wait", () => {
  test("ends after its time", async () => {
    const start = performance.now()
    await new Promise<void>(resolve => after(100, resolve))
    expect(performance.now() - start).toBeGreaterThanOrEqual(95)
  })

  test("of more than setTimeout takes does not end at once", async () => {
    // Beyond 2^31 ms a timer would fire with the next turn of the loop; a process of its own, because this one stays.
    const code = `
      const { after } = require(${JSON.stringify(`${import.meta.dir}/../../src/supervise/deadlines.ts`)})
      after(2 ** 31 + 5, () => console.log("over"))
      setTimeout(() => process.exit(), 200)`
    const waiting = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe" })
    expect(await new Response(waiting.stdout).text()).toBe("")
  })

  test("that is cancelled does not end", async () => {
    let ended = false
    after(20, () => {
      ended = true
    }).cancel()
    await Bun.sleep(60)
    expect(ended).toBe(false)
  })

  test("keeps no process from ending", async () => {
    const code = `
      const { after } = require(${JSON.stringify(`${import.meta.dir}/../../src/supervise/deadlines.ts`)})
      after(60_000, () => undefined)
      console.log("done")`
    const waiting = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe" })
    expect(await new Response(waiting.stdout).text()).toBe("done\n")
    expect(await waiting.exited).toBe(0)
  })
})

describe("the next deadline", () => {
  test("is the first of all that are neither over nor cancelled", async () => {
    expect(untilNextDeadline()).toBeUndefined()
    const late = after(60_000, () => undefined)
    const early = after(5_000, () => undefined)
    const next = untilNextDeadline() ?? 0
    expect(next).toBeGreaterThan(4_000)
    expect(next).toBeLessThanOrEqual(5_000)
    early.cancel()
    expect(untilNextDeadline()).toBeGreaterThan(50_000)
    await new Promise<void>(resolve => after(10, resolve))
    expect(untilNextDeadline()).toBeGreaterThan(50_000)
    late.cancel()
    expect(untilNextDeadline()).toBeUndefined()
  })

  test("is now, and never in the past, while this thread is busy", async () => {
    const over = new Promise<void>(resolve => after(5, resolve))
    Bun.sleepSync(10)
    expect(untilNextDeadline()).toBe(0)
    await over
  })
})
