/** The second thread, started before anybody knows what it will be for. */
import { describe, expect, test } from "bun:test"
import { createServer } from "node:net"
import { join } from "node:path"
import { landlockAbi } from "../../src/kernel/landlock.ts"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"

const file = (path: string) => JSON.stringify(join(root, "src", path))
const preamble = `
const { startEngineThread } = require(${file("supervise/engine-thread.ts")})
const { supervise } = require(${file("supervise/supervise.ts")})
`

/** The thread's file is found from there when the program is not compiled. */
const runCode = (code: string) =>
  run([process.execPath, "-e", preamble + code], { cwd: join(root, "src"), env: {} })

/** As much of a session as is looked at before anything is started. */
const session = (scopeAbstractSockets: boolean) =>
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
    },
  })

const started = (scoped: boolean, planned: boolean) => `
const failed = error => console.log(error.message)
try { supervise({ ...${session(planned)}, engine: startEngineThread(${scoped}), tell: console.log }).catch(failed) } catch (error) { failed(error) }`

describe("a thread that nobody needs", () => {
  test("keeps no process from ending", async () => {
    expect(await runCode("startEngineThread(false); console.log('done')")).toEqual({
      code: 0,
      stdout: "done\n",
      stderr: "",
    })
  })
})

describe.skipIf(landlockAbi() < 6)(
  "the scope of abstract sockets [skipped when there is no Landlock ABI 6]",
  () => {
    test.each([
      [true, false],
      [false, true],
    ])("is the plan's, or nothing starts: entered %p, planned %p", async (scoped, planned) => {
      const { stdout } = await runCode(started(scoped, planned))
      expect(stdout).toStartWith(
        "bug: the sandbox and who connects on its behalf are not in one Landlock domain",
      )
    })

    test.each([true, false])("entered and planned, %p: it starts", async scoped => {
      expect((await runCode(started(scoped, scoped))).stdout).toContain("/no/such cannot be started")
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
startEngineThread(${scoped})
const socket = require("node:net").connect(${JSON.stringify(name)}, () => { console.log("connected"); process.exit() })
socket.on("error", ({ code }) => { console.log(code); process.exit() })`)
        expect(stdout.trim()).toBe(said)
      } finally {
        server.close()
      }
    })
  },
)
