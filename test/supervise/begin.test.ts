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
const { beginSession } = require(${file("supervise/begin.ts")})
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
    const code = `const { child, socket, gate, release } = beginSession(invocation)
await Bun.sleep(400); tell(made() + " " + (exitStatus(child) ?? "waits")); release()
await gate.open(socket, program); tell(await ended(child) + " " + made())`
    expect(await begun(world.project, code)).toBe("false waits\n7 true\n")
  })

  test("takes options that are more than a pipe holds", async () => {
    using world = new World()
    const code = `words.splice(1, 0, ...Array.from({ length: 2000 }, (_, n) => ["--setenv", "V" + n, "x".repeat(100)]).flat())
const { child, socket, gate, release } = beginSession(invocation)
release(); await gate.open(socket, async () => new TextEncoder().encode("#!/bin/sh\\n[ \${#V1999} = 100 ] && exit 9\\n")); tell(await ended(child))`
    expect(await begun(world.project, code)).toBe("9\n")
  })

  test("says nothing, leaves nothing and is no more when it is given up", async () => {
    using world = new World()
    const code = `const before = open()
const { child, abandon } = beginSession(invocation)
await Bun.sleep(100); abandon(); await Bun.sleep(100)
tell(JSON.stringify([made(), existsSync("/proc/" + child), open() - before]))`
    expect(await begun(world.project, code)).toBe("[false,false,0]\n")
    expect(existsSync(join(world.project, "made"))).toBe(false)
  })

  test("and given up leaves signals as they were, but for those that came", async () => {
    using world = new World()
    const code = `const signals = [1, 2, 3, 10, 12, 14, 15]
const { abandon } = beginSession(invocation); abandon()
tell(signals.map(isIgnored).join() + " " + process.eventNames().filter(name => String(name).startsWith("SIG")))
const again = beginSession(invocation); process.kill(process.pid, "SIGTERM"); await Bun.sleep(50)
tell("alive"); again.abandon(); await Bun.sleep(5000); tell("still alive")`
    expect(await begun(world.project, code)).toBe(`${Array(7).fill("false")} \nalive\n`)
  })

  test("ends by itself when it is let go on and has ended already", async () => {
    using world = new World()
    const code = `const { child, release } = beginSession(invocation)
process.kill(child, "SIGKILL"); await Bun.sleep(50); release(); tell(await ended(child))`
    expect(await begun(world.project, code)).toBe("137\n")
  })
})
