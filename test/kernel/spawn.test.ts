/** Starting a child and hearing from it; in processes of their own, whose children nobody else waits for. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"

const kernel = JSON.stringify(join(root, "src/kernel"))

/** Runs a script that has what this tests at hand, and prints JSON with `tell`. */
async function script(code: string, before = "") {
  const text = `
const fs = require("node:fs")
const { spawn, exitStatus, socketPair, receiveDescriptors, giveTheWord } = require(${kernel} + "/spawn.ts")
const { openDescriptors } = require(${kernel} + "/descriptors.ts")
const { createMemoryFile } = require(${kernel} + "/libc.ts")
const invocationOf = (words, descriptors = []) =>
  ({ program: "/bin/sh", words: ["-c", ...words], descriptors, environment: { PATH: "/usr/bin:/bin", OWN: "x y" }, guardian: 100 })
const start = (words, placements = []) => spawn(invocationOf(words), placements)
const statusOf = child => { for (;;) { const status = exitStatus(child); if (status !== undefined) return status; Bun.sleepSync(2) } }
const tell = value => fs.writeSync(1, JSON.stringify(value))
${code}`
  const words = ["sh", "-c", `${before} exec "$0" -e "$1"`, process.execPath, text]
  const start = { cwd: root, env: { PATH: "/usr/bin:/bin", LEFT: "over" } }
  const { stdout, stderr } = await run(words, start)
  if (stderr !== "") throw new Error(stderr)
  return JSON.parse(stdout)
}

/** Runs a shell script as the child, and gives what it wrote. */
function said(shell: string, { open = "", placements = "[]", before = "" } = {}) {
  const code = `
const file = createMemoryFile("said")
${open}
const child = start([${JSON.stringify(shell)}, "sh"], [{ descriptor: file, number: 99 }, ...${placements}])
statusOf(child)
tell(fs.readFileSync("/proc/self/fd/" + file, "utf8"))`
  return script(code, before)
}

describe("the child", () => {
  test("has its words and its environment, and nothing of ours", async () => {
    const lines = String(await said('echo "$0 $OWN $LEFT|" >/proc/self/fd/99')).split("\n")
    expect(lines).toEqual(["sh x y |", ""])
  })

  test("has the descriptors under their numbers, and of ours only 0, 1 and 2", async () => {
    const invocation =
      'invocationOf([""], [{ number: 101, content: "first" }, { number: 150, content: "second" }])'
    const shell =
      "exec >/proc/$$/fd/99; ls /proc/self/fd | sort -n | tr '\\n' ' '; cat /proc/$$/fd/101 /proc/$$/fd/150"
    // `ls` itself has the directory open as 3.
    const open = `const opened = openDescriptors(${invocation}, { guardian: fs.openSync("/etc/passwd") })`
    expect(await said(shell, { open, placements: "opened", before: "exec 7</etc/passwd;" })).toBe(
      "0 1 2 3 99 100 101 150 firstsecond",
    )
  })

  test("has them whatever the runtime has under those numbers, which goes on working", async () => {
    const open = `
for (let n = 0; n < 90; n++) fs.openSync("/etc/passwd")
const timers = []; for (let n = 0; n < 20; n++) timers.push(fs.openSync("/etc/hostname"))
const opened = openDescriptors(invocationOf([""], [{ number: 101, content: "kept" }]), { guardian: fs.openSync("/dev/null") })
const before = fs.readlinkSync("/proc/self/fd/101")`
    const code = `
${open}
const child = start(['test "$(cat /proc/$$/fd/101)" = kept'], opened)
tell([statusOf(child), fs.readlinkSync("/proc/self/fd/101") === before])`
    expect(await script(code)).toEqual([0, true])
  })

  test("does not hear what is sent to the whole group; we do again when it has started", async () => {
    const code = `
const child = spawn({ program: "/bin/grep", words: ["SigBlk", "/proc/self/status"], descriptors: [], environment: {}, guardian: 100 }, [])
const status = statusOf(child)
fs.writeSync(1, fs.readFileSync("/proc/thread-self/status", "utf8").match(/SigBlk.*/)[0])
process.exit(status)`
    const words = [
      process.execPath,
      "-e",
      `const { spawn, exitStatus } = require(${kernel} + "/spawn.ts")
const fs = require("node:fs")
const statusOf = child => { for (;;) { const status = exitStatus(child); if (status !== undefined) return status; Bun.sleepSync(2) } }
${code}`,
    ]
    const { stdout, code: status } = await run(words, { cwd: root, env: { PATH: "/usr/bin:/bin" } })
    const masks = [...stdout.matchAll(/SigBlk:\t([0-9a-f]+)/g)].map(([, mask]) => BigInt(`0x${mask}`))
    // HUP, INT, QUIT, USR1, USR2, ALRM, TERM
    expect({ status, masks }).toEqual({ status: 0, masks: [0b110_1010_0000_0111n, 0n] })
  })

  test("that cannot be started is told with its reason", async () => {
    const code = `
try { spawn({ ...invocationOf([""]), program: "/no/such/program" }, []) } catch (error) { tell([error.name, error.message]) }`
    expect(await script(code)).toEqual([
      "HostError",
      "/no/such/program cannot be started: posix_spawn: ENOENT",
    ])
  })
})

