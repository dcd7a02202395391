/** Signals of a process, read and set; in processes of their own, because the tests' runtime needs its own. */
import { expect, test } from "bun:test"
import { constants } from "node:os"
import { join } from "node:path"
import { signalSet } from "../../src/kernel/signals.ts"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"

const { SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1 } = constants.signals

/** What an expression comes to in a new process. */
async function evaluate(code: string, before = ""): Promise<string> {
  const kernel = JSON.stringify(join(root, "src/kernel"))
  const script = `
const { isIgnored, ignoreSignal, signalMask, setSignalMask } = require(${kernel} + "/signals.ts")
const { execve } = require(${kernel} + "/libc.ts")
${code}`
  const words = ["sh", "-c", `${before} exec "$0" -e "$1"`, process.execPath, script]
  const { stdout, stderr } = await run(words, { cwd: root, env: { PATH: "/usr/bin:/bin" } })
  return stdout.trim() + stderr
}

const ask = (...signals: number[]) =>
  `console.log(${signals.map(signal => `isIgnored(${signal})`).join(", ")})`

test("a set has one bit a signal, the lowest for the first", () => {
  expect(signalSet([])).toBe(0n)
  expect(signalSet([1])).toBe(1n)
  expect(signalSet([SIGHUP, SIGINT, 64])).toBe(3n | (1n << 63n))
})

test("what the caller ignores is known, and what the runtime does", async () => {
  expect(await evaluate(ask(SIGHUP, SIGINT, SIGTERM, SIGPIPE))).toBe("false false false true")
  expect(await evaluate(ask(SIGHUP, SIGINT, SIGTERM, SIGPIPE), "trap '' HUP TERM;")).toBe(
    "true false true true",
  )
})

test("what is handled is not ignored", async () => {
  const code = `process.on("SIGUSR1", () => {}); ${ask(SIGUSR1)}`
  expect(await evaluate(code, "trap '' USR1;")).toBe("false")
})

test("what is ignored does not end the process, and comes along to what it starts", async () => {
  const code = `ignoreSignal(${SIGTERM}); process.kill(process.pid, "SIGTERM"); ${ask(SIGTERM)}
    execve("/bin/grep", ["grep", "SigIgn", "/proc/self/status"], {})`
  const [ignored, status = ""] = (await evaluate(code)).split("\n")
  expect(ignored).toBe("true")
  expect(BigInt(`0x${status.split("\t")[1]}`) & signalSet([SIGTERM])).toBe(signalSet([SIGTERM]))
})

test("the mask is what was set, and a signal waits until it is let through", async () => {
  const code = `
    console.log(String(signalMask())); setSignalMask(${signalSet([SIGTERM])}n); console.log(String(signalMask()))
    const { dlopen } = require("bun:ffi")
    const { raise } = dlopen("libc.so.6", { raise: { args: ["i32"], returns: "i32" } }).symbols
    raise(${SIGTERM}); console.log("waited"); setSignalMask(0n); console.log("never")`
  expect(await evaluate(code)).toBe(`0\n${signalSet([SIGTERM])}\nwaited`)
})
