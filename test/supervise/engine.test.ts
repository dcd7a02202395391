/** Where the live engine runs, decided before anybody knows what it will serve. */
import { describe, expect, test } from "bun:test"
import { createServer } from "node:net"
import { join } from "node:path"
import { landlockAbi } from "../../src/kernel/landlock.ts"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"

const file = (path: string) => JSON.stringify(join(root, "src", path))
const preamble = `
const { startEngine } = require(${file("supervise/engine.ts")})
const { supervise } = require(${file("supervise/supervise.ts")})
`

/** The thread's file is found from there when the program is not compiled. */
const runCode = (code: string) =>
  run([process.execPath, "-e", preamble + code], { cwd: join(root, "src"), env: {} })

/** As much of a session as is looked at before anything is started. */
const session = (scopeAbstractSockets: boolean, mode = "open") =>
  JSON.stringify({
    invocation: { program: "/no/such", words: [], descriptors: [], environment: {}, guardian: 100 },
    rules: { paths: [], protections: [] },
    reads: "continue",
    plan: {
      limits: { resources: [] },
      session: "s",
      mounts: [],
      stateFiles: [],
      unixSockets: [],
      landlock: { scopeAbstractSockets },
      network: { mode },
    },
  })

type Choice = { scoped: boolean; threaded: boolean }

const started = (choice: Choice, planned: string) => `
const failed = error => console.log(error.message)
try { supervise({ ...${planned}, engine: startEngine(${JSON.stringify(choice)}), tell: console.log }).catch(failed) } catch (error) { failed(error) }`

describe("an engine that nobody needs", () => {
  test.each([true, false])("keeps no process from ending: in a thread, %p", async threaded => {
    const code = `startEngine({ scoped: false, threaded: ${threaded} }); console.log('done')`
    expect(await runCode(code)).toEqual({ code: 0, stdout: "done\n", stderr: "" })
  })
})

describe("the place of the engine", () => {
  const threads =
    "require('node:fs').readdirSync('/proc/self/task').map(t => require('node:fs').readFileSync('/proc/self/task/' + t + '/comm', 'utf8').trim())"
  const hasThread = (threaded: boolean, before = "") =>
    runCode(`${before}
const engine = startEngine({ scoped: false, threaded: ${threaded} })
const look = tries => {
  const found = ${threads}.includes("Worker")
  // It has its name a moment after its start.
  if (engine.threaded && !found && tries < 500) return setTimeout(look, 20, tries + 1)
  console.log(engine.threaded, found)
  process.exit()
}
setTimeout(look, 300, 0)`)

  test.each([true, false])("is a thread where the main one will be busy: %p", async threaded => {
    expect((await hasThread(threaded)).stdout).toBe(`${threaded} ${threaded}\n`)
  })

  test("is a thread where the event loop cannot be told from what the caller left open", async () => {
    const before = `
const { rawCall } = require(${file("kernel/raw-call.ts")})
// epoll_create1(2)
rawCall(process.arch === "x64" ? 291 : 20, 0)`
    expect((await hasThread(false, before)).stdout).toBe("true true\n")
  })

  test("is never the main thread where connections are to be relayed", async () => {
    const { stdout } = await runCode(started({ scoped: false, threaded: false }, session(false, "filtered")))
    expect(stdout).toBe("bug: nobody is free for the connections of the sandbox\n")
  })
})

describe.skipIf(landlockAbi() < 6)(
  "the scope of abstract sockets [skipped when there is no Landlock ABI 6]",
  () => {
    test.each([
      [true, false],
      [false, true],
    ])("is the plan's, or nothing starts: entered %p, planned %p", async (scoped, planned) => {
      const { stdout } = await runCode(started({ scoped, threaded: true }, session(planned)))
      expect(stdout).toStartWith(
        "bug: the sandbox and who connects on its behalf are not in one Landlock domain",
      )
    })

    test.each([
      [true, true],
      [false, true],
      [true, false],
      [false, false],
    ])("entered and planned, %p: it starts, in a thread, %p", async (scoped, threaded) => {
      const { stdout } = await runCode(started({ scoped, threaded }, session(scoped)))
      expect(stdout).toContain("/no/such cannot be started")
    })

    test.each([
      // EPERM, which the runtime calls so.
      [true, "ECONNREFUSED"],
      [false, "connected"],
    ])("entered %p: an abstract socket of others says %s", async (scoped, said) => {
      const name = `\0cordon-test-${crypto.randomUUID()}`
      const server = createServer(socket => socket.end()).listen(name)
      try {
        const { stdout } = await runCode(`
startEngine({ scoped: ${scoped}, threaded: false })
const socket = require("node:net").connect(${JSON.stringify(name)}, () => { console.log("connected"); process.exit() })
socket.on("error", ({ code }) => { console.log(code); process.exit() })`)
        expect(stdout.trim()).toBe(said)
      } finally {
        server.close()
      }
    })
  },
)
