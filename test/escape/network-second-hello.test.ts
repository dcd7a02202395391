/**
 * TLS whose second ClientHello names another server than its first (RFC 8446, 4.1.4): OpenSSL serves whom the second one
 * names, as servers do that many sites share. Past it a sandbox would reach every site behind an address that it may reach.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../support/border.ts"
import { runWithNames } from "../support/host-names.ts"
import { selfSigned } from "../support/host-proxy.ts"
import { eventually } from "../support/process.ts"
import { World } from "../support/world.ts"

/** Python's TLS makes both hellos; what the second one says of the server is changed on its way. */
const client = `
import socket, ssl, sys
port, name, second = int(sys.argv[1]), sys.argv[2], sys.argv[3]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
arrives, leaves = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(arrives, leaves, server_hostname=name)
def step():
    try: tls.do_handshake()
    except ssl.SSLWantReadError: pass
    return leaves.read()
connection = socket.create_connection((name, port), timeout=10)
connection.sendall(step())
try:
    arrives.write(connection.recv(65536))
    connection.sendall(step().replace(name.encode(), second.encode()))
    answer = connection.recv(65536)
    print("alert" if answer[:1] == b"\\x15" else "answer" if answer else "end")
except OSError as error: print("reset")
`

const openssl = Bun.which("openssl")
describe.skipIf(openssl === null)("a second ClientHello [skipped when openssl is not installed]", () => {
  const port = freePort()
  const [shortPort, earlyPort] = [freePort(), freePort()]
  const servers: Bun.Subprocess[] = []
  let directory: string
  const said = (name = "server") => readFileSync(join(directory, `${name}.log`), "latin1")
  const serve = async (name: string, listens: number, options: readonly string[]) => {
    const log = Bun.file(join(directory, `${name}.log`))
    const words = [openssl ?? "", "s_server", "-accept", `127.0.0.1:${listens}`, ...options]
    servers.push(Bun.spawn(words, { stdio: ["pipe", log, "ignore"] }))
    await eventually(() => (said(name).includes("ACCEPT") ? true : undefined))
  }
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "cordon-tls-"))
    const [good = "", evil = ""] = ["good.example", "evil.example"].map(
      name => selfSigned(name, directory).file,
    )
    const identity = ["-cert", good, "-key", good.replace(/pem$/, "key")]
    const other = ["-servername", "evil.example", "-cert2", evil, "-key2", evil.replace(/pem$/, "key")]
    // A group of which no client sends a key without being asked to.
    await serve("server", port, [...identity, ...other, "-groups", "P-384", "-tls1_3", "-www"])
    await serve("short", shortPort, [...identity, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA", "-www"])
    await serve("early", earlyPort, [...identity, "-tls1_3", "-early_data", "-max_early_data", "16384"])
  })
  afterAll(async () => {
    for (const server of servers) server.kill("SIGKILL")
    await Promise.all(servers.map(({ exited }) => exited))
    rmSync(directory, { recursive: true })
  })

  async function shell(script: string) {
    using world = new World({ project: { "client.py": client } })
    const hosts = [port, shortPort, earlyPort].map(each => `good.example:${each}`)
    const allowed = [...hosts, "127.0.0.1"].flatMap(host => ["--allow-host", host])
    const words = ["--trust", "untrusted", ...allowed, "-q", "--", "bash", "-c", script]
    return await runWithNames(world, { "good.example": "127.0.0.1", "evil.example": "127.0.0.1" }, { words })
  }

  test("that names another server does not get there", async () => {
    const before = said().length
    const { stdout } = await shell(`python3 client.py ${port} good.example evil.example`)
    expect(stdout).toMatch(/^(alert|reset)\n$/)
    expect(said().slice(before)).not.toContain("evil.example")
    expect(said().slice(before)).not.toContain("Switching server context")
  })

  test("that names the same one is answered", async () => {
    const { stdout } = await shell(`python3 client.py ${port} good.example good.example`)
    expect(stdout).toBe("answer\n")
  })

  test("is nothing that a person would notice", async () => {
    const ask = (group: string) =>
      `curl -sSk --max-time 10 --curves ${group} -o /dev/null -w '%{http_code} ' https://good.example:${port}/`
    // With the key that the server wants at once, and without.
    const { stdout, stderr } = await shell(`${ask("P-384")}; ${ask("X25519:P-384")}`)
    expect({ stdout, stderr }).toEqual({ stdout: "200 200 ", stderr: "" })
  })

  test("is told from what else may follow the first: the short way of TLS 1.2, and early data", async () => {
    const client = (to: number) => `openssl s_client -connect good.example:${to} -servername good.example`
    const { stdout } = await shell(`
      cd /tmp
      ${client(shortPort)} -tls1_2 -reconnect </dev/null 2>&1 | grep -cE '^(New|Reused), '
      # The server tells of the session once the connection stands.
      (for i in $(seq 200); do test -s session && break; sleep 0.05; done) | ${client(earlyPort)} -sess_out session >/dev/null 2>&1
      echo early > early
      (sleep 0.5; echo late; sleep 0.5) | ${client(earlyPort)} -sess_in session -early_data early 2>&1 | grep '^Early'`)
    expect(stdout).toBe("6\nEarly data was accepted\n")
    await eventually(() => said("early").includes("late\n") || undefined)
    expect(said("early")).toContain("early\n")
    expect(said("early")).toContain("late\n")
  })
})
