/** The live engine in the main thread: while it waits for calls, nothing else of the supervisor's is forgotten. */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { commandLineOf } from "../support/process.ts"
import { World } from "../support/world.ts"
import { cordonOf, startShell, uniqueSleep } from "./sessions.ts"

const networks = ["off", "open", "filtered"] as const
const worldWith = (network: (typeof networks)[number]) => new World({ env: { CORDON_NET: network } })

/** Creates files for ever, each with the engine's help. */
const busily = "while :; do echo x > busy; rm busy; done"

/** Names of the supervisor's threads. */
function threadsOf(process: number): string[] {
  return readdirSync(`/proc/${process}/task`).map(id =>
    readFileSync(`/proc/${process}/task/${id}/comm`, "utf8").trim(),
  )
}

test.each(networks)(
  "with the network %s it has a thread of its own only where that is filtered",
  async network => {
    using world = worldWith(network)
    const running = await startShell(world, "echo > started; exec sleep 60")
    expect(threadsOf(cordonOf(world)).includes("Worker")).toBe(network === "filtered")
    running.process.kill("SIGTERM")
    expect((await running.outcome).code).toBe(143)
  },
)

describe.each(networks)("with the network %s:", network => {
  test.each([
    ["idle", "sleep 60"],
    ["busy", busily],
  ])("a time limit ends a session that is %s", async (_, script) => {
    using world = worldWith(network)
    const { code, stderr } = await world.cordon(["--timeout", "1s", "--", "sh", "-c", script])
    expect(code).toBe(124)
    expect(stderr).toContain("the time limit of 1 s is over")
  })

  test("signals reach a command that keeps the engine busy", async () => {
    using world = worldWith(network)
    const running = await startShell(world, `trap 'exit 9' TERM; echo > started; ${busily}`)
    running.process.kill("SIGTERM")
    expect((await running.outcome).code).toBe(9)
  })

  test("a command that ends while others keep the engine busy ends the session", async () => {
    using world = worldWith(network)
    const mark = uniqueSleep()
    const { code } = await world.shell(`(: ${mark}; ${busily}) & (${busily}) & sleep 0.3; exit 6`)
    expect(code).toBe(6)
    const left = readdirSync("/proc").filter(
      id => /^\d+$/.test(id) && commandLineOf(Number(id)).includes(mark),
    )
    expect(left.filter(id => Number(id) !== process.pid)).toEqual([])
  })

  test("nothing is used up while nothing happens", async () => {
    using world = worldWith(network)
    const running = await startShell(world, "echo > started; exec sleep 60")
    const id = cordonOf(world)
    // Whatever the start still does, memory given back after 200 ms included.
    await Bun.sleep(1000)
    const before = ticksOf(id)
    await Bun.sleep(1500)
    // Clock ticks of 10 ms: a loop that never waits would use 150.
    expect(ticksOf(id) - before).toBeLessThan(20)
    running.process.kill("SIGKILL")
    await running.outcome
  })

  test("calls that wait are answered when what they wait for happens, and signals meanwhile", async () => {
    using world = worldWith(network)
    const script = `
mkfifo pipe
(sleep 0.5; echo late > pipe) &
read line < pipe
echo "$line"
trap 'echo signal' USR1
(sleep 0.3; kill -USR1 $$; sleep 0.3; echo later > pipe) &
read line < pipe || read line < pipe
echo "$line"`
    expect((await world.cordon(["-q", "--", "bash", "-c", script])).stdout).toBe("late\nsignal\nlater\n")
  })
})

test("the umask of programs is kept, and Cordon writes its own files as before", async () => {
  using world = worldWith("off")
  const log = join(world.root, "log.jsonl")
  const words = ["-q", "--log", log, "--", "sh", "-c", "umask 0; echo x > open; umask 077; echo x > shut"]
  expect((await world.cordon(words)).code).toBe(0)
  expect(await world.host("stat", "-c", "%a", "open", "shut", log)).toBe("666\n600\n600\n")
})

/** Processor time that a process has used, in clock ticks (proc_pid_stat(5), utime and stime). */
function ticksOf(process: number): number {
  const fields = readFileSync(`/proc/${process}/stat`, "latin1").split(") ")[1]?.split(" ") ?? []
  return Number(fields[11]) + Number(fields[12])
}
