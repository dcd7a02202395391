/**
 * ssh and git over ssh in `filtered` mode, with OpenSSH's own server and no proxy setting: a server that is allowed works
 * on any port, and one that is not is refused at once.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runWithNames } from "../support/host-names.ts"
import { noSshServer, type SshServer, sshServer } from "../support/ssh-server.ts"
import { makeRepository, World, writeFiles } from "../support/world.ts"

describe.skipIf(noSshServer !== undefined)(`ssh [skipped when ${noSshServer}]`, () => {
  let directory: string
  let repository: string
  let server: SshServer
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "cordon-ssh-"))
    repository = join(directory, "repository")
    mkdirSync(join(directory, "keys"), { mode: 0o700 })
    server = await sshServer(join(directory, "keys"))
    writeFiles(repository, { "README.md": "from far away\n", "large.bin": "0123456789".repeat(100_000) })
    makeRepository(repository, { PATH: process.env.PATH ?? "", HOME: directory })
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })

  /** The key comes with the project: what lies in the home is out of reach, and this is not about that. */
  async function shell(allowed: readonly string[], script: string) {
    const [key, known] = [server.key, server.knownHosts].map(file => readFileSync(file, "utf8"))
    using world = new World({ project: { "id/key": key ?? "", "id/known": known ?? "" } })
    const options = [
      "BatchMode=yes",
      "IdentitiesOnly=yes",
      "StrictHostKeyChecking=yes",
      "GlobalKnownHostsFile=none",
    ]
    const words = ["UserKnownHostsFile=/tmp/id/known", ...options].flatMap(option => ["-o", option])
    const ssh = `ssh -F none -i /tmp/id/key ${words.join(" ")}`
    const start = `cp -r id /tmp && chmod 600 /tmp/id/key && cd /tmp && export GIT_SSH_COMMAND="${ssh}"`
    const text = `${start}\n${script.replaceAll("$SSH", ssh)}`
    const allowances = allowed.flatMap(host => ["--allow-host", host])
    const all = ["--trust", "untrusted", ...allowances, "-q", "--", "bash", "-c", text]
    const names = { "git.example": "127.0.0.1", "evil.example": "127.0.0.1" }
    return await runWithNames(world, names, { words: all })
  }

  const url = (host: string) => `ssh://${server.user}@${host}:${server.port}${repository}`
  const allowed = () => [`git.example:${server.port}`, `127.0.0.1:${server.port}`]

  test("git clones, pushes and fetches, and no variable says how to get there", async () => {
    const script = `
env | grep -ci _proxy
git clone -q ${url("git.example")} copy && cat copy/README.md && wc -c < copy/large.bin
cd copy && git config user.name T && git config user.email t@example.com
git commit -q --allow-empty -m second && git push -q origin HEAD:refs/heads/pushed && git fetch -q && git branch -r`
    const { stdout, stderr, code } = await shell(allowed(), script)
    expect({ stdout: stdout.replaceAll(" ", ""), stderr, code }).toEqual({
      stdout: "0\nfromfaraway\n1000000\norigin/HEAD->origin/main\norigin/main\norigin/pushed\n",
      stderr: "",
      code: 0,
    })
  })

  test("runs commands, with what they read, say and end with", async () => {
    const { stdout, code } = await shell(
      allowed(),
      `head -c 300000 /dev/zero | $SSH -p ${server.port} ${server.user}@git.example 'wc -c; exit 7'`,
    )
    expect({ stdout, code }).toEqual({ stdout: "300000\n", code: 7 })
  })

  test("to a host that no rule allows ends at once, and the server hears of nothing", async () => {
    const before = (await server.log()).length
    const started = performance.now()
    const { stdout, stderr } = await shell(allowed(), `git clone ${url("evil.example")} copy; echo $?`)
    expect(performance.now() - started).toBeLessThan(5000)
    expect(stdout).toBe("128\n")
    expect(stderr).toMatch(
      /Received disconnect from .* cordon: the sandbox refuses the connection to evil\.example:\d+: no rule/,
    )
    expect(stderr).toContain("Could not read from remote repository")
    expect((await server.log()).slice(before)).toBe("")
  })

  test("to a host by its address, or on another port, is refused as well", async () => {
    const before = (await server.log()).length
    const there = `-p ${server.port} ${server.user}@127.0.0.1`
    const { stdout } = await shell(
      [`git.example:${server.port + 1}`, "127.0.0.1"],
      `$SSH ${there} true; echo $?; git ls-remote -q ${url("git.example")}; echo $?`,
    )
    expect(stdout).toBe("255\n128\n")
    expect((await server.log()).slice(before)).toBe("")
  })
})
