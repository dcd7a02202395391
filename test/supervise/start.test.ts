/** The start under odd circumstances, and one that fails. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

/** Starts Cordon from bash after some words of its. */
function startedAfter(world: World, before: string, script: string) {
  const words = ["bash", "-c", `${before}\nexec "$0" -q -- sh -c "$1"`, cordonBinary, script]
  return run(words, { cwd: world.project, env: world.env })
}

describe("a caller", () => {
  test.each([90, 98, 100, 102, 105, 110, 115, 125, 140, 400])(
    "may have left %d descriptors open: none is open inside, and the supervisor works",
    async count => {
      using world = new World()
      const before = `for ((n = 3; n < ${count}; n++)); do eval "exec $n</etc/passwd"; done`
      // `ls` itself has the directory open as 3.
      const outcome = await startedAfter(world, before, "echo made > file && ls /proc/self/fd | tr '\\n' ' '")
      expect(outcome).toEqual({ code: 0, stdout: "0 1 2 3 ", stderr: "" })
    },
  )

  test.each(["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])("may have closed descriptors: %s", async closed => {
    using world = new World()
    const { code } = await startedAfter(world, `exec ${closed}`, "echo made > file; exit 5")
    expect(code).toBe(5)
    expect(await world.host("cat", "file")).toBe("made\n")
  })

  test.each([0, 1, 2])("may not hand over a directory as descriptor %d", async number => {
    using world = new World()
    const { code } = await startedAfter(world, `exec ${number}</`, "echo made > file")
    // With 2 it has nowhere to say so.
    expect(code).toBe(125)
    expect(await world.host("ls")).toBe("")
  })
})

describe("a limit that is too low is told as that, and nothing was started:", () => {
  test.each(["-n 14", "-n 60", "-n 105", "-f 1", "-f 4"])("ulimit %s", async limit => {
    using world = new World()
    const { code, stdout, stderr } = await startedAfter(world, `ulimit ${limit}`, "echo made")
    expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
    expect(stderr).toMatch(/^cordon: .+\ncordon: → raise the limit on .+`ulimit -[nf]`\n$/)
  })
})

test("what cannot be started is told, and the process ends though its second thread waits", async () => {
  const invocation = { program: "/no/such", words: [], descriptors: [], environment: {}, guardian: 100 }
  const limits = { resources: [] }
  const request = {
    ...{ invocation, rules: { paths: [], protections: [] }, reads: "continue" },
    plan: {
      limits,
      session: "s",
      mounts: [],
      stateFiles: [],
      unixSockets: [],
      landlock: undefined,
      network: { mode: "off" },
    },
  }
  const code = `
const { supervise } = require(${JSON.stringify(join(root, "src/supervise/supervise.ts"))})
const { startEngine } = require(${JSON.stringify(join(root, "src/supervise/engine.ts"))})
const failed = error => { console.log(error.name + ": " + error.message); process.exitCode = 125 }
try { supervise({ ...${JSON.stringify(request)}, engine: startEngine({ scoped: false, threaded: true }), tell: console.log }).catch(failed) } catch (error) { failed(error) }`
  // The thread's file is found from there when the program is not compiled.
  const outcome = await run([process.execPath, "-e", code], { cwd: join(root, "src"), env: {} })
  expect(outcome).toEqual({
    code: 125,
    stdout: "HostError: /no/such cannot be started: posix_spawn: ENOENT\n",
    stderr: "",
  })
})
