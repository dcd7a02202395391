/** The event loop as a descriptor, in processes of their own: this one's loop has much to do. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"

const file = (path: string) => JSON.stringify(join(root, "src", path))
const preamble = `
const { eventLoopDescriptor } = require(${file("kernel/event-loop.ts")})
const { Poll } = require(${file("kernel/poll.ts")})
const { rawCall } = require(${file("kernel/raw-call.ts")})
const { callNumbers, presentArchitecture } = require(${file("kernel/system-calls.ts")})
const number = callNumbers(presentArchitecture())
const loop = eventLoopDescriptor()
`

const runCode = (code: string) => run([process.execPath, "-e", preamble + code], { cwd: root, env: {} })

test("is not readable as long as there is nothing to do", async () => {
  const { stdout } = await runCode(`setTimeout(() => console.log(new Poll([loop]).wait(100)), 50)`)
  expect(stdout).toBe("false\n")
})

test("is readable when a signal has come, also before anybody waited", async () => {
  const { stdout } = await runCode(`
const after = () => { console.log("handled", new Poll([loop]).wait(0)); process.exit() }
process.on("SIGUSR1", () => setTimeout(after, 20))
setTimeout(() => undefined, 5000)
setTimeout(() => {
  rawCall(number.kill, process.pid, 10)
  console.log(new Poll([loop]).wait(5000))
}, 50)`)
  expect(stdout).toBe("true\nhandled false\n")
})

test("is readable when a child has ended", async () => {
  const { stdout } = await runCode(`
process.on("SIGCHLD", () => { console.log("ended"); process.exit() })
const child = require("node:child_process").spawn("sleep", ["2"])
setTimeout(() => {
  // The signal itself ends the first wait.
  const poll = new Poll([loop])
  console.log(poll.wait(5000) || poll.wait(5000))
}, 50)`)
  expect(stdout).toBe("true\nended\n")
})

test("is not known where the caller left another one open", async () => {
  const code = `
  // epoll_create1(2)
  rawCall(process.arch === "x64" ? 291 : 20, 0)
  console.log(loop !== undefined, eventLoopDescriptor())`
  expect((await runCode(code)).stdout).toBe("true undefined\n")
})
