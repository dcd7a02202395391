/** Control groups as directories of the disk: what is made, what is left when something fails, what is cleared away. */
import { afterAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HostError } from "../../src/base/error.ts"
import type { ControlGroup } from "../../src/plan/launch-plan.ts"
import { enterGroup } from "../../src/supervise/enter-group.ts"
import { makeGroup } from "../../src/supervise/group.ts"
import { removeAbandoned, removeAtEnd } from "../../src/supervise/leftover.ts"
import { eventually } from "../support/process.ts"
import { isRoot } from "../support/world.ts"

const scratch = mkdtempSync(join(tmpdir(), "cordon-group-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let count = 0
function directory(): string {
  const path = join(scratch, String(count++))
  mkdirSync(path)
  return path
}

const session = "00000000-0000-4000-8000-000000000000"
/** No process of this machine. */
const nobody = 2 ** 22 + 1

const optional = { file: "memory.swap.max", value: "0", mayBeMissing: true } as const
const needed = { file: "memory.max", value: "1" } as const

function group(
  ...directories: { parent: string; values: (typeof optional | typeof needed)[] }[]
): ControlGroup {
  return { kind: "directories", directories: directories.map(each => ({ ...each, enable: [] })) }
}

describe("making a group", () => {
  test("gives the file by which processes enter, and takes the directory away again", () => {
    const parent = directory()
    const made = makeGroup(group({ parent, values: [optional] }), session)
    const path = join(parent, `cordon-${process.pid}-${session}`)
    expect(made.entry).toEqual({ kind: "directories", files: [join(path, "cgroup.procs")] })
    expect(readdirSync(parent)).toHaveLength(1)
    expect(made.remove()).toEqual([])
    expect(readdirSync(parent)).toEqual([])
  })

  test("fails when the kernel lacks what must be there, and leaves nothing, not even elsewhere", () => {
    const [one, two] = [directory(), directory()]
    const both = group({ parent: one, values: [optional] }, { parent: two, values: [needed] })
    expect(() => makeGroup(both, session)).toThrow(HostError)
    expect(() => makeGroup(both, session)).toThrow(/memory\.max: ENOENT/)
    expect([...readdirSync(one), ...readdirSync(two)]).toEqual([])
  })

  test("fails where nothing can be made", () => {
    const values = [optional]
    const parent = join(directory(), "file")
    writeFileSync(parent, "")
    expect(() => makeGroup(group({ parent, values }), session)).toThrow(HostError)
  })

  test("fails when a controller cannot be handed on, and writes to it only what is missing", () => {
    const parent = directory()
    const control = join(parent, "cgroup.subtree_control")
    writeFileSync(control, "memory pids")
    const enabling = (enable: string[]): ControlGroup => ({
      kind: "directories",
      directories: [{ parent, enable, values: [] }],
    })
    makeGroup(enabling(["memory"]), session).remove()
    expect(readFileSync(control, "utf8")).toBe("memory pids")
    makeGroup(enabling(["memory", "cpu"]), session).remove()
    expect(readFileSync(control, "utf8")).toBe("+cpu")
    rmSync(control)
    expect(() => makeGroup(enabling(["cpu"]), session)).toThrow(/handing on cpu/)
    expect(readdirSync(parent)).toEqual([])
  })
})

describe("what is left", () => {
  test("of a session whose process is gone is removed at the next start, and nothing else is", () => {
    const parent = directory()
    const gone = `cordon-${nobody}-${session}`
    const kept = [
      `cordon-${process.pid}-${session}`,
      `cordon-1-${session}`,
      `cordon-${nobody}-other`,
      `cordon-${nobody}`,
      "cordon",
      "user.slice",
    ]
    for (const name of [gone, ...kept]) mkdirSync(join(parent, name))
    removeAbandoned(parent)
    expect(readdirSync(parent).sort()).toEqual([...kept].sort())
  })

  test("is kept while something is in it", () => {
    const parent = directory()
    mkdirSync(join(parent, `cordon-${nobody}-${session}/busy`), { recursive: true })
    removeAbandoned(parent)
    expect(readdirSync(parent)).toHaveLength(1)
  })

  test("goes when a process ends by SIGKILL", async () => {
    const parent = directory()
    const code = `
      const { makeGroup } = require(${JSON.stringify(join(import.meta.dir, "../../src/supervise/group.ts"))})
      makeGroup(${JSON.stringify(group({ parent, values: [optional] }))}, "${session}")
      process.stdout.write("made")
      setInterval(() => undefined, 1000)`
    const owner = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "inherit" })
    for await (const _ of owner.stdout) break
    expect(readdirSync(parent)).toHaveLength(1)
    owner.kill("SIGKILL")
    await owner.exited
    const gone = await eventually(() => (readdirSync(parent).length === 0 ? true : undefined))
    expect(gone).toBe(true)
  })

  test("is named when it cannot be removed", () => {
    const parent = directory()
    const made = makeGroup(group({ parent, values: [optional] }), session)
    const [name = ""] = readdirSync(parent)
    writeFileSync(join(parent, name, "memory.events"), "low 0\nmax 9\noom 2\noom_kill 3\noom_group_kill 0\n")
    writeFileSync(join(parent, name, "pids.events"), "max 7\n")
    expect(made.remove()).toEqual([
      "the memory limit was reached: the kernel ended 3 of the processes",
      "the limit of processes was reached: 7 more were refused",
      `the control group ${join(parent, name)} is in use and could not be removed`,
    ])
  })

  test.skipIf(!isRoot)("goes at once where root gave up what it takes [skipped when not root]", async () => {
    // As /sys/fs/cgroup is: nobody writes there without CAP_DAC_OVERRIDE.
    const closed = [directory(), directory()]
    const source = (path: string) => JSON.stringify(join(import.meta.dir, "../../src", path))
    const groups = group(...closed.map(parent => ({ parent, values: [optional] })))
    const code = `
      const { makeGroup } = require(${source("supervise/group.ts")})
      const { dropCapabilities } = require(${source("kernel/file-calls.ts")})
      const { remove } = makeGroup(${JSON.stringify(groups)}, "${session}")
      for (const parent of ${JSON.stringify(closed)}) {
        require("node:fs").chmodSync(parent, 0o555)
      }
      dropCapabilities()
      const start = performance.now()
      const said = remove()
      console.log(JSON.stringify({ said, isFast: performance.now() - start < 1500 }))`
    const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", code])
    expect(stderr.toString()).toBe("")
    expect(JSON.parse(stdout.toString())).toEqual({ said: [], isFast: true })
    expect(closed.flatMap(parent => readdirSync(parent))).toEqual([])
  })

  test("may be gone already", () => {
    const handOver = () => {
      throw new Error("there is nothing to hand over")
    }
    expect(removeAtEnd(join(directory(), "absent"), handOver)).toBe(true)
  })
})

