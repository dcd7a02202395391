/** An agent makes, changes or moves what is protected or denied by name and did not exist at launch. */
import { expect, test } from "bun:test"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { eventually } from "../support/process.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { World } from "../support/world.ts"

test("settings of known agents and editors do not come into being in a project, and an agent's own state does", async () => {
  using world = new World({ project: { "a/b/": "" } })
  const names = [".zed/tasks.json", ".helix/languages.toml", "opencode.json", "crush.json", ".crush.json"]
  const more = [".pi/extensions/x.ts", "kilo.json", ".kilo/kilo.jsonc", ".kilocode/mcp.json"]
  const make = (path: string) => [path, `mkdir -p "$(dirname ${path})" && echo evil > ${path}`]
  const all = [...names, ...more].flatMap(name => [name, `a/b/${name}`])
  expect(succeeded(await world.attempts(Object.fromEntries(all.map(make))))).toEqual([])
  const own = { pi: "~/.pi/agent/sessions/x", crush: "~/.local/share/crush/crush.json" }
  for (const [agent, path] of Object.entries(own)) {
    const options = { options: ["--profile", agent] }
    expect(failed(await world.attempts(Object.fromEntries([make(path)]), options))).toEqual({})
  }
  const settings = Object.fromEntries([make("~/.pi/agent/settings.json")])
  expect(succeeded(await world.attempts(settings, { options: ["--profile", "pi"] }))).toEqual([])
})

test("what tools run that start in a directory, or are told of it, does not come into being there, nor in a writable home", async () => {
  using world = new World({ project: { "a/b/": "" } })
  const onEntering =
    "mise/config.toml mise.ci.toml .mise.ci.local.toml .rtx.toml .rvmrc .prototools .shadowenv.d/x.lisp"
  const starting =
    ".perldb .byebugrc .jdbrc .emacs .vim/coc-settings.json x.sublime-project .autoenv.zsh .huskyrc.json"
  const building =
    "latexmkrc .latexmkrc .jvmopts .sbtopts .mvn/jvm.config .mill-opts .npmrc .yarn/releases/yarn.cjs .pnpmfile.mjs"
  const names = [
    onEntering,
    starting,
    building,
    "lint-staged.config.js .config/lefthook.yml .config/mise.x.toml",
  ]
    .join(" ")
    .split(" ")
  const make = (path: string) => [path, `mkdir -p "$(dirname ${path})" && echo evil > ${path}`]
  const inProject = names.flatMap(name => [name, `a/b/${name}`])
  expect(succeeded(await world.attempts(Object.fromEntries(inProject.map(make))))).toEqual([])
  const inHome = names.map(name => `~/${name}`)
  const trusted = { options: ["-n", "--trust", "trusted"] }
  expect(succeeded(await world.attempts(Object.fromEntries(inHome.map(make)), trusted))).toEqual([])
  const plain = ["mise/notes.toml", "emacs", ".yarn/cache/x.zip", "~/other", "latexmk", "x.jvmopts"]
  expect(failed(await world.attempts(Object.fromEntries(plain.map(make)), trusted))).toEqual({})
})

