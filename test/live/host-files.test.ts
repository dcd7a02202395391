/** An agent's own file directly in the home is replaced as agents do it; everything else there stays read-only. */
import { expect, test } from "bun:test"
import { chmodSync, existsSync, lstatSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { liveMode, liveModes } from "../support/live-modes.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { bun, World, writeFiles } from "../support/world.ts"

const files = { ".claude.json": "old", ".claude.jsonx": "mine", ".bashrc": "mine" }

/** Runs a script as Claude Code: Cordon knows agents by the names of their programs. */
async function asClaude(world: World, script: string, options: readonly string[] = []) {
  writeFiles(world.home, { "bin/claude": `#!/bin/sh\n${script}\n` })
  chmodSync(join(world.home, "bin/claude"), 0o755)
  return world.cordon([...options, join(world.home, "bin/claude")])
}

const replace =
  "echo new > ~/.claude.json.tmp.77 && mv ~/.claude.json.tmp.77 ~/.claude.json && cat ~/.claude.json"

test("it is replaced by renaming a file beside it", async () => {
  using world = new World({ home: files })
  const { stdout, code } = await asClaude(world, replace)
  expect({ stdout, code }).toEqual({ stdout: "new\n", code: 0 })
  expect(readFileSync(join(world.home, ".claude.json"), "utf8")).toBe("new\n")
  expect(existsSync(join(world.home, ".claude.json.tmp.77"))).toBe(false)
})

test("it is locked by a directory beside it, and made where it was not", async () => {
  using world = new World({})
  const lock =
    "mkdir ~/.claude.json.lock && echo made > ~/.claude.json && rmdir ~/.claude.json.lock && echo unlocked"
  expect((await asClaude(world, lock)).stdout).toBe("unlocked\n")
  expect(readFileSync(join(world.home, ".claude.json"), "utf8")).toBe("made\n")
})

test("no other name in the home can be made, written, or taken by its temporary names", async () => {
  using world = new World({ home: files })
  const attempts = [
    "echo x > ~/.claude.jsonx",
    "echo x > ~/.bashrc",
    "echo x > ~/.new",
    "echo x > ~/.claude.json.tmp && mv ~/.claude.json.tmp ~/.bashrc",
    "mv ~/.claude.json ~/.profile",
    "ln ~/.bashrc ~/.claude.json.tmp2 && echo x > ~/.claude.json.tmp2",
    "ln -s ~/.bashrc ~/.claude.json.link; echo x >> ~/.claude.json.link",
    "mkdir -p ~/.claude.json.d/../.dir",
    // Relative links, which would lead on in the directory as the host has it.
    "ln -s .bashrc ~/.claude.json.l1; echo x >> ~/.claude.json.l1",
    "ln -s .new ~/.claude.json.l2; echo x > ~/.claude.json.l2; mv ~/.claude.json.l2 ~/.claude.json",
    "echo x >> ~/.claude.json.planted; chmod 777 ~/.claude.json.planted",
  ]
  symlinkSync(".bashrc", join(world.home, ".claude.json.planted"))
  await asClaude(world, attempts.map(attempt => `(${attempt}) 2>/dev/null`).join("\n"))
  for (const [name, text] of [
    [".claude.jsonx", "mine"],
    [".bashrc", "mine"],
  ] as const)
    expect(readFileSync(join(world.home, name), "utf8")).toBe(text)
  for (const name of [".new", ".profile", ".dir"]) expect(existsSync(join(world.home, name))).toBe(false)
  expect(lstatSync(join(world.home, ".bashrc")).mode & 0o777).not.toBe(0o777)
  expect(lstatSync(join(world.home, ".claude.json")).isFile()).toBe(true)
})

test("no directory of the host's is handed in", async () => {
  using world = new World({ home: files })
  const code = `${rawCallsPrelude()}
    fs.mkdirSync(process.env.HOME + "/.claude.json.lock")
    const lock = process.env.HOME + "/.claude.json.lock"
    for (const open of [() => sys("openat", AT_FDCWD, lock, 0, 0), () => sys("openat2", AT_FDCWD, lock, how(0, 0, 0), 24)]) {
      const fd = open()
      console.log(typeof fd, fs.readdirSync("/proc/self/fd/" + fd + "/..").includes(".bashrc"),
        sys("openat", fd, "../.bashrc", 1, 0), sys("openat", fd, "../.new", 0o101, 0o600), sys("mkdirat", fd, "../new", 0o755),
        sys("openat", fd, "../work/project/new", 0o101, 0o600) > 0)
    }`
  writeFiles(world.project, { "script.js": code })
  for (const mode of liveModes) {
    const options = [...liveMode(world, mode), "--read", bun]
    const { stdout } = await asClaude(world, `exec ${bun} script.js; rmdir ~/.claude.json.lock`, options)
    // Its own view of them, in which the home is read-only.
    expect(stdout, mode).toBe("number true EROFS EROFS EROFS true\n".repeat(2))
    await world.host("rm", "-r", join(world.home, ".claude.json.lock"))
  }
})

test("another program does not get it", async () => {
  using world = new World({ home: files })
  const { stdout } = await world.cordon(["sh", "-c", `(${replace}) 2>/dev/null || echo refused`])
  expect(stdout).toBe("refused\n")
  expect(readFileSync(join(world.home, ".claude.json"), "utf8")).toBe("old")
})

test("in a home that is hidden nothing of the host's is reached", async () => {
  using world = new World({ home: files })
  await asClaude(world, `(${replace}) 2>/dev/null`, ["--strict"])
  expect(existsSync(join(world.home, ".claude.json.tmp.77"))).toBe(false)
})
