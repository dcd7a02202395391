/** The sandbox's side of the contract: what the policy says holds, and what it allows works. */
import { expect } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { connectScript, greeting, listen } from "../support/listener.ts"
import { treeOf } from "../support/tree.ts"
import { writeFiles } from "../support/world.ts"
import type { Promised } from "./backend.ts"

const secret = "s3cret-of-the-contract"

export const confinementPromises = {
  "reads and writes the project": async backend => {
    using world = backend.world({ project: { file: "plain" } })
    const options = backend.options()
    const got = await world.attempts(
      {
        read: "grep plain file",
        write: "echo mine > new",
        replace: "echo x > y && mv y file",
        remove: "rm file",
      },
      { options },
    )
    expect(failed(got)).toEqual({})
    expect(readFileSync(join(world.project, "new"), "utf8")).toBe("mine\n")
  },
  "reads the rest of the disk and writes none of it": async backend => {
    using world = backend.world({ home: { "notes.txt": "plain" } })
    const before = treeOf(world.root)
    const options = backend.options()
    const open = { home: "cat ~/notes.txt", system: "cat /etc/passwd", programs: "ls /usr/bin" }
    expect(failed(await world.attempts(open, { options }))).toEqual({})
    const closed = {
      home: "echo x >> ~/notes.txt",
      system: ": >> /etc/cordon-test-new",
      root: ": >> /cordon-test-new",
    }
    expect(succeeded(await world.attempts(closed, { options }))).toEqual([])
    expect(treeOf(world.root)).toEqual(before)
  },
  "denies secrets of the home and of the project": async backend => {
    using world = backend.world({
      home: { ".aws/credentials": secret, ".netrc": secret, ".ssh/known_hosts": "host" },
      project: { ".env": secret, "a/.env": secret, ".env.example": "KEY=" },
    })
    const options = backend.options()
    const closed = {
      directory: "cat ~/.aws/credentials",
      list: "ls ~/.aws",
      file: "cat ~/.netrc",
      project: "cat .env",
      deeper: "cat a/.env",
      write: "echo x > ~/.netrc",
    }
    const denied = await world.attempts(closed, { options })
    expect(succeeded(denied)).toEqual([])
    expect(spoken(denied)).not.toContain(secret)
    expect(denied.file.output).toContain("Permission denied")
    expect(denied.list.output).toContain("Permission denied")
    const open = { hosts: "cat ~/.ssh/known_hosts", template: "cat .env.example" }
    expect(failed(await world.attempts(open, { options }))).toEqual({})
  },
  "lets the most specific path decide": async backend => {
    using world = backend.world({
      project: { "a/x": secret, "a/b/x": "plain", "a/b/c/x": secret, "a/b/c/d/x": "plain" },
    })
    const words = ["--deny", "a", "--read", "a/b", "--deny", "a/b/c", "--write", "a/b/c/d"]
    const options = backend.options({ options: words })
    const got = await world.attempts(
      {
        "denied at the top": "cat a/x",
        "read below": "cat a/b/x",
        "written there": "echo x > a/b/x",
        "denied again": "cat a/b/c/x",
        "written below": "echo x > a/b/c/d/x",
      },
      { options },
    )
    expect(succeeded(got)).toEqual(["read below", "written below"])
    expect(spoken(got)).not.toContain(secret)
  },
  "protects what the host runs later": async backend => {
    using world = backend.world({
      project: { ".envrc": "mine", "a/.vscode/tasks.json": "{}", file: "1" },
      git: true,
    })
    const got = await world.attempts(
      {
        hook: "echo x > .git/hooks/pre-commit",
        settings: "git config core.pager evil",
        direnv: "echo x > .envrc",
        editor: "echo x > a/.vscode/tasks.json",
        "moved away": "mv .git old || mv a b",
        commit: "echo 2 > file && git commit -qam second",
      },
      { options: backend.options() },
    )
    expect(succeeded(got)).toEqual(["commit"])
  },
  "switches the network off and leaves it open": async backend => {
    using world = backend.world()
    await using service = await listen({ hostname: "127.0.0.1" })
    const script = connectScript(service.place)
    const off = await world.script(script, { options: backend.options({ options: ["-n"] }) })
    expect(off.stdout).toStartWith("refused")
    const open = await world.script(script, { options: backend.options({ options: ["--net", "open"] }) })
    expect(open.stdout).toBe(greeting)
  },
  "keeps the host's abstract sockets out of reach": async backend => {
    using world = backend.world()
    await using service = await listen({ unix: `\0cordon-test-${crypto.randomUUID()}` })
    for (const mode of ["off", "open"]) {
      const options = backend.options({ options: ["--net", mode] })
      expect((await world.script(connectScript(service.place), { options })).stdout).toStartWith("refused")
    }
  },
  "hides other processes": async backend => {
    using world = backend.world()
    const got = await world.attempts(
      {
        signal: `kill -0 ${process.pid}`,
        environment: `cat /proc/${process.pid}/environ`,
        own: "kill -0 $$",
      },
      { options: backend.options() },
    )
    expect(succeeded(got)).toEqual(["own"])
  },
  "gives no capabilities and no new privileges": async backend => {
    using world = backend.world()
    const { stdout } = await backend.shell(world, "cat /proc/self/status")
    expect(stdout).toMatch(/^CapEff:\s+0+$/m)
    expect(stdout).toMatch(/^CapBnd:\s+0+$/m)
    expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m)
  },
  "has temp directories of its own": async backend => {
    using world = backend.world()
    const name = `cordon-test-${crypto.randomUUID()}`
    const script = `for t in /tmp /var/tmp /dev/shm "$TMPDIR"; do echo x > "$t/${name}" && cat "$t/${name}"; done`
    expect((await backend.shell(world, script)).stdout).toBe("x\n".repeat(4))
    expect((await backend.shell(world, `cat /tmp/${name}`)).code).not.toBe(0)
    expect(await world.host("sh", "-c", `ls /tmp /var/tmp /dev/shm | grep -c ${name} || true`)).toBe("0\n")
  },
  "leaves nothing on the host": async backend => {
    using world = backend.world({ project: { file: "1" } })
    const before = treeOf(world.root)
    const words = ["--deny", "absent/file", "--deny", "~/.absent", "--ro"]
    for (const options of [[], words]) expect((await backend.shell(world, "true", { options })).code).toBe(0)
    expect(treeOf(world.root)).toEqual(before)
  },
  "obeys the user policy": async backend => {
    using world = backend.world({ home: { "open/": "", "closed/file": secret, "notes.txt": "plain" } })
    writeFiles(world.home, {
      ".config/cordon/policy.yaml": "filesystem: { write: [~/open], deny: [~/closed] }\n",
    })
    const got = await world.attempts(
      { opened: "echo x > ~/open/new", closed: "cat ~/closed/file", other: "cat ~/notes.txt" },
      { options: backend.options() },
    )
    expect(succeeded(got)).toEqual(["opened", "other"])
  },
} satisfies Record<string, Promised>