test("a protected name cannot come into being, in any way, at any depth", async () => {
  using world = new World({ project: { "a/b/file": "x" } })
  const got = await world.attempts({
    written: "echo evil > .envrc",
    deeper: "echo evil > a/b/.mcp.json",
    "in a new directory": "mkdir -p new/deep && echo evil > new/deep/.npmrc",
    "a directory": "mkdir .vscode",
    "below a directory of that name": "mkdir -p a/.husky/_",
    renamed: "echo evil > f1; mv f1 .bashrc",
    "renamed elsewhere": "echo evil > f2; mv f2 a/b/.zshrc",
    "a directory renamed": "mkdir d1; mv d1 a/.idea",
    exchanged: "echo evil > f3; mv --exchange f3 .envrc || mv -n f3 .envrc; test ! -e f3",
    "hard-linked": "echo evil > f4; ln f4 .gitconfig",
    "a symlink": "echo evil > f5; ln -s f5 .tool-versions",
    "through a symlink": "ln -s .envrc l1; echo evil > l1",
    "through a symlinked directory": "ln -s a/b l2; echo evil > l2/.envrc",
    "through dots": "echo evil > a/../a/b/./../.envrc",
    "by a link of one's own": "echo evil > /proc/self/cwd/.envrc",
    "below a descriptor": "exec 9<a; echo evil > /proc/self/fd/9/.envrc",
    copied: "cp a/b/file .yarnrc",
    "a pipe": "mkfifo .profile",
    ".git as a file": "echo gitdir: evil > a/.git",
    ".git as a link": "mkdir evilgit; ln -s evilgit a/.git",
    "a tree with hooks in it": "mkdir -p t1/hooks && echo evil > t1/hooks/pre-commit && mv t1 a/.git",
    "a tree with a linked directory": "mkdir -p t2 t2info && ln -s ../../t2info t2/info && mv t2 a/b/.git",
    "a linked submodule": "mkdir -p t3/.git/modules/deep && ln -s ../../../../t2info t3/.git/modules/deep/er",
    "a submodule moved in":
      "mkdir -p t4 t5/.git/modules/x && echo evil > t4/config && mv t4 t5/.git/modules/x/y",
  })
  expect(succeeded(got)).toEqual([])
  const names = [
    ".envrc",
    "a/b/.mcp.json",
    ".vscode",
    ".bashrc",
    "a/b/.zshrc",
    "a/b/.envrc",
    "a/.idea",
    ".gitconfig",
  ]
  expect(names.filter(name => existsSync(join(world.project, name)))).toEqual([])
  const allowed = await world.attempts({
    written: "echo x > envrc && echo x > .envrc.txt && echo x > a/b/.gitignore",
    "a directory": "mkdir -p vscode/deep .github/workflows .claude && echo x > .claude/notes",
    renamed: "echo x > g1 && mv g1 g2 && mv a c && mv c a",
    linked: "echo x > g3 && ln g3 g4 && ln -s g3 g5 && echo y > g5",
    "a tree": "mkdir -p g6/objects && echo x > g6/HEAD && mv g6 a/.git",
  })
  expect(failed(allowed)).toEqual({})
})

test("what the host makes while the command runs is denied and protected at once", async () => {
  using world = new World({ project: { "a/file": "x" } })
  const { outcome } = world.start([
    "--",
    "sh",
    "-c",
    `touch ready; while [ ! -e go ]; do sleep 0.02; done
    for command in 'cat .env' 'cat a/.env' 'ln .env x1' 'cp a/.env x2' 'mv .env x3' 'ln -s .env x4; cat x4' 'rm .env' \\
      'echo >> .envrc' 'mv .envrc x5' 'rm .envrc' 'chmod 777 .envrc' 'touch -d yesterday .envrc' 'truncate -s 0 .envrc' \\
      'ln .envrc x6' 'mv a/.git x7' 'echo evil > a/.git/hooks/post-commit' 'mv a/.git/hooks x8' 'rm -f a/.git/config' \\
      'mkdir -p x9; mv x9 a/.git/hooks' 'ln -sf x a/.git/config'
    do (eval "$command") 2>/dev/null && echo "$command"; done
    cat .env.example && cat .envrc && cat a/.git/config && rm a/file && echo done`,
  ])
  expect(await eventually(() => (existsSync(join(world.project, "ready")) ? true : undefined))).toBe(true)
  for (const [path, text] of Object.entries({
    ".env": "s3cret",
    "a/.env": "s3cret",
    ".env.example": "example ",
    ".envrc": "mine ",
    "a/.git/config": "own ",
    "a/.git/hooks/pre-commit": "hook",
  })) {
    await world.host("mkdir", "-p", join(world.project, path, ".."))
    writeFileSync(join(world.project, path), text)
  }
  writeFileSync(join(world.project, "go"), "")
  expect(await outcome).toEqual({ code: 0, stdout: "example mine own done\n", stderr: "" })
  expect(readFileSync(join(world.project, ".envrc"), "utf8")).toBe("mine ")
})