describe("entering a group", () => {
  test("writes the PID into every file", () => {
    const place = directory()
    const files = ["a", "b"].map(name => join(place, name))
    enterGroup({ kind: "directories", files }, 4711)
    expect(files.map(file => readFileSync(file, "utf8"))).toEqual(["4711", "4711"])
  })

  test("fails when the kernel refuses it", () => {
    const files = [join(directory(), "absent/cgroup.procs")]
    expect(() => enterGroup({ kind: "directories", files }, 4711)).toThrow(HostError)
  })

  /** A busctl that does what the script says. */
  function scopeBy(script: string) {
    const busctl = join(directory(), "busctl")
    writeFileSync(busctl, `#!/bin/sh\n${script}\n`)
    chmodSync(busctl, 0o755)
    return {
      kind: "scope",
      name: `cordon-1-${session}.scope`,
      manager: "user",
      busctl,
      properties: [["TasksMax", "t", "5"]],
      values: [{ file: "pids.max", value: "5" }],
    } as const
  }

  test("of systemd's fails with what systemd says", () => {
    expect(() => enterGroup(scopeBy("echo no such bus >&2; exit 1"), process.pid)).toThrow(
      /systemd's user manager did not set the limits: no such bus/,
    )
  })

  test("of systemd's asks for the limits, once more without what an older one does not know", () => {
    const words = join(directory(), "words")
    const script = `echo "$@" >> ${words}; echo old >&2; exit 1`
    expect(() => enterGroup(scopeBy(script), 4711)).toThrow(HostError)
    const [first = "", second = ""] = readFileSync(words, "utf8").split("\n")
    const ends = "PIDs au 1 4711 CollectMode s inactive-or-failed TasksMax t 5"
    expect(first).toStartWith("--user call org.freedesktop.systemd1 ")
    expect(first).toEndWith(`${ends} OOMPolicy s continue 0`)
    expect(second).toEndWith(`${ends} 0`)
  })

  test("of systemd's fails when it says yes and the limits do not hold", () => {
    expect(() => enterGroup(scopeBy("exit 0"), process.pid)).toThrow(/took the limits, and they do not hold/)
    expect(existsSync("/sys/fs/cgroup/cordon")).toBe(false)
  }, 20_000)
})
