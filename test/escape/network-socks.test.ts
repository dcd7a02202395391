/** The host goes through a SOCKS proxy, OpenSSH's own: so does the sandbox, by the rules, and nobody inside hears of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../support/border.ts"
import { runWithNames } from "../support/host-names.ts"
import { webService } from "../support/services.ts"
import { listens, noSshServer, type SshServer, sshOptions, sshServer } from "../support/ssh-server.ts"
import { World } from "../support/world.ts"

describe.skipIf(noSshServer !== undefined)(`ALL_PROXY=socks5://… [skipped when ${noSshServer}]`, () => {
  let directory: string
  const port = freePort()
  let log: string
  let server: SshServer
  let client: Bun.Subprocess
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "cordon-ssh-"))
    log = join(directory, "client.log")
    server = await sshServer(directory)
    const there = ["-p", String(server.port), `${server.user}@127.0.0.1`]
    const words = ["-N", "-v", "-E", log, "-D", `127.0.0.1:${port}`, ...sshOptions(server), ...there]
    client = Bun.spawn(["ssh", ...words], { stdio: ["ignore", "ignore", "ignore"] })
    if (!(await listens(port))) throw new Error(`ssh does not listen: ${await server.log()}`)
  })
  afterAll(async () => {
    client.kill("SIGKILL")
    await client.exited
    await server[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })

  /** @returns what the script said, and how often the proxy was connected to */
  async function shell(allowed: readonly string[], script: string, scheme = "socks5") {
    using world = new World()
    writeFileSync(log, "")
    const allowances = allowed.flatMap(host => ["--allow-host", host])
    const words = ["--trust", "untrusted", ...allowances, "-q", "--", "bash", "-c", script]
    const env = { ALL_PROXY: `${scheme}://127.0.0.1:${port}`, NO_PROXY: "near.example" }
    const names = { "api.example": "127.0.0.1", "near.example": "127.0.0.1" }
    const outcome = await runWithNames(world, names, { words, env })
    const asked = [
      ...readFileSync(log, "utf8").matchAll(/^debug1: Connection to port \d+ forwarding to socks/gm),
    ]
    return { ...outcome, asked: asked.length }
  }

  const curl = "curl -sS --max-time 10"

  test("what is allowed goes through it, and no program is told", async () => {
    using web = webService()
    const script = `env | grep -ci _proxy; ${curl} http://api.example:${web.port}/x`
    const { stdout, stderr, asked } = await shell([`api.example:${web.port}`, "127.0.0.1"], script)
    expect({ stdout, stderr }).toEqual({ stdout: "0\nhello from the host", stderr: "" })
    expect(asked).toBeGreaterThan(0)
    expect(web.heard).toEqual([`GET api.example:${web.port} /x`])
  })

  test("what is not allowed, or leads to loopback, does not, as without a proxy", async () => {
    using web = webService()
    const ask = (host: string) => `${curl} -o /dev/null -w '%{http_code} ' http://${host}:${web.port}/`
    const { stdout, asked } = await shell(
      ["api.example"],
      `${ask("api.example")}; ${ask("evil.example")}; ${ask("10.0.0.1")}`,
    )
    expect(stdout).toBe("403 403 403 ")
    expect(asked).toBe(0)
    expect(web.heard).toEqual([])
  })

  test("what NO_PROXY excepts goes past it", async () => {
    using web = webService()
    const { stdout, asked } = await shell(
      ["near.example", "127.0.0.1"],
      `${curl} http://near.example:${web.port}/`,
    )
    expect(stdout).toBe("hello from the host")
    expect(asked).toBe(0)
  })

  test("names go to it as they are where it looks them up", async () => {
    using web = webService()
    // The proxy is another machine, to which the name means nothing.
    const { stdout, asked } = await shell(
      ["api.example"],
      `${curl} http://api.example:${web.port}/`,
      "socks5h",
    )
    expect(stdout).not.toContain("hello from the host")
    expect(asked).toBeGreaterThan(0)
    expect(web.heard).toEqual([])
  })
})
