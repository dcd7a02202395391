/** An agent writes where something of the user's or of the system's would pick it up. */
import { expect, test } from "bun:test"
import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { failed, succeeded } from "../support/attempts.ts"
import { liveMode, liveWays } from "../support/live-modes.ts"
import { launch } from "../support/process.ts"
import { treeOf } from "../support/tree.ts"
import { World, writeFiles } from "../support/world.ts"

const home = {
  ".bashrc": "# mine",
  ".profile": "# mine",
  ".ssh/known_hosts": "host",
  ".ssh/authorized_keys": "mine",
  ".local/bin/tool": "#!/bin/sh\n",
  ".config/autostart/": "",
  ".config/systemd/user/": "",
  ".config/app/settings": "mine",
  "work/sibling/file": "mine",
  "bin/": "",
}

const places = {
  "a new file in the home": "~/new",
  "the shell's start": "~/.bashrc",
  "the login's start": "~/.profile",
  "keys that may log in": "~/.ssh/authorized_keys",
  "known hosts": "~/.ssh/known_hosts",
  "a program on the PATH": "~/.local/bin/tool",
  "a new program on the PATH": "~/bin/git",
  autostart: "~/.config/autostart/x.desktop",
  "a user unit": "~/.config/systemd/user/x.service",
  "a setting": "~/.config/app/settings",
  "the project's neighbour": "~/work/sibling/file",
  "beside the project": "../new",
  "beside the home": "~/../new",
  "/etc": "/etc/cordon-test-new",
  "/etc/profile": "/etc/profile",
  "/usr/bin": "/usr/bin/cordon-test-new",
  "/usr/local/bin": "/usr/local/bin/cordon-test-new",
  "/opt": "/opt/cordon-test-new",
  "/srv": "/srv/cordon-test-new",
  "/var": "/var/cordon-test-new",
  "/var/spool": "/var/spool/cordon-test-new",
  "/root": "/root/cordon-test-new",
  "/home": "/home/cordon-test-new",
  "/": "/cordon-test-new",
}

test("nothing outside the project can be written, and the project can", async () => {
  using world = new World({ home })
  const before = treeOf(world.root)
  // Opening is the whole attempt: what stands open must not be damaged by a test. A file that it made goes again.
  const attempt = (path: string) =>
    path.endsWith("cordon-test-new") ? `: >> ${path} && rm -f ${path}` : `: >> ${path}`
  const commands = Object.entries(places).map(([name, path]) => [name, attempt(path)])
  expect(succeeded(await world.attempts(Object.fromEntries(commands)))).toEqual([])
  expect(treeOf(world.root)).toEqual(before)

  const project = await world.attempts({
    "a file": "echo mine > file && grep mine file",
    "a tree": "mkdir -p a/b && echo mine > a/b/c && mv a d && rm -r d",
    "a mode": "echo > run.sh && chmod 755 run.sh && test -x run.sh",
  })
  expect(failed(project)).toEqual({})
  expect(readFileSync(join(world.project, "file"), "utf8")).toBe("mine\n")
})

test("names outside the project cannot be removed, moved or given other modes", async () => {
  using world = new World({ home })
  const before = treeOf(world.root)
  const got = await world.attempts({
    "remove a file": "rm -f ~/.bashrc && test ! -e ~/.bashrc",
    "remove a directory": "rmdir ~/bin",
    "move a file": "mv ~/.profile ~/.profile2",
    "move a directory": "mv ~/work/sibling ~/work/stolen",
    "move the project": "mv ~/work/project ~/work/moved",
    "make a link": "ln -s /tmp ~/link",
    "change a mode": "chmod 777 ~/.ssh",
    "change a time": "touch -d 2001-01-01 ~/.bashrc",
    "make a device": "mknod null c 1 3",
  })
  expect(succeeded(got)).toEqual([])
  expect(treeOf(world.root)).toEqual(before)
})

test("--write opens one place more, and only that", async () => {
  using world = new World({ home })
  mkdirSync(join(world.root, "out"))
  const options = ["--write", join(world.root, "out"), "--write", "~/.config/app"]
  const open = await world.attempts(
    { "a directory": `echo mine > ${world.root}/out/new`, "a setting": "echo mine > ~/.config/app/settings" },
    { options },
  )
  expect(failed(open)).toEqual({})
  expect(readFileSync(join(world.root, "out/new"), "utf8")).toBe("mine\n")
  const denied = await world.attempts(
    { "its parent": `echo x > ${world.root}/new`, "its neighbour": "echo x > ~/.config/new" },
    { options },
  )
  expect(succeeded(denied)).toEqual([])
})

test("a toolchain's cache that exists is writable, what runs later beside it is not", async () => {
  using world = new World()
  writeFiles(world.home, { ".npm/_cacache/x": "", ".npmrc": "registry=x", ".cargo/config.toml": "[build]" })
  expect(failed(await world.attempts({ cache: "echo x > ~/.npm/_cacache/y" }))).toEqual({})
  const denied = await world.attempts({
    "npm's settings": "echo x >> ~/.npmrc",
    "cargo's settings": "echo x >> ~/.cargo/config.toml",
  })
  expect(succeeded(denied)).toEqual([])
})

test.each(liveWays)(
  "nobody who reads a FIFO of the host's hears from inside, unless it may be written: %s",
  async way => {
    using world = new World({ project: { file: "" } })
    await world.host("mkfifo", "../orders", "../granted", "own")
    const reader = (name: string) =>
      launch(["sh", "-c", `exec cat <> ${name}`], { cwd: world.project, env: world.env })
    const readers = ["../orders", "../granted", "own"].map(reader)
    const options = { options: [...liveMode(world, way), "--write", join(world.home, "work/granted")] }
    const got = await world.attempts(
      {
        "by name": "echo order > ../orders",
        "without waiting": "printf order | dd of=../orders oflag=nonblock conv=notrunc",
        "for both": "exec 3<> ../orders && echo order >&3",
        "by a link": "ln -s ../orders link && echo order >> link",
      },
      options,
    )
    expect(succeeded(got)).toEqual([])
    expect(
      failed(await world.attempts({ granted: "echo order > ../granted", own: "echo order > own" }, options)),
    ).toEqual({})
    await world.host("sh", "-c", "echo mine > ../orders")
    await Bun.sleep(200)
    for (const { process } of readers) process.kill("SIGKILL")
    const heard = await Promise.all(readers.map(({ outcome }) => outcome))
    expect(heard.map(({ stdout }) => stdout)).toEqual(["mine\n", "order\n", "order\n"])
  },
)
