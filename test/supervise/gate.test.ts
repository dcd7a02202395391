/** bubblewrap stops at the gate, with real bubblewrap and a script for the program; in processes of their own. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"

const file = (path: string) => JSON.stringify(join(root, "src", path))
const preamble = `
const { readdirSync, writeSync } = require("node:fs")
const { openDescriptors } = require(${file("kernel/descriptors.ts")})
const { exitStatus, giveTheWord, socketPair, spawn } = require(${file("kernel/spawn.ts")})
const { Gate } = require(${file("supervise/gate.ts")})
const tell = text => writeSync(1, text + "\\n")
const before = readdirSync("/proc/self/fd").length
const [socket, inside] = socketPair()
const words = "--unshare-user --unshare-pid --die-with-parent --ro-bind / / --dev /dev --proc /proc --block-fd 102 -- /proc/self/fd/101".split(" ")
const invocation = { program: "/usr/bin/bwrap", words, descriptors: [], environment: {}, guardian: 100, late: { file: 101, gate: 102, options: 103 } }
const placements = openDescriptors(invocation, { guardian: inside })
const child = spawn(invocation, placements)
const gate = new Gate(placements, invocation.late)
const program = async () => new TextEncoder().encode("#!/bin/sh\\necho ran; exit 7\\n")
const ended = async () => { let status; while ((status = exitStatus(child)) === undefined) await Bun.sleep(5); return status }
`
const inProcess = async (code: string) => {
  const { stdout, stderr } = await run([process.execPath, "-e", preamble + code], { cwd: root, env: {} })
  return stdout + stderr
}

describe("the gate", () => {
  test("is passed when the program is there, however long that takes, and it is that program which runs", async () => {
    const code = `await gate.open(socket, async () => { await Bun.sleep(400); tell("made"); return program() })
tell(await ended())`
    expect(await inProcess(code)).toBe("made\nran\n7\n")
  })

  test("is passed with a program larger than what one write or one pipe takes", async () => {
    const code = `const long = async () => Buffer.concat([await program(), Buffer.alloc(8 << 20, "#")])
await gate.open(socket, long); tell(await ended())`
    expect(await inProcess(code)).toBe("ran\n7\n")
  })

  test("stays shut when the program cannot be made", async () => {
    const code = `await gate.open(socket, async () => { throw new Error("no program") }).catch(error => tell(error.message))
await Bun.sleep(400); tell(exitStatus(child) ?? "waits"); process.kill(child, "SIGKILL"); tell(await ended())`
    expect(await inProcess(code)).toBe("no program\nwaits\n137\n")
  })

  test("leads to nothing when whoever should open it is gone", async () => {
    const gone = `require("node:fs").closeSync(socket); tell(await ended())`
    // The shell, which execvp(3) has read what no kernel executes, finds nothing to do.
    expect(await inProcess(gone)).toBe("0\n")
  })

  test("leaves no descriptor behind but the socket", async () => {
    const code = `await gate.open(socket, program); await ended()
tell(readdirSync("/proc/self/fd").length - before)`
    expect(await inProcess(code)).toBe("ran\n1\n")
  })

  test("is none where the program was there from the start", async () => {
    const code = `giveTheWord(socket); await ended()
await new Gate([], undefined).open(socket, async () => { throw new Error("asked for") }); tell("nothing to open")`
    expect(await inProcess(code)).toBe("nothing to open\n")
  })
})
