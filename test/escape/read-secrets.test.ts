/** An agent, or what it installed, looks for credentials in the home directory and in the project. */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { run } from "../support/process.ts"
import { treeOf } from "../support/tree.ts"
import { cordonBinary, isRoot, World } from "../support/world.ts"

const secret = "s3cret-of-the-home"
const home = {
  ".aws/credentials": secret,
  ".ssh/id_ed25519": secret,
  ".ssh/my-other-key": secret,
  ".ssh/id_ed25519.pub": "ssh-ed25519 AAAA",
  ".ssh/known_hosts": "github.com ssh-ed25519 AAAA",
  ".ssh/config": "Host *",
  ".netrc": secret,
  ".git-credentials": secret,
  ".config/gh/hosts.yml": secret,
  ".config/other/settings": "plain",
  ".npmrc": secret,
  ".kube/config": secret,
  ".docker/config.json": secret,
  ".gnupg/private-keys-v1.d/key": secret,
  ".bash_history": secret,
  ".claude/.credentials.json": secret,
  ".codex/auth.json": secret,
  ".mozilla/firefox/cookies.sqlite": secret,
  ".local/share/keyrings/login.keyring": secret,
  ".local/state/cordon/session.log": secret,
  "Documents/taxes.txt": secret,
  "notes.txt": "plain",
}
const secretsOfHome = Object.keys(home).filter(path => home[path as keyof typeof home] === secret)

test("secrets below the home cannot be read, and what is no secret can", async () => {
  using world = new World({ home })
  const reading = (paths: readonly string[]) =>
    world.attempts(Object.fromEntries(paths.map(path => [path, `cat ~/${path}`])))
  const denied = await reading(secretsOfHome)
  expect(succeeded(denied)).toEqual([])
  expect(spoken(denied)).not.toContain(secret)
  const open = [
    ".ssh/known_hosts",
    ".ssh/config",
    ".ssh/id_ed25519.pub",
    ".config/other/settings",
    "notes.txt",
  ]
  expect(failed(await reading(open))).toEqual({})
})

test("a secret is refused with EACCES, for opening and listing, whether file or directory", async () => {
  using world = new World({ home })
  const denied = await world.attempts({
    "open a file": "cat ~/.netrc",
    "open a file in a directory": "cat ~/.aws/credentials",
    "list a directory": "ls ~/.aws",
  })
  for (const [name, { output }] of Object.entries(denied)) expect(output, name).toContain("Permission denied")
})

test("a secret cannot be written, replaced, removed or hidden behind a new one", async () => {
  using world = new World({ home })
  const before = treeOf(world.home)
  const denied = await world.attempts({
    "append to a file": "echo x >> ~/.netrc",
    "make a file in a directory": "echo x > ~/.aws/new",
    "remove a file": "rm -f ~/.netrc && test ! -e ~/.netrc",
    "replace a file": "mv -f ~/notes.txt ~/.netrc",
    "move a directory away": "mv ~/.aws ~/aws",
    "make it readable": "chmod 644 ~/.netrc && cat ~/.netrc",
    "make a directory readable": "chmod 755 ~/.aws && ls ~/.aws",
    "copy it out": "cp -r ~/.ssh keys && cat keys/my-other-key",
  })
  expect(succeeded(denied)).toEqual([])
  const { work: _, ...after } = treeOf(world.home)
  for (const [path, facts] of Object.entries(before)) expect(after[path] ?? facts, path).toBe(facts)
})

const environments = [".env", "a/.env", "a/b/c/.env.local", "a/b/c/.env.production", "node_modules/x/.env"]
const templates = [".env.example", "a/b/.env.example", "a/.env.sample", "a/environment"]

test(".env files of the project cannot be read at any depth, their templates can", async () => {
  using world = new World({
    project: Object.fromEntries([
      ...environments.map(path => [path, secret]),
      ...templates.map(path => [path, "KEY="]),
    ]),
  })
  const reading = (paths: readonly string[]) =>
    world.attempts(Object.fromEntries(paths.map(path => [path, `cat ${path}`])))
  const denied = await reading(environments)
  expect(succeeded(denied)).toEqual([])
  expect(spoken(denied)).not.toContain(secret)
  expect(failed(await reading(templates))).toEqual({})
  const written = await world.attempts({ overwrite: "echo x > .env", remove: "rm -f a/.env" })
  expect(succeeded(written)).toEqual([])
})

test("the project is found and searched as a whole without its secrets", async () => {
  using world = new World({ project: { ".env": secret, "a/.env": secret, "a/code.js": "needle" } })
  const { stdout } = await world.shell("grep -r . . 2>/dev/null; tar -cf - . 2>/dev/null")
  expect(stdout).toContain("needle")
  expect(stdout).not.toContain(secret)
})

