/** A socket of the host's network that was left open on standard input would lead out, past every rule. */
import { describe, expect, test } from "bun:test"
import { run } from "../support/process.ts"
import { echoService } from "../support/services.ts"
import { cordonBinary, World } from "../support/world.ts"

/** Becomes Cordon with a socket of the host on standard input: bound to nothing, connected to nothing. */
const launcher = `
import os, socket, sys
s = socket.socket(getattr(socket, sys.argv[1]))
os.dup2(s.fileno(), 0)
os.execv(sys.argv[2], sys.argv[2:])
`

/** What connecting comes to: with the socket of standard input, and with one of the sandbox's own. */
function attempt(family: string, address: string): string {
  return `
import socket
def outcome(s):
    try:
        s.connect(${address}); s.send(b"out"); return s.recv(3).decode()
    except OSError as error: return error.errno
def own():
    try: return outcome(socket.socket(socket.${family}))
    except OSError as error: return error.errno
print(outcome(socket.socket(socket.${family}, fileno=0)), own())
`
}

async function inside(family: string, address: string, options: readonly string[]) {
  using world = new World({ project: { "attempt.py": attempt(family, address) } })
  const words = [cordonBinary, "--trust", "untrusted", ...options, "-q", "--", "python3", "attempt.py"]
  return await run(["python3", "-c", launcher, family, ...words], { cwd: world.project, env: world.env })
}

describe("a socket of the host on standard input", () => {
  test.each([
    ["AF_INET", "127.0.0.1"],
    ["AF_INET6", "::ffff:127.0.0.1"],
  ])("connects to nothing (%s)", async (family, address) => {
    using service = echoService()
    const there = `("${address}", ${service.port})`
    const [refused, unreachable] = [13, 111]
    expect(await inside(family, there, ["-n"])).toEqual({
      code: 0,
      stdout: `${refused} ${unreachable}\n`,
      stderr: "",
    })
    expect(await inside(family, there, ["--allow-host", "a.example"])).toEqual({
      code: 0,
      stdout: `${refused} ${unreachable}\n`,
      stderr: "",
    })
    expect(service.heard).toEqual([])
  })

  test.each([
    ["AF_INET", "127.0.0.1"],
    ["AF_INET6", "::ffff:127.0.0.1"],
  ])("nor without a network namespace, where none can be made inside (%s)", async (family, address) => {
    using service = echoService()
    const there = `("${address}", ${service.port})`
    const [refused, noFamily] = [13, 97]
    const landlock = ["--backend", "landlock"]
    expect(await inside(family, there, [...landlock, "-n"])).toEqual({
      code: 0,
      stdout: `${refused} ${noFamily}\n`,
      stderr: "",
    })
    expect(service.heard).toEqual([])
    expect((await inside(family, there, [...landlock, "--net", "open"])).stdout).toBe("out out\n")
  })

  test("is no reason to refuse one that the sandbox has made, or the one of an open network", async () => {
    using service = echoService()
    const there = `("127.0.0.1", ${service.port})`
    const allowed = ["--allow-host", "a.example", "--host-port", String(service.port)]
    expect((await inside("AF_INET", there, allowed)).stdout).toBe("13 out\n")
    expect((await inside("AF_INET", there, ["--net", "open"])).stdout).toBe("out out\n")
  })
})
