/** Nothing goes on when Cordon or bubblewrap is killed, whenever that happens. */
import { describe, expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { childrenOf, eventually, type Running } from "../support/process.ts"
import { everyNetwork, leftOvers, processesOf, startShell, uniqueSleep, worldWith } from "./sessions.ts"

/** How long what was inside may live on. */
const graceMs = 1000
const early = { times: 100, latestMs: 40 }

/** Processes below one, from the top. */
function below(id: number): number[] {
  return childrenOf(id).flatMap(child => [child, ...below(child)])
}

/** proc_pid_stat(5), from the state on */
function statOf(id: number): string[] {
  return readFileSync(`/proc/${id}/stat`, "latin1").replace(/.*\) /s, "").split(" ")
}

function stateOf(id: number): string | undefined {
  return statOf(id)[0]
}

/** Milliseconds that all threads of a process have had of a processor. */
function processorTimeOf(id: number): number {
  const ticksPerSecond = 100
  const [user, system] = statOf(id).slice(11, 13).map(Number)
  return (((user ?? 0) + (system ?? 0)) * 1000) / ticksPerSecond
}

async function outcomeWithin(limitMs: number, { outcome, process }: Running) {
  const timer = setTimeout(() => process.kill("SIGKILL"), limitMs)
  return outcome.finally(() => clearTimeout(timer))
}

const script = (sleep: string) =>
  `sleep ${sleep} & setsid sleep ${sleep} & (trap '' TERM HUP INT; sleep ${sleep}) & echo > started; sleep ${sleep}`

describe.each(everyNetwork)("with the network %s:", network => {
  describe("SIGKILL", () => {
    test("of Cordon ends everything inside within a second", async () => {
      using world = worldWith(network)
      const sleep = uniqueSleep()
      const running = await startShell(world, script(sleep))
      running.process.kill("SIGKILL")
      const left = await leftOvers(graceMs, sleep, world.root)
      expect(left).toEqual([])
      expect((await running.outcome).code).toBe(137)
    })

    // From the top: bubblewrap outside, and the one inside that is the first process of its namespace.
    test.each([
      ["bubblewrap", 0],
      ["the first process inside", 1],
    ])("of %s ends everything inside, and Cordon, within a second", async (_, index) => {
      using world = worldWith(network)
      const sleep = uniqueSleep()
      const running = await startShell(world, script(sleep))
      const [, inside] = below(running.process.pid)
      expect(inside).toBeDefined()
      process.kill(below(running.process.pid)[index] ?? Number.NaN, "SIGKILL")
      const { code } = await outcomeWithin(5000, running)
      expect(await leftOvers(graceMs, sleep, world.root)).toEqual([])
      expect(code).toBe(137)
    })

    test("of the command ends what it started, and Cordon says how it ended", async () => {
      using world = worldWith(network)
      const sleep = uniqueSleep()
      const running = await startShell(world, script(sleep))
      const command = below(running.process.pid)[2]
      process.kill(command ?? Number.NaN, "SIGKILL")
      expect(await outcomeWithin(5000, running)).toEqual({ code: 137, stdout: "", stderr: "" })
      expect(await leftOvers(graceMs, sleep, world.root)).toEqual([])
    })
  })

  test("when nobody is left who could call, Cordon sleeps until bubblewrap has ended", async () => {
    using world = worldWith(network)
    const running = await startShell(world, `echo > started; exec sleep ${uniqueSleep()}`)
    const { pid } = running.process
    const [, first = Number.NaN, command = Number.NaN] = below(pid)
    process.kill(first, "SIGSTOP")
    await eventually(() => (stateOf(first) === "T" ? true : undefined))
    process.kill(command, "SIGKILL")
    await eventually(() => (stateOf(command) === "Z" ? true : undefined))
    const before = processorTimeOf(pid)
    await Bun.sleep(1000)
    const share = (processorTimeOf(pid) - before) / 1000
    process.kill(first, "SIGCONT")
    expect((await outcomeWithin(5000, running)).code).toBe(137)
    expect(share).toBeLessThan(0.5)
  })

  describe("SIGKILL at any moment of the start", () => {
    test(`of Cordon leaves nothing behind, ${early.times} times`, async () => {
      using world = worldWith(network)
      const sleep = uniqueSleep()
      for (let times = 0; times < early.times; times++) {
        const running = world.start(["-q", "--", "sleep", sleep])
        await Bun.sleep(Math.random() * early.latestMs)
        running.process.kill("SIGKILL")
        expect((await running.outcome).code).toBe(137)
      }
      expect(await leftOvers(graceMs, sleep, world.root)).toEqual([])
    })

    test("of bubblewrap ends Cordon too, with a status and no complaint", async () => {
      using world = worldWith(network)
      const sleep = uniqueSleep()
      for (let times = 0; times < early.times; times++) {
        const running = world.start(["-q", "--", "sleep", sleep])
        const bubblewrap = await eventually(() => childrenOf(running.process.pid)[0])
        await Bun.sleep(Math.random() * 10)
        // 0 would mean this process and those beside it; so it is an error.
        process.kill(bubblewrap ?? Number.NaN, "SIGKILL")
        const { code, stderr } = await outcomeWithin(5000, running)
        expect(code).toBe(137)
        // The command, if it has come that far, may notice that nobody answers its calls any more.
        expect(stderr).not.toContain("bug")
      }
      expect(await leftOvers(graceMs, sleep, world.root)).toEqual([])
    })
  })

  test("the command's end ends what it left behind, and what it left is found by its session", async () => {
    using world = worldWith(network)
    const sleep = uniqueSleep()
    const running = await startShell(
      world,
      `setsid sleep ${sleep} & echo "$CORDON_SESSION"; echo > started; until [ -e seen ]; do sleep 0.05; done`,
    )
    expect(processesOf(sleep).length).toBeGreaterThan(0)
    writeFileSync(join(world.project, "seen"), "")
    const { code, stdout } = await running.outcome
    expect({ code, left: await leftOvers(graceMs, sleep, stdout.trim()) }).toEqual({ code: 0, left: [] })
  })
})