test("--deny hides a file and a directory, --read below it opens one file again", async () => {
  using world = new World({
    project: { "notes.txt": secret, "private/a": secret, "private/b": "opened", "c.txt": "plain" },
  })
  const options = ["--deny", "notes.txt", "--deny", "private", "--read", "private/b"]
  const got = await world.attempts(
    {
      file: "cat notes.txt",
      "below the directory": "cat private/a",
      list: "ls private",
      create: "echo x > private/new",
      "write what is only read": "echo x > private/b",
    },
    { options },
  )
  expect(succeeded(got)).toEqual([])
  expect(spoken(got)).not.toContain(secret)
  const open = await world.attempts({ opened: "grep opened private/b", other: "cat c.txt" }, { options })
  expect(failed(open)).toEqual({})
})

test("--read opens exactly the secret that a person names", async () => {
  using world = new World({ home: { ...home, ".aws/config": "region" } })
  const options = ["--read", "~/.aws/config", "--read", "~/.config/gh"]
  const open = await world.attempts(
    { "a file": "cat ~/.aws/config", "a directory": "cat ~/.config/gh/hosts.yml" },
    { options },
  )
  expect(failed(open)).toEqual({})
  const denied = await world.attempts(
    { "its neighbour": "cat ~/.aws/credentials", "another secret": "cat ~/.netrc" },
    { options },
  )
  expect(succeeded(denied)).toEqual([])
})

test("an agent reads its own login and no other agent's", async () => {
  using world = new World({ home: { ...home, "bin/claude": '#!/bin/sh\nexec sh -c "$1"\n' } })
  await world.host("chmod", "755", `${world.home}/bin/claude`)
  const claude = (script: string) => world.cordon([`${world.home}/bin/claude`, script])
  expect(await claude("cat ~/.claude/.credentials.json")).toMatchObject({ code: 0, stdout: secret })
  expect((await claude("cat ~/.codex/auth.json")).stdout).toBe("")
  expect((await claude("cat ~/.aws/credentials")).stdout).toBe("")
})

const shadow = isRoot && existsSync("/etc/shadow")
test.skipIf(!shadow)(
  `root's view of /etc/shadow is closed, /etc/passwd is open${shadow ? "" : " [skipped when not root: it is closed anyway]"}`,
  async () => {
    using world = new World()
    const got = await world.attempts({ shadow: "cat /etc/shadow", log: "ls /var/log" })
    expect(succeeded(got)).toEqual([])
    expect(failed(await world.attempts({ passwd: "cat /etc/passwd" }))).toEqual({})
  },
)

const oddNames = [
  "two words",
  "new\nline",
  "ünïcödé",
  "-dash",
  "quote'\"s",
  "$HOME",
  "star*[a]{b}",
  "\u00e9-e\u0301",
]

test("a secret is found below directories of any name", async () => {
  using world = new World({
    project: Object.fromEntries(
      oddNames.flatMap(name => [
        [`${name}/.env`, secret],
        [`${name}/code.js`, "1"],
      ]),
    ),
  })
  const { stdout, code } = await world.shell("grep -rs . .; grep -rsq 1 .")
  expect(code).toBe(0)
  expect(stdout).not.toContain(secret)
  expect(stdout.split("code.js:1").length - 1).toBe(oddNames.length)
})

test("a secret is found below a directory whose name is no UTF-8, or the run is refused", async () => {
  using world = new World({ project: { "code.js": "1" } })
  const script = `d=$(printf 'a\\377b'); mkdir "$d" && printf %s ${secret} > "$d/.env" && printf 2 > "$d/code.js"`
  await world.host("sh", "-c", script)
  const { stdout, code } = await world.shell("cat */code.js; cat */.env; find . -name .env | wc -l")
  expect(stdout).not.toContain(secret)
  if (code !== 125) expect(stdout).toBe("21\n")
})

/** A mount namespace in which something can be mounted. */
const unshare = ["unshare", isRoot ? "-m" : "-Urm"]
const mayMount = Bun.spawnSync([...unshare, "true"], { stdio: ["ignore", "ignore", "ignore"] }).exitCode === 0

describe.skipIf(!mayMount)(
  `a home that is mounted in a second place${mayMount ? "" : " [skipped when nothing can be mounted]"}`,
  () => {
    test.each(["-n", "--net open", "-n --backend landlock"])("is denied there: %s", async options => {
      using world = new World({ home: { ".ssh/id_rsa": "s3cret" }, project: { "sub/file": "mine " } })
      const again = join(world.root, "again")
      mkdirSync(again)
      const script = `cat ${again}/.ssh/id_rsa; cat ${again}/work/project/sub/file; ls ${again}; cat sub/file && echo x > made`
      const mounted = `mount --bind ${world.home} ${again} && cat ${again}/.ssh/id_rsa && cordon() { "$0" ${options} -- sh -c "$1"; } && cordon "$1" && cordon "$1" && cd ${again}/work/project && cordon "$1"`
      const words = [...unshare, "sh", "-c", mounted, cordonBinary, script]
      const { stdout, code } = await run(words, { cwd: world.project, env: world.env })
      // The second launch is a remembered one. A project that is reached there is worked in, and nothing else of the home.
      expect({ stdout, code }).toEqual({ stdout: "s3cretmine mine mine mine ", code: 0 })
    })
  },
)
