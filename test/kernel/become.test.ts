/** Cordon replaces itself: tried in processes of their own, because nobody comes back from it. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Invocation } from "../../src/kernel/invocation.ts"
import { root } from "../source-code.ts"
import { type Outcome, run } from "../support/process.ts"

const kernel = JSON.stringify(join(root, "src/kernel"))

/** Becomes a shell that runs a script, after `before` was run in the process that it replaces. */
function becoming(script: string, change: Partial<Invocation> = {}, before = ""): Promise<Outcome> {
  const invocation: Invocation = {
    program: "/bin/sh",
    words: ["-c", script],
    descriptors: [],
    environment: { PATH: "/usr/bin:/bin" },
    guardian: 100,
    late: undefined,
    ...change,
  }
  const code = `
const { become } = require(${kernel} + "/become.ts")
const { duplicateTo } = require(${kernel} + "/libc.ts")
const fs = require("node:fs")
${before}
try {
  become(${JSON.stringify(invocation)})
} catch (error) {
  console.log(error.name + ": " + error.message)
}`
  return run([process.execPath, "-e", code], { cwd: root, env: { PATH: "/usr/bin:/bin", LEFT: "over" } })
}

/** A file of the host on descriptors that the next program would inherit. */
const leak = (...numbers: number[]) =>
  `const secret = fs.openSync("/etc/passwd"); for (const number of ${JSON.stringify(numbers)}) duplicateTo(secret, number)`

/** Prints the descriptors of the shell itself, which opens none for that: a pipe of its own could be seen for a moment. */
const listDescriptors =
  "fd=0; while [ $fd -lt 1024 ]; do [ -e /proc/$$/fd/$fd ] && echo $fd; fd=$((fd + 1)); done"

describe("the new program", () => {
  test("is the same process, with its words and nothing of the old environment", async () => {
    const script = 'echo "$$ $0 $1"; env'
    const change = {
      words: ["-c", script, "name", "two words"],
      environment: { PATH: "/usr/bin:/bin", A: "ä=1" },
    }
    const { code, stdout } = await becoming("", change, 'process.stdout.write(process.pid + "\\n")')
    const [pid = "", line = "", ...environment] = stdout.trim().split("\n")
    expect(code).toBe(0)
    expect(line).toBe(`${pid} name two words`)
    expect(environment).toContain("A=ä=1")
    expect(environment.join("\n")).not.toContain("LEFT")
  })

  test("gives its own exit code", async () => {
    expect((await becoming("exit 42")).code).toBe(42)
  })

  test("has its first word as its name", async () => {
    const { stdout } = await becoming("", { words: ["-c", 'tr "\\0" " " < /proc/$$/cmdline'] })
    expect(stdout).toStartWith("/bin/sh -c ")
  })
})

describe("descriptors", () => {
  test("that the caller left open are closed, but for 0, 1 and 2; the guardian's is ours", async () => {
    const script = `${listDescriptors}; readlink /proc/$$/fd/100`
    const { stdout } = await becoming(script, {}, leak(3, 7, 50, 99, 100, 101, 200, 900))
    expect(stdout.trim().split("\n")).toEqual(["0", "1", "2", "100", expect.stringContaining("pidfd")])
  })

  test("as many as there may be, those of the invocation's numbers among them", async () => {
    const descriptors = [101, 102, 103].map(number => ({ number, content: `${number}\n` }))
    const all = Array.from({ length: 300 }, (_, index) => index + 30)
    const script = `${listDescriptors}; cat /proc/$$/fd/101 /proc/$$/fd/102 /proc/$$/fd/103`
    const { stdout } = await becoming(script, { descriptors }, leak(...all))
    expect(stdout.trim().split("\n").join(" ")).toBe("0 1 2 100 101 102 103 101 102 103")
  })

  test("the guardian's is of the process itself, which bubblewrap is then", async () => {
    const { stdout } = await becoming('echo $$; grep ^Pid: "/proc/$$/fdinfo/100"')
    const [pid = "", line = ""] = stdout.trim().split("\n")
    expect(line).toBe(`Pid:\t${pid}`)
  })

  test("would be inherited otherwise, so that the test above says something", async () => {
    const script = `exec 7</etc/passwd; exec /bin/sh -c '${listDescriptors}'`
    const { stdout } = await run(["/bin/sh", "-c", script], { cwd: root, env: { PATH: "/usr/bin:/bin" } })
    expect(stdout.split("\n")).toContain("7")
  })

  test("of the invocation are open at their start, readable once, and the others closed around them", async () => {
    const descriptors = [
      { number: 101, content: "one\n" },
      { number: 102, content: "" },
      { number: 103, content: `${"x".repeat(100_000)}\n` },
    ]
    const script = `${listDescriptors}; cat /proc/$$/fd/101 /proc/$$/fd/102; cat /proc/$$/fd/103 | wc -c`
    const { stdout } = await becoming(script, { descriptors }, leak(50, 99, 104, 500))
    const open = ["0", "1", "2", "100", "101", "102", "103"]
    expect(stdout.trim().split("\n")).toEqual([...open, "one", "100001"])
  })

  test("stand at their start for who reads them as they are", async () => {
    const change = { program: "/bin/bash", descriptors: [{ number: 101, content: "whole\n" }] }
    expect((await becoming("cat <&101", change)).stdout).toBe("whole\n")
  })

  test("are of no file on the host", async () => {
    const descriptors = [{ number: 101, content: "x" }]
    const { stdout } = await becoming("readlink /proc/$$/fd/101", { descriptors })
    expect(stdout).toStartWith("/memfd:")
  })

  test("hold what is not ASCII as it is", async () => {
    const descriptors = [{ number: 101, content: "ä€😀" }]
    const { stdout } = await becoming("cat /proc/$$/fd/101", { descriptors })
    expect(stdout).toBe("ä€😀")
  })
})

test("signals from the terminal are the command's: bubblewrap ignores them", async () => {
  const { stdout } = await becoming("grep SigIgn /proc/$$/status")
  const ignored = BigInt(`0x${stdout.trim().split("\t")[1]}`)
  const [interrupt, quit, terminate] = [2n, 3n, 15n].map(signal => ignored & (1n << (signal - 1n)))
  expect([interrupt !== 0n, quit !== 0n, terminate !== 0n]).toEqual([true, true, false])
})

test("children can be waited for, though our caller has them ignored", async () => {
  const before = `require(${kernel} + "/signals.ts").ignoreSignal(17)`
  const { stdout } = await becoming("grep SigIgn /proc/$$/status", {}, before)
  expect(BigInt(`0x${stdout.trim().split("\t")[1]}`) & (1n << 16n)).toBe(0n)
})

describe("what the kernel refuses", () => {
  test.each([
    ["/no/such/program", "HostError: /no/such/program cannot be started: execve: ENOENT"],
    ["/etc/passwd", "HostError: /etc/passwd cannot be started: execve: EACCES"],
    ["/etc", "HostError: /etc cannot be started: execve: EACCES"],
  ])("%s is told with its reason", async (program, words) => {
    const { stdout } = await becoming("", { program })
    expect(stdout.trim()).toBe(words)
  })

  test("too many words are told as that", async () => {
    const word = "x".repeat(200_000)
    const { stdout } = await becoming("", { words: ["-c", `: ${word}`] }).catch(() => ({ stdout: "E2BIG" }))
    expect(stdout).toContain("E2BIG")
  })
})

test("only kernel/ makes the calls: nobody else imports bun:ffi", () => {
  expect(readFileSync(join(root, "src/kernel/become.ts"), "utf8")).not.toContain('from "bun:ffi"')
})
