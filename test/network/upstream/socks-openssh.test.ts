/** The host's proxy is OpenSSH (`ssh -D`), which speaks all kinds of SOCKS and takes no login. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Connected } from "../../../src/network/streams/connect-first.ts"
import { openProxy } from "../../../src/network/upstream/proxy.ts"
import { freePort } from "../../support/border.ts"
import { bannerServer, echoServer, until } from "../../support/servers.ts"
import { listens, noSshServer, type SshServer, sshOptions, sshServer } from "../../support/ssh-server.ts"

describe.skipIf(noSshServer !== undefined)(`by way of ssh -D [skipped when ${noSshServer}]`, () => {
  let directory: string
  const port = freePort()
  let server: SshServer
  let client: Bun.Subprocess
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "cordon-ssh-"))
    server = await sshServer(directory)
    const there = ["-N", "-D", `127.0.0.1:${port}`, "-p", String(server.port), `${server.user}@127.0.0.1`]
    client = Bun.spawn(["ssh", ...sshOptions(server), ...there], { stdio: ["ignore", "ignore", "pipe"] })
    if (!(await listens(port))) throw new Error(`ssh does not listen: ${await server.log()}`)
  })
  afterAll(async () => {
    client.kill("SIGKILL")
    await client.exited
    await server[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })

  const connect = (scheme: string, host: string, to: number): Promise<Connected> =>
    openProxy({ url: `${scheme}://127.0.0.1:${port}`, except: [] }, async () => []).connect(host, to)

  const ways: [string, string][] = [
    ["socks5h", "localhost"],
    ["socks5h", "127.0.0.1"],
    ["socks5", "127.0.0.1"],
    ["socks4a", "localhost"],
    ["socks4a", "127.0.0.1"],
    ["socks4", "127.0.0.1"],
  ]

  test.each(ways)("%s to %s carries as much as there is, both ways", async (scheme, host) => {
    await using echo = await echoServer()
    const { stream, holding } = await connect(scheme, host, echo.port)
    const piece = "0123456789abcdef".repeat(1024)
    let got = 0
    for (let count = 0; count < 40; count++) {
      stream.write(piece)
      await until(() => holding.held.length >= piece.length)
      expect(holding.held.bytes.toString("latin1")).toBe(piece)
      got += holding.held.length
      holding.held.drop(piece.length)
    }
    expect(got).toBe(40 * piece.length)
    stream.terminate()
  })

  test.each(ways)("%s to %s hears a server that speaks first", async (scheme, host) => {
    await using greeting = await bannerServer("220 hello\r\n")
    const { stream, holding } = await connect(scheme, host, greeting.port)
    await until(() => holding.held.length > 0)
    expect(holding.held.bytes.toString()).toBe("220 hello\r\n")
    stream.terminate()
  })

  test("socks5h reaches IPv6 addresses", async () => {
    await using echo = await echoServer("::1")
    const { stream, holding } = await connect("socks5h", "::1", echo.port)
    stream.write("hello")
    await until(() => holding.held.length >= 5)
    stream.terminate()
  })

  test("comes to nothing where nothing listens: ssh says yes before it has connected, or hangs up", async () => {
    const outcome = await connect("socks5h", "127.0.0.1", freePort()).catch((cause: Error) => cause)
    if (outcome instanceof Error) return expect(outcome.message).toEndWith(" hung up")
    const { stream, holding } = outcome
    await until(() => holding.ended || holding.closed !== undefined)
    expect(holding.held.length).toBe(0)
    stream.terminate()
  })
})
