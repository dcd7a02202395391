/** The sandbox's side of the contract: what the policy says holds, and what it allows works. */
import { expect } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { connectScript, greeting, listen } from "../support/listener.ts"
import { eventually, processesWith } from "../support/process.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
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
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"])
      expect(stdout).toMatch(new RegExp(`^${set}:\\s+0+$`, "m"))
    expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m)
  },
  "empties the bounding set of capabilities": async backend => {
    using world = backend.world()
    expect((await backend.shell(world, "cat /proc/self/status")).stdout).toMatch(/^CapBnd:\s+0+$/m)
  },
  "has a temp directory of its own, gone afterwards": async backend => {
    using world = backend.world()
    const name = `cordon-test-${crypto.randomUUID()}`
    const made = `mkdir -p "$TMPDIR/${name}/a" && echo x > "$TMPDIR/${name}/a/b" && cat "$TMPDIR/${name}/a/b" && mktemp > /dev/null`
    expect((await backend.shell(world, made)).stdout).toBe("x\n")
    expect((await backend.shell(world, `cat "$TMPDIR/${name}/a/b"`)).code).not.toBe(0)
    const found = await world.host(
      "sh",
      "-c",
      `ls -d /tmp/${name} /tmp/*/${name} /tmp/*/*/${name} 2>/dev/null || true`,
    )
    expect(found).toBe("")
  },
  "shows nothing of the host's temp directories": async backend => {
    using world = backend.world()
    const name = `cordon-test-${crypto.randomUUID()}`
    const places = ["/tmp", "/var/tmp", "/dev/shm"].map(place => `${place}/${name}`)
    await world.host("sh", "-c", `for place in ${places.join(" ")}; do echo ${secret} > $place; done`)
    try {
      const got = await backend.shell(
        world,
        `cat ${places.join(" ")}; ls /tmp /var/tmp /dev/shm; rm ${places.join(" ")}`,
      )
      expect(got.stdout).not.toContain(secret)
      expect(got.stdout).not.toContain(name)
    } finally {
      await world.host("rm", ...places)
    }
  },
  "has /tmp, /var/tmp and /dev/shm of its own": async backend => {
    using world = backend.world()
    const name = `cordon-test-${crypto.randomUUID()}`
    const script = `for t in /tmp /var/tmp /dev/shm; do echo x > "$t/${name}" && cat "$t/${name}"; done`
    expect((await backend.shell(world, script)).stdout).toBe("x\n".repeat(3))
    expect((await backend.shell(world, `cat /tmp/${name}`)).code).not.toBe(0)
    expect(await world.host("sh", "-c", `ls /tmp /var/tmp /dev/shm | grep -c ${name} || true`)).toBe("0\n")
  },
  "has a loopback of its own while the network is off": async backend => {
    using world = backend.world()
    const code = `const server = require("node:net").createServer(socket => socket.end("own")).listen(0, "127.0.0.1", () =>
      require("node:net").connect(server.address().port, "127.0.0.1").on("data", text => { console.log(String(text)); process.exit() }))
      server.on("error", error => { console.log(error.code); process.exit() })`
    expect((await world.script(code, { options: backend.options({ options: ["-n"] }) })).stdout).toBe("own\n")
  },
  "lists the processes inside": async backend => {
    using world = backend.world()
    const { stdout } = await backend.shell(world, "sleep 5 & ls /proc | grep -x $!; kill $!")
    expect(stdout).toMatch(/^\d+\n$/)
  },
  "has System V shared memory of its own": async backend => {
    using world = backend.world()
    const code = `${rawCallsPrelude()}\nconst create = 0o1600\nconsole.log(typeof sys("shmget", 0, 4096, create))`
    expect((await world.script(code, { options: backend.options() })).stdout).toBe("number\n")
  },
  "starts programs that may be executed and not read": async backend => {
    using world = backend.world()
    await world.host("sh", "-c", "cp /bin/true unreadable && chmod 111 unreadable")
    expect((await backend.run(world, ["./unreadable"])).code).toBe(0)
  },
  "keeps programs out of denied directories altogether": async backend => {
    using world = backend.world({ home: { ".aws/x": secret } })
    const got = await world.attempts(
      { enter: "cd ~/.aws && cd x", stat: "stat ~/.aws/x" },
      { options: backend.options() },
    )
    expect(succeeded(got)).toEqual([])
  },
  "ends everything with the command, and with SIGKILL of Cordon": async backend => {
    using world = backend.world()
    const name = crypto.randomUUID()
    const script = `(setsid sh -c "while :; do sleep 0.01; done; : ${name}" &) ; echo > ready`
    const words = (more: string) => [...backend.options(), "--", "sh", "-c", `${script}; ${more}`]
    expect((await world.cordon(words("exit 3"))).code).toBe(3)
    expect(processesWith(name)).toEqual([])
    await world.host("rm", "ready")
    const { process: cordon, outcome } = world.start(words("sleep 600"))
    await eventually(() => existsSync(join(world.project, "ready")) || undefined)
    cordon.kill("SIGKILL")
    await outcome
    expect(await eventually(() => (processesWith(name).length === 0 ? true : undefined))).toBe(true)
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
