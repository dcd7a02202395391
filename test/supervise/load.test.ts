/** What the supervisor costs: its memory stays small, however much goes on inside. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Running } from "../support/process.ts"
import type { World } from "../support/world.ts"
import { appears, everyNetwork, worldWith } from "./sessions.ts"

const mebibytesMax = 60

type Network = (typeof everyNetwork)[number]

/** Resident memory of a process, in MiB (proc_pid_status(5), VmRSS). */
function residentMebibytes(id: number): number {
  const status = readFileSync(`/proc/${id}/status`, "utf8")
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) / 1024
}

/** Runs a script to its last line, which waits until it is looked at. */
async function underWay(world: World, script: string): Promise<Running> {
  const running = world.start(["-q", "--", "sh", "-c", `${script}\necho > done; exec sleep 60`])
  if (!(await appears(world, "done"))) throw new Error("it never came to its end")
  return running
}

async function memoryAfter(script: string, network: Network): Promise<number> {
  using world = worldWith(network)
  const running = await underWay(world, script)
  const resident = residentMebibytes(running.process.pid)
  running.process.kill("SIGKILL")
  await running.outcome
  return resident
}

describe.each(everyNetwork)("with the network %s:", network => {
  describe(`the supervisor takes at most ${mebibytesMax} MiB`, () => {
    test("at the start", async () => {
      expect(await memoryAfter(":", network)).toBeLessThan(mebibytesMax)
    })

    test("after a thousand processes", async () => {
      const script = "i=0; while [ $i -lt 1000 ]; do (:); i=$((i+1)); done"
      expect(await memoryAfter(script, network)).toBeLessThan(mebibytesMax)
    })

    test("after ten thousand calls that it decided on", async () => {
      const script =
        "mkdir a; echo text > a/file; i=0; while [ $i -lt 5000 ]; do echo $i > f; read x < a/file; i=$((i+1)); done"
      expect(await memoryAfter(script, network)).toBeLessThan(mebibytesMax)
    })
  })

  test("a command that starts a thousand programs, fifty at a time, ends as it should", async () => {
    using world = worldWith(network)
    const script = `
i=0
while [ $i -lt 20 ]; do
  j=0
  while [ $j -lt 50 ]; do /bin/true & j=$((j+1)); done
  wait
  i=$((i+1))
done
echo "all $i"; exit 3`
    expect(await world.shell(script)).toEqual({ code: 3, stdout: "all 20\n", stderr: "" })
  })

  test("two sessions in one project work at the same time, each with its own supervisor", async () => {
    using world = worldWith(network)
    const loop = (name: string) =>
      `i=0; while [ $i -lt 200 ]; do echo $i > ${name}; mv ${name} ${name}.moved; i=$((i+1)); done; cat ${name}.moved`
    const outcomes = await Promise.all(["one", "two", "three"].map(name => world.shell(loop(name))))
    expect(outcomes.map(({ code, stdout }) => `${code} ${stdout.trim()}`)).toEqual([
      "0 199",
      "0 199",
      "0 199",
    ])
    expect(readFileSync(join(world.project, "two.moved"), "utf8")).toBe("199\n")
  })
})