test("a repository of this session runs nothing: no hooks, no settings that name commands", async () => {
  using world = new World()
  const config = (text: string) =>
    `printf '${text}' > n/.git/config.lock && mv n/.git/config.lock n/.git/config`
  const got = await world.attempts({
    "a repository": "git init -q n",
    "a hook": "echo evil > n/.git/hooks/pre-commit",
    "a renamed sample": "mv n/.git/hooks/pre-commit.sample n/.git/hooks/pre-commit",
    "a linked sample": "ln n/.git/hooks/pre-commit.sample n/.git/hooks/pre-commit",
    "prepared hooks": "mkdir p && echo evil > p/pre-commit && rm -rf n/.git/hooks && mv p n/.git/hooks",
    "hooks taken out": "git init -q m && mv m/.git/hooks h",
    "a command": config("[core]\\n\\tfsmonitor = evil\\n"),
    "a command by git": "git -C n config core.sshCommand evil",
    "an included file": config("[include]\\n\\tpath = ../../evil\\n"),
    "a remote that runs a command": config('[remote "x"]\\n\\turl = ext::sh -c evil\\n'),
    "the same behind a tab": config('[remote "x"]\\n\\turl = \\text::sh -c evil\\n'),
    "in place": "echo '[core] pager = evil' >> n/.git/config",
    "another config": "mkdir q && mv q n/.git/config",
    "a link for it": "ln -sf ../../evil n/.git/config",
    attributes: "echo '* filter=evil' > n/.git/info/attributes",
  })
  expect(succeeded(got)).toEqual(["a repository"])
  const allowed = await world.attempts({
    "a repository":
      "git init -q ok && cd ok && git remote add origin https://example.com/x.git && git config user.name A",
    commits:
      "cd ok && git config user.email a@b && echo x > f && git add f && git commit -qm one && git gc -q && git log",
    "a clone": "git clone -q ok copy && cd copy && git log && git checkout -q -b other",
    "removing it": "rm -rf copy && test ! -e copy",
  })
  expect(failed(allowed)).toEqual({})
})

const raw = (code: string) => `${rawCallsPrelude()}
process.umask(0)
const CREATE = 0o102
${code}`

test("no call leads to a name that was not the one looked at", async () => {
  using world = new World({ project: { ok: "x" } })
  const code = raw(`
    const said = []
    const directory = sys("openat", AT_FDCWD, ".", 0, 0)
    // The name of an earlier call, still in the engine's memory, behind a path that has no name.
    for (let length = 0; length < 250; length++) {
      const bytes = Buffer.alloc(600)
      bytes.write("." + "/".repeat(length + 1) + ".envrc\\0")
      sys("mkdirat", AT_FDCWD, bytes, 0o755)
      bytes.write("/proc/self/fd/" + directory + "\\0")
      said.push(sys("mkdirat", AT_FDCWD, bytes, 0o755), sys("symlinkat", "ok", AT_FDCWD, bytes), sys("linkat", AT_FDCWD, "ok", AT_FDCWD, bytes, 0),
        sys("mknodat", AT_FDCWD, bytes, 0o100755, 0), sys("renameat2", AT_FDCWD, "ok", AT_FDCWD, bytes, 0), sys("unlinkat", AT_FDCWD, bytes, 0))
    }
    // A file without a name, and a pinned one, get none.
    const nameless = sys("openat", AT_FDCWD, ".", 0o20200002, 0o755), pinned = sys("openat", AT_FDCWD, "ok", 0o10000000, 0)
    for (const fd of [nameless, pinned])
      said.push(sys("linkat", AT_FDCWD, "/proc/self/fd/" + fd, AT_FDCWD, ".mcp.json", 0x400), sys("linkat", fd, "", directory, ".mcp.json", 0x1000))
    for (const resolve of [0, 8, 16, 4])
      said.push(sys("openat2", directory, ".npmrc", how(CREATE, 0o755, resolve), 24))
    said.push(sys("openat", directory, ".npmrc", CREATE, 0o755), sys("openat", AT_FDCWD, "\\x00", CREATE, 0))
    console.log(said.filter(result => typeof result === "number").length)
  `)
  expect(await world.script(code)).toEqual({ code: 0, stdout: "0\n", stderr: "" })
  expect((await world.host("ls", "-A")).trim()).toBe("ok")
})

