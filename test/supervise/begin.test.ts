/** bubblewrap is started and held: real bubblewrap, which makes a directory outside when it is let go on; in processes of their own. */
import { describe, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"
import { World } from "../support/world.ts"

const file = (path: string) => JSON.stringify(join(root, "src", path))

/** Begins a session whose sandbox makes `made` in the directory, and whose program is a script. */
async function begun(directory: string, code: string) {
  const preamble = `
const { existsSync, readdirSync, readFileSync, writeSync } = require("node:fs")
const { exitStatus } = require(${file("kernel/spawn.ts")})
const { beginIf, beginSession } = require(${file("supervise/begin.ts")})
const { isIgnored } = require(${file("kernel/signals.ts")})
const tell = text => writeSync(1, text + "\\n")
const made = () => existsSync(${JSON.stringify(join(directory, "made"))})
const words = ["--unshare-user", "--die-with-parent", "--ro-bind", "/", "/", "--bind", ${JSON.stringify(directory)}, ${JSON.stringify(directory)}, "--dir", ${JSON.stringify(join(directory, "made"))}, "--dev", "/dev", "--proc", "/proc", "--block-fd", "102", "--", "/proc/self/fd/101"]
const invocation = { program: "/usr/bin/bwrap", words, descriptors: [], environment: {}, guardian: 100, late: { file: 101, gate: 102, options: 103 } }
const open = () => readdirSync("/proc/self/fd").length
const ended = async child => { let status; while ((status = exitStatus(child)) === undefined) await Bun.sleep(5); return status }
const program = async () => new TextEncoder().encode("#!/bin/sh\\nexit 7\\n")
`
  const words = [process.execPath, "-e", preamble + code]
  const { stdout, stderr } = await run(words, { cwd: root, env: {} })
  return stdout + stderr
}

describe("bubblewrap that is held", () => {
  test("does nothing, and all of it when it is let go on", async () => {
    using world = new World()
    const code = `const holds = () => { Bun.sleepSync(400); tell(made()); return true }
const { child, socket, gate } = beginIf(invocation, holds)
await gate.open(socket, program); tell(await ended(child) + " " + made())`
    expect(await begun(world.project, code)).toBe("false\n7 true\n")
  })

  test("takes options that are more than a pipe holds", async () => {
    using world = new World()
    const code = `words.splice(1, 0, ...Array.from({ length: 2000 }, (_, n) => ["--setenv", "V" + n, "x".repeat(100)]).flat())
const { child, socket, gate } = beginIf(invocation, () => { tell(made()); return true })
await gate.open(socket, async () => new TextEncoder().encode("#!/bin/sh\\n[ \${#V1999} = 100 ] && exit 9\\n")); tell(await ended(child))`
    expect(await begun(world.project, code)).toBe("false\n9\n")
  })

  test("says nothing, leaves nothing and is no more when it is given up", async () => {
    using world = new World()
    const code = `const before = open()
const begun = beginIf(invocation, () => { Bun.sleepSync(100); return false })
await Bun.sleep(100)
const children = readFileSync("/proc/self/task/" + process.pid + "/children", "utf8")
tell(JSON.stringify([begun ?? "none", made(), children, open() - before]))`
    expect(await begun(world.project, code)).toBe('["none",false,"",0]\n')
    expect(existsSync(join(world.project, "made"))).toBe(false)
  })

  test("and given up leaves signals as they were, but for those that came", async () => {
    using world = new World()
    const code = `const signals = [1, 2, 3, 10, 12, 14, 15]
beginIf(invocation, () => false)
tell(signals.map(isIgnored).join() + " " + process.eventNames().filter(name => String(name).startsWith("SIG")))
try { beginIf(invocation, () => { throw new Error("asking failed") }) } catch (error) { tell(error.message) }
setTimeout(() => tell("still alive"), 5000); process.kill(process.pid, "SIGTERM")`
    expect(await begun(world.project, code)).toBe(`${Array(7).fill("false")} \nasking failed\n`)
  })

  test("ends by itself when it has ended before it is let go on", async () => {
    using world = new World()
    const code = `const children = () => readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").trim()
const { child } = beginIf(invocation, () => { process.kill(Number(children()), "SIGKILL"); Bun.sleepSync(50); return true })
tell(await ended(child))`
    expect(await begun(world.project, code)).toBe("137\n")
  })

  test.each([true, false])("is not begun early where no pipe holds its options: %p", async holds => {
    using world = new World()
    // More than a pipe may have (/proc/sys/fs/pipe-max-size), for root too.
    const code = `words.splice(1, 0, ...Array.from({ length: 2900 }, () => ["--setenv", "V", "x".repeat(20000)]).flat())
const children = () => readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").trim()
const begun = beginIf(invocation, () => { tell(children() + made()); return ${holds} })
if (begun) { await begun.gate.open(begun.socket, program); tell(await ended(begun.child)) } else tell("not begun")`
    expect(await begun(world.project, code)).toBe(`false\n${holds ? "7" : "not begun"}\n`)
  })

  test("waits for its children, though our caller has them ignored", async () => {
    using world = new World()
    const code = `require(${file("kernel/signals.ts")}).ignoreSignal(17)
const { child, socket, gate } = beginSession(invocation)
await gate.open(socket, program); tell(await ended(child))`
    expect(await begun(world.project, code)).toBe("7\n")
  })
})
