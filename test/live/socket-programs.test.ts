/** Real programs that talk over unix sockets do so inside, and with those of the host that the policy names. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bun, World, writeFiles } from "../support/world.ts"

setDefaultTimeout(60_000)

const systemPath = { PATH: "/usr/local/bin:/usr/bin:/bin" }
const lacks = (...programs: string[]) => programs.some(program => Bun.which(program, systemPath) === null)
const modes = ["-n", "--net open"]

/** The script ends at the first command that fails. @returns what it says */
async function says(script: string, options: readonly string[] = ["-n"]): Promise<string> {
  using world = new World()
  const { code, stdout, stderr } = await world.shell(`set -e\n${script}`, { options: ["-q", ...options] })
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" })
  return stdout
}

const noAgent = lacks("ssh-agent", "ssh-add", "ssh-keygen")

describe.skipIf(noAgent)("an SSH agent of the host [skipped when OpenSSH is not installed]", () => {
  const directory = mkdtempSync(join(tmpdir(), "cordon-agent-"))
  const socket = join(directory, "agent")
  const agent = Bun.spawn(["ssh-agent", "-D", "-a", socket], { stdout: "ignore", stderr: "ignore" })
  afterAll(async () => {
    agent.kill()
    await agent.exited
    rmSync(directory, { recursive: true })
  })
  const env = { SSH_AUTH_SOCK: socket }

  test.each(modes)("with %s is reached when the policy names it, and not otherwise", async mode => {
    const options = ["-q", ...mode.split(" ")]
    Bun.spawnSync([
      "ssh-keygen",
      "-q",
      "-t",
      "ed25519",
      "-N",
      "",
      "-C",
      "the key",
      "-f",
      join(directory, "key"),
    ])
    Bun.spawnSync(["ssh-add", "-q", join(directory, "key")], { env: { ...process.env, ...env } })
    using world = new World()
    const pass = "environment: { pass: [SSH_AUTH_SOCK] }\n"
    writeFiles(world.home, { ".config/cordon/policy.yaml": pass })
    const refused = await world.shell("ssh-add -l", { env, options })
    expect(refused.stdout + refused.stderr).not.toContain("the key")
    expect(refused.code).not.toBe(0)
    writeFiles(world.home, {
      ".config/cordon/policy.yaml": `${pass}network: { unix_sockets: ["${socket}"] }\n`,
    })
    const got = await world.shell('ssh-add -l; test -S "$SSH_AUTH_SOCK"', { env, options })
    expect({ code: got.code, stderr: got.stderr }).toEqual({ code: 0, stderr: "" })
    expect(got.stdout).toMatch(/^256 SHA256:\S+ the key \(ED25519\)\n$/)
  })
})

test.skipIf(noAgent)("an SSH agent inside [skipped when OpenSSH is not installed]", async () => {
  const said = await says(`
    eval "$(ssh-agent -s)" >/dev/null; ssh-keygen -q -t ed25519 -N '' -C inside -f key; ssh-add -q key
    ssh-add -l; ssh-agent -k >/dev/null`)
  expect(said).toContain(" inside (ED25519)")
})

const noPython = lacks("python3")
test.skipIf(noPython).each(modes)(
  "with %s Python's multiprocessing and asyncio [skipped when there is no python3]",
  async mode => {
    const script = `
import asyncio, multiprocessing as mp, os, socketserver, socket, threading
from multiprocessing.connection import Client, Listener
def square(x): return x * x
if __name__ == "__main__":
    manager = mp.Manager(); shared = manager.dict(); shared["a"] = 1
    print(shared["a"], mp.Pool(2).map(square, range(4)))
    for method in ("spawn", "forkserver"):
        context = mp.get_context(method); queue = context.Queue()
        child = context.Process(target=queue.put, args=(method,)); child.start(); print(queue.get()); child.join()
    listener = Listener(); threading.Thread(target=lambda: listener.accept().send("heard")).start()
    print(Client(listener.address).recv())
    async def main():
        async def serve(reader, writer): writer.write(await reader.read(3)); writer.close()
        for path in ("relative.sock", os.getcwd() + "/absolute.sock", "/tmp/private.sock", "\\0abstract"):
            await asyncio.start_unix_server(serve, path)
            reader, writer = await asyncio.open_unix_connection(path); writer.write(b"abc"); print(await reader.read())
    asyncio.run(main())
`
    const said = await says(`cat > program.py <<'EOF'\n${script}\nEOF\npython3 program.py`, mode.split(" "))
    expect(said).toBe(`1 [0, 1, 4, 9]\nspawn\nforkserver\nheard\n${"b'abc'\n".repeat(4)}`)
  },
)

const node = Bun.which("node")
test.skipIf(node === null)("node: servers, children, a cluster [skipped when there is no node]", async () => {
  const script = `
const cluster = require("cluster"), net = require("net")
if (cluster.isPrimary) {
  cluster.fork()
  cluster.on("message", (worker, text) => { console.log(text); worker.kill(); process.exit() })
} else {
  const path = process.cwd() + "/node.sock"
  net.createServer(socket => socket.end("heard " + socket.server.address().replace(process.cwd(), ""))).listen(path, () =>
    net.connect(path).on("data", data => process.send(data.toString())))
}
`
  using world = new World({ project: { "program.js": script } })
  const { stdout, stderr } = await world.cordon(["-q", "-n", "--", node ?? "", "program.js"])
  expect({ stdout, stderr }).toEqual({ stdout: "heard /node.sock\n", stderr: "" })
})

test("bun: a server on a unix socket, and fetch", async () => {
  using world = new World()
  const code = `
const server = Bun.serve({ unix: "bun.sock", fetch: () => new Response("heard") })
console.log(await (await fetch("http://localhost/", { unix: "bun.sock" })).text())
server.stop(true)`
  const { stdout, stderr } = await world.cordon(["-q", "-n", "--read", bun, "--", bun, "-e", code])
  expect({ stdout, stderr }).toEqual({ stdout: "heard\n", stderr: "" })
})

test.skipIf(lacks("tmux")).each(["-n", "--backend landlock -n"])(
  "tmux: a server and its clients, with %s [skipped when there is no tmux]",
  async mode => {
    const said = await says(
      `
    tmux -L x -f /dev/null new-session -d 'echo from tmux > out; sleep 30'
    until test -s out; do sleep 0.05; done; cat out; tmux -L x list-sessions -F '#{session_windows}'; tmux -L x kill-server`,
      mode.split(" "),
    )
    expect(said).toBe("from tmux\n1\n")
  },
)

test.skipIf(lacks("dbus-run-session", "dbus-send"))(
  "a session bus of one's own [skipped when D-Bus is not installed]",
  async () => {
    const said = await says(
      "dbus-run-session -- dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames",
    )
    expect(said).toContain('string "org.freedesktop.DBus"')
  },
)

test.skipIf(lacks("gpg-agent", "gpg-connect-agent"))(
  "a GnuPG agent inside [skipped when GnuPG is not installed]",
  async () => {
    const said = await says(`
      export GNUPGHOME=$PWD/gnupg; mkdir -m 700 gnupg
      gpg-connect-agent 'getinfo version' /bye; gpg-connect-agent killagent /bye`)
    expect(said).toMatch(/^D \d+\.\d+/)
  },
)