test("a denied file stays denied to whoever pinned it before the host replaced it", async () => {
  using world = new World()
  const code = raw(`
    write("ready"); while (!fs.existsSync(".env")) Bun.sleepSync(10)
    const pinned = sys("openat", AT_FDCWD, ".env", 0o10000000, 0)
    write("pinned"); while (!fs.existsSync("replaced")) Bun.sleepSync(10)
    const path = "/proc/self/fd/" + pinned
    console.log(fs.readlinkSync(path).split("/").at(-1), typeof pinned, sys("openat", AT_FDCWD, path, 0, 0), sys("openat", AT_FDCWD, path, 2, 0))
  `)
  const { outcome } = world.start(["--read", process.execPath, "--", process.execPath, "-e", code])
  const at = (name: string) => join(world.project, name)
  expect(await eventually(() => existsSync(at("ready")) || undefined)).toBe(true)
  writeFileSync(at(".env"), "s3cret")
  expect(await eventually(() => existsSync(at("pinned")) || undefined)).toBe(true)
  await world.host("sh", "-c", "echo new > next && mv next .env && touch replaced")
  expect(await outcome).toEqual({ code: 0, stdout: ".env (deleted) number EACCES EACCES\n", stderr: "" })
})

test("the engine writes nowhere where the program could not", async () => {
  using world = new World({ project: { mine: "x" } })
  const got = await world.attempts({
    "the first process's memory": "exec 9<>/proc/1/mem",
    "its settings": "echo 0 > /proc/1/oom_score_adj",
    "the kernel's settings": "echo x > /proc/sys/kernel/core_pattern",
    "the system": "echo x > /usr/x || mkdir /etc/x || touch /x",
    "a device": "mknod device c 1 3",
    "somebody else's file": "chown 12345 mine",
    "out by dots": "echo x > ../../../../../../../../../usr/x",
    "out by the first process's root": "echo x > /proc/1/root/usr/x",
  })
  expect(succeeded(got)).toEqual([])
  expect(spoken(got)).not.toContain("bug")
  expect(
    failed(
      await world.attempts({
        own: "chmod 600 mine && chown $(id -u) mine && echo 5 > /proc/self/oom_score_adj",
      }),
    ),
  ).toEqual({})
})

test("what would confuse the engine ends nothing, and waits for nobody", async () => {
  using world = new World({ project: { file: "x" } })
  const code = raw(`
    const said = []
    fs.symlinkSync("b", "a"); fs.symlinkSync("a", "b")
    said.push(sys("openat", AT_FDCWD, "a", CREATE, 0), sys("fchmodat", AT_FDCWD, "a", 0), sys("truncate", "a", 0))
    for (const address of [-1n, -4096n, 1n << 62n, 1n << 63n, 8n])
      said.push(sys("openat", AT_FDCWD, address, CREATE, 0), sys("openat2", AT_FDCWD, "x", address, 24), sys("setxattr", "file", "user.x", address, 9, 0))
    said.push(sys("openat2", AT_FDCWD, "x", 8, -1n), sys("setxattr", "file", "user.x", "v", -1n, 0), sys("truncate", "file", -1n))
    sys("mknodat", AT_FDCWD, "fifo", 0o010600, 0)
    said.push(sys("openat", AT_FDCWD, "fifo", 0o4001, 0), typeof sys("openat", AT_FDCWD, "fifo", 2, 0))
    let deep = ""; for (let depth = 0; depth < 200; depth++) { deep += "d/"; sys("mkdirat", AT_FDCWD, deep, 0o755) }
    said.push(sys("renameat2", AT_FDCWD, "d", AT_FDCWD, ".git", 0))
    console.log(said.join(" "), sys("openat", AT_FDCWD, "last", CREATE, 0o600) > 0)
  `)
  const { code: status, stdout, stderr } = await world.script(code)
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
  const faults = Array(5).fill("EFAULT EFAULT EFAULT").join(" ")
  expect(stdout).toBe(`ELOOP ELOOP ELOOP ${faults} E2BIG E2BIG EINVAL ENXIO number EACCES true\n`)
})