describe("the exit status", () => {
  test("is the child's own code", async () => {
    const codes = [0, 1, 2, 42, 125, 126, 127, 128, 200, 255]
    expect(
      await script(`tell(${JSON.stringify(codes)}.map(code => statusOf(start(["exit " + code]))))`),
    ).toEqual(codes)
  })

  test("is 128 and the signal that ended it, with a core dump or without", async () => {
    const code =
      'tell(["KILL", "SEGV", "ABRT", "FPE", "TRAP"].map(name => statusOf(start(["ulimit -c 0; kill -" + name + " $$"]))))'
    expect(await script(code)).toEqual([137, 139, 134, 136, 133])
  })

  test("is none while the child runs, and does not wait for it", async () => {
    const code = `
const child = start(["exec sleep 30"])
const started = performance.now()
const early = exitStatus(child)
const waited = performance.now() - started
process.kill(child, "SIGKILL")
tell([early === undefined, waited < 1000, statusOf(child)])`
    expect(await script(code)).toEqual([true, true, 137])
  })
})

describe("the socket", () => {
  /** The child is this runtime, which sends a descriptor by sendmsg(2) from its end, 100. */
  const hearing = (sending: string) => `
const [own, other] = socketPair()
const words = ["-e", ${JSON.stringify(sending)}]
const child = spawn({ program: process.execPath, words, descriptors: [], environment: {}, guardian: 100 }, [{ descriptor: other, number: 100 }])
fs.closeSync(other)
const handover = receiveDescriptors(own)`
  const sending = `
const { rawCall, addressOf } = require(${kernel} + "/raw-call.ts")
const { callNumbers, presentArchitecture } = require(${kernel} + "/system-calls.ts")
const numbers = callNumbers(presentArchitecture())
const fs = require("node:fs")
const word = list => new Uint8Array(new BigUint64Array(list.map(BigInt)).buffer)
const data = Buffer.from("L"); const vector = word([addressOf(data), 1])
const control = Buffer.alloc(24); control.writeBigUInt64LE(20n, 0); control.writeInt32LE(1, 8); control.writeInt32LE(1, 12)
control.writeInt32LE(fs.openSync("/etc/hostname"), 16)
const send = words => rawCall(numbers.sendmsg, 100, addressOf(word(words)), 0)`
  const withDescriptor = `${sending}
send([0, 0, addressOf(vector), 1, addressOf(control), 24, 0])
const byte = Buffer.alloc(1); process.exit(rawCall(numbers.read, 100, addressOf(byte), 1) === 1 ? byte[0] + 40 : 99)`

  test("brings nothing where the other end was closed, with a word unread or without", async () => {
    const code = `const results = []
for (const word of [true, false]) {
  const [own, other] = socketPair()
  if (word) giveTheWord(own)
  fs.closeSync(other)
  results.push(receiveDescriptors(own) ?? "nobody")
}
tell(results)`
    expect(await script(code)).toEqual(["nobody", "nobody"])
  })

  test("brings a descriptor, and the PID of who sent it; the word goes back", async () => {
    const code = `${hearing(withDescriptor)}
const text = fs.readlinkSync("/proc/self/fd/" + handover.descriptors[0])
const inherited = Bun.spawnSync(["ls", "/proc/self/fd"]).stdout.toString().split("\\n").includes(String(handover.descriptors[0]))
giveTheWord(own)
tell([handover.process === child, text, inherited, statusOf(child)])`
    expect(await script(code)).toEqual([true, "/etc/hostname", false, 41])
  })

  test("brings a message without a descriptor too", async () => {
    const alone = `${sending}\nsend([0, 0, addressOf(vector), 1, 0, 0, 0])`
    const code = `${hearing(alone)}\ntell([handover.process === child, handover.descriptors[0] ?? "none", statusOf(child)])`
    expect(await script(code)).toEqual([true, "none", 0])
  })

  test("tells that there is nobody left to send anything", async () => {
    expect(await script(`${hearing("0")}\ntell([handover ?? "nobody", statusOf(child)])`)).toEqual([
      "nobody",
      0,
    ])
  })

  test("takes the word though nobody is there to hear it", async () => {
    const code = "const [own, other] = socketPair(); fs.closeSync(other); giveTheWord(own); tell('went on')"
    expect(await script(code)).toBe("went on")
  })
})
