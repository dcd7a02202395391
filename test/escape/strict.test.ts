/** With --strict nothing is readable but the system, the project and what is allowed; programs still start. */
import { expect, test } from "bun:test"
import { chmodSync, mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { run } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

const hidden = "s3cret-of-strict"
const options = ["--strict"]

test("the rest of the home, its neighbours and data directories are hidden", async () => {
  using world = new World({
    home: { "notes.txt": hidden, ".config/app/settings": hidden, "work/sibling/file": hidden },
    project: { file: "plain", "a/b": "plain" },
  })
  const got = await world.attempts(
    {
      "a file of the home": "cat ~/notes.txt",
      "a setting": "cat ~/.config/app/settings",
      "the project's neighbour": "cat ../sibling/file",
      "the home's list": "ls -A ~ | grep -v work | grep -q .",
      "the list beside the project": "ls .. | grep -v project | grep -q .",
      "/srv": "ls -A /srv",
      "/mnt": "ls -A /mnt",
      "/media": "ls -A /media",
      "/boot": "ls -A /boot",
      "/var/lib": "ls -A /var/lib/dpkg /var/lib/rpm",
      "/": "ls / | grep -q -e srv -e boot -e mnt",
      "a write where nothing is shown": "echo x > ~/new",
      "a write in the root": "echo x > /new",
    },
    { options },
  )
  expect(succeeded(got)).toEqual([])
  expect(spoken(got)).not.toContain(hidden)
})

test("the system, the project and what is allowed are there", async () => {
  using world = new World({ home: { "allowed/file": "plain", "open/": "" }, project: { file: "plain" } })
  const got = await world.attempts(
    {
      programs: "ls /usr/bin | grep -q . && /usr/bin/env true && /bin/sh -c true",
      settings: "cat /etc/passwd",
      certificates: "ls /etc",
      project: "cat file && echo x > new",
      allowed: "cat ~/allowed/file",
      opened: "echo x > ~/open/new",
      temp: 'echo x > "$TMPDIR/x"',
      devices: "head -c 1 /dev/urandom > /dev/null",
      processes: "cat /proc/self/status",
    },
    { options: [...options, "--read", "~/allowed", "--write", "~/open"] },
  )
  expect(failed(got)).toEqual({})
})

test("a program in ~/.local/bin behind links starts, its neighbours stay hidden", async () => {
  using world = new World({
    home: {
      ".local/share/tool/1.0/tool": "#!/bin/sh\necho it runs; cat ~/.local/share/other/file\n",
      ".local/share/other/file": hidden,
      ".local/bin/": "",
    },
  })
  const tool = join(world.home, ".local/share/tool/1.0/tool")
  chmodSync(tool, 0o755)
  symlinkSync("1.0", join(world.home, ".local/share/tool/current"))
  symlinkSync("../share/tool/current/tool", join(world.home, ".local/bin/tool"))
  const bin = join(world.home, ".local/bin")
  const env = { ...world.env, PATH: `${bin}:${world.env.PATH}` }
  for (const word of ["tool", join(bin, "tool"), tool]) {
    const { stdout, stderr } = await run([cordonBinary, "--strict", "--", word], { cwd: world.project, env })
    expect({ word, stdout }).toEqual({ word, stdout: "it runs\n" })
    expect(stderr).not.toContain(hidden)
  }
})

const node = Bun.which("node")
test.skipIf(node === null)(
  `an npm program below the home starts with its package and its dependencies${node === null ? " [skipped when there is no node]" : ""}`,
  async () => {
    using world = new World({
      home: {
        ".npm-global/lib/node_modules/agent/cli.js":
          '#!/usr/bin/env node\nconsole.log(require("./lib/part.js"), require("dep"))\n',
        ".npm-global/lib/node_modules/agent/package.json": '{"name":"agent"}',
        ".npm-global/lib/node_modules/agent/lib/part.js": 'module.exports = "part"\n',
        ".npm-global/lib/node_modules/agent/node_modules/dep/index.js": 'module.exports = "dep"\n',
        ".npm-global/bin/": "",
        ".npm-global/other": hidden,
      },
    })
    const bin = join(world.home, ".npm-global/bin")
    chmodSync(join(world.home, ".npm-global/lib/node_modules/agent/cli.js"), 0o755)
    symlinkSync("../lib/node_modules/agent/cli.js", join(bin, "agent"))
    const env = { ...world.env, PATH: `${bin}:${world.env.PATH}` }
    const got = await run([cordonBinary, "--strict", "--", "agent"], { cwd: world.project, env })
    expect(got).toEqual({ code: 0, stdout: "part dep\n", stderr: "" })
  },
)

test("a project elsewhere is readable, its parent is not", async () => {
  using world = new World({ home: { "notes.txt": hidden } })
  const elsewhere = join(world.root, "elsewhere")
  mkdirSync(elsewhere)
  const got = await world.attempts(
    {
      project: "echo x > file && cat file",
      parent: `ls ${world.root} | grep -q home`,
      home: "cat ~/notes.txt",
    },
    { options: [...options, "-C", elsewhere] },
  )
  expect(succeeded(got)).toEqual(["project"])
})
