/** What a repository wrote, or an agent left behind in an earlier run, opens nothing in the next one. */
import { expect, test } from "bun:test"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { directoryMax } from "../../src/host/directory.ts"
import { connectScript, listen } from "../support/listener.ts"
import { run } from "../support/process.ts"
import { cordonBinary, makeRepository, World } from "../support/world.ts"

const secret = "-----the key-----"

test.each(["--strict", "--trust untrusted"])(
  "the #! line of a repository's script opens no secret with %s, and the script runs",
  async options => {
    using world = new World({ home: { ".ssh/id_rsa": secret, "notes.txt": "mine" } })
    for (const target of [".ssh/id_rsa", "notes.txt"]) {
      const path = join(world.home, target)
      const lines = ["#!/usr/bin/env -S sh", `cat ${path}`, "echo ran"]
      writeFileSync(join(world.project, "plain.sh"), lines.join("\n"))
      writeFileSync(
        join(world.project, "tricky.sh"),
        [`#!/usr/bin/env -S -u ${path} sh`, ...lines.slice(1)].join("\n"),
      )
      writeFileSync(join(world.project, "direct.sh"), `#!${path}\n`)
      for (const name of ["plain.sh", "tricky.sh", "direct.sh"]) {
        chmodSync(join(world.project, name), 0o755)
        const { stdout, stderr } = await world.cordon([...options.split(" "), "--", `./${name}`])
        expect(stdout + stderr).not.toContain(secret)
        expect(stdout).not.toContain("mine")
        if (name !== "direct.sh") expect(stdout).toContain("ran")
      }
    }
  },
)

test("a link in the repository to a program of the home opens nothing with --strict, one to a toolchain or within it does", async () => {
  const script = (said: string) => `#!/bin/sh\n# ${secret}\necho ${said}; cat "$0"\n`
  using world = new World({
    home: {
      "bin/deploy": script("home"),
      "other/node_modules/tool/cli": script("package"),
      ".pyenv/versions/3/bin/python": script("toolchain"),
    },
    project: { "own.sh": script("own") },
  })
  const leads = async (name: string, target: string) => {
    chmodSync(target, 0o755)
    symlinkSync(target, join(world.project, name))
    const { code, stdout } = await world.cordon(["--strict", "--", `./${name}`])
    return { code, said: stdout.split("\n")[0] }
  }
  const [refused, runs] = [{ code: 126, said: "" }, (said: string) => ({ code: 0, said })]
  expect(await leads("a", join(world.home, "bin/deploy"))).toEqual(refused)
  expect(await leads("b", join(world.home, "other/node_modules/tool/cli"))).toEqual(refused)
  expect(await leads("c", join(world.project, "own.sh"))).toEqual(runs("own"))
  expect(await leads("d", join(world.home, ".pyenv/versions/3/bin/python"))).toEqual(runs("toolchain"))
})

const crowd = (directory: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${directory}f${index}`, ""]))

test("files that an earlier run left in a cache take no mask off what the project holds", async () => {
  using world = new World({
    home: crowd(".npm/", 1200),
    project: { ".env": secret, ".env.local": secret, ...crowd("aaa/", 1200) },
  })
  const masked = `grep -o '${world.project}/[.]env[^ ]*' /proc/self/mountinfo | sort -u`
  const { stdout } = await world.cordon(["-n", "--", "sh", "-c", masked])
  expect(stdout.trim().split("\n")).toEqual([".env", ".env.local"].map(name => join(world.project, name)))
})

test("files that an earlier run left in an agent's state, or beside it in the home, stop no launch, and mask what they did", async () => {
  using world = new World({
    home: { ".factory/auth.json": secret, ...crowd(".factory/", 20_001), ...crowd(".claude.json.", 20_001) },
  })
  const masked = `grep -o '${world.home}/[.]factory/auth[^ ]*' /proc/self/mountinfo; cat ~/.factory/auth.json`
  const { stdout, stderr } = await world.cordon(["-n", "--", "sh", "-c", masked])
  expect(stdout).toBe(`${world.home}/.factory/auth.json\n`)
  expect(stderr).toContain("Permission denied")
  const own = await world.cordon(["-n", "--deny", "~/.factory/f*", "--", "true"])
  expect({ code: own.code, stderr: own.stderr.split("\n")[0] }).toEqual({
    code: 125,
    stderr: `cordon: the globs of the policy reach more than 20000 names, the last of them in ${world.home}/.factory`,
  })
})

test("files that an earlier run left beside a denied one have reads carried out, which no second thread can race", async () => {
  const carriedOut = async (count: number) => {
    using world = new World({ project: { ".env.local": secret, ...crowd("", count) } })
    const { stdout } = await world.cordon(["-n", "--dry-run", "--json", "--", "true"])
    return JSON.parse(stdout).data.plan.live.carriesOutReads
  }
  expect(await carriedOut(10)).toBe(false)
  expect(await carriedOut(directoryMax)).toBe(true)
})

test("a link in a repository's git directory opens nothing for its worktrees, which can still commit", async () => {
  using world = new World({ git: true, home: { "victim/file": "1" } })
  await world.host("git", "worktree", "add", "-q", "../tree")
  await world.shell(`mv .git/logs .git/was && ln -s ${world.home}/victim .git/logs`)
  const tree = join(dirname(world.project), "tree")
  const { stdout } = await world.cordon([
    "-C",
    tree,
    "--",
    "sh",
    "-c",
    `touch ${world.home}/victim/x && echo WROTE`,
  ])
  expect(stdout).toBe("")
  const objects = `echo x | git hash-object -w --stdin > /dev/null && echo stored`
  expect((await world.cordon(["-C", tree, "--", "sh", "-c", objects])).stdout).toBe("stored\n")
})

test("a repository that an agent made in its own state acknowledges nothing", async () => {
  using world = new World({ home: { ".claude/": "", "victim/file": "1" } })
  const fake = join(world.home, ".claude/fake")
  mkdirSync(join(fake, "worktrees/x"), { recursive: true })
  writeFileSync(join(fake, "worktrees/x/gitdir"), join(world.project, ".git"))
  writeFileSync(join(fake, "worktrees/x/commondir"), "../..")
  mkdirSync(join(fake, "objects"))
  symlinkSync(join(world.home, "victim"), join(fake, "refs"))
  writeFileSync(join(world.project, ".git"), `gitdir: ${fake}/worktrees/x`)
  const { stdout } = await world.shell(
    `for d in ${fake}/objects ${world.home}/victim; do touch $d/x && echo WROTE; done; echo ran`,
  )
  expect(stdout).toBe("ran\n")
})

test("a link that an agent left in a cache opens nothing, the person's own link to the cache does", async () => {
  using world = new World({ home: { "data/go/pkg/mod/": "", "victim/file": "1" } })
  symlinkSync("data/go", join(world.home, "go"))
  const own = await world.shell("touch ~/go/pkg/mod/x && echo WROTE")
  expect(own.stdout).toBe("WROTE\n")
  renameSync(join(world.home, "data/go/pkg/mod"), join(world.home, "data/go/pkg/was"))
  for (const target of [world.home, join(world.home, "victim"), "/"]) {
    await world.host("ln", "-sfn", target, join(world.home, "data/go/pkg/mod"))
    const { stdout } = await world.shell("touch ~/victim/x && echo WROTE; echo ran")
    expect(stdout).toBe("ran\n")
  }
})

test("a variable opens nothing that is denied, and not the home by a detour", async () => {
  using world = new World({ home: { ".ssh/id_rsa": secret, "own-cache/": "" } })
  symlinkSync(world.home, join(dirname(world.project), "detour"))
  for (const place of [join(world.home, ".ssh"), join(dirname(world.project), "detour")]) {
    const { code, stdout } = await world.shell("cat ~/.ssh/id_rsa", { env: { npm_config_cache: place } })
    expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
  }
  const script = { npm_config_cache: join(world.home, ".ssh"), npm_lifecycle_event: "test" }
  expect((await world.shell("cat ~/.ssh/id_rsa; echo ran", { env: script })).stdout).toBe("ran\n")
  const cache = { npm_config_cache: join(world.home, "own-cache") }
  expect((await world.shell("touch ~/own-cache/x && echo WROTE", { env: cache })).stdout).toBe("WROTE\n")
})

test("what a denied link leads to is denied, whatever bytes its name has; such names stop no launch", async () => {
  using world = new World()
  const script = [
    `s=$(printf "$HOME/s\\377h") && mkdir "$s" && echo '${secret}' > "$s/id_rsa" && ln -s "$s" "$HOME/.ssh"`,
    `touch "$(printf 'odd\\377name')" readable`,
  ]
  await world.host("sh", "-c", script.join("\n"))
  const { stdout, code } = await world.shell("cat ~/.ssh/id_rsa; ls | wc -l")
  expect({ stdout: stdout.trim(), code }).toEqual({ stdout: "2", code: 0 })
})

test("a directory as standard input is refused, a file is handed on", async () => {
  using world = new World({ home: { "service/x": "1" }, project: { input: "words" } })
  const give = (path: string) => {
    const words = [join(import.meta.dir, "../../dist/cordon"), "-q", "--", "cat"]
    const stdin = openSync(path, "r")
    return Bun.spawnSync(words, { cwd: world.project, env: world.env, stdin, stdout: "pipe", stderr: "pipe" })
  }
  expect(give(join(world.home, "service")).exitCode).toBe(125)
  expect(give(join(world.project, "input")).stdout.toString()).toBe("words")
  expect(existsSync(join(world.home, "service/x"))).toBe(true)
})

test("files that extend each other many times over stop the launch soon", async () => {
  using world = new World()
  for (let at = 0; at < 20; at++)
    writeFileSync(join(world.project, `p${at}.yaml`), `extends: [./p${at + 1}.yaml, ./p${at + 1}.yaml]\n`)
  writeFileSync(join(world.project, "p20.yaml"), "version: 1\n")
  writeFileSync(join(world.project, ".cordon.yaml"), "extends: [./p0.yaml]\n")
  const { code, stderr } = await world.shell("echo ran")
  expect(code).toBe(125)
  expect(stderr).toContain("extends more than")
})

test("a repository of the project's own is one like any other", async () => {
  using world = new World()
  makeRepository(world.project, world.env)
  expect((await world.shell("git status --short && echo works")).stdout).toBe("works\n")
})

test("a name that is .env and leads to the home or the project denies neither", async () => {
  using world = new World({ home: { "notes.txt": "mine" }, project: { file: "words" } })
  for (const target of [world.home, world.project]) {
    await world.host("ln", "-sfn", target, join(world.project, ".env"))
    expect((await world.shell("cat file ~/notes.txt")).stdout).toBe("wordsmine")
  }
})

test("a directory where another program's socket was stays visible, the socket itself does not", async () => {
  using world = new World()
  const place = join(world.project, "src")
  await using service = await listen({ unix: place })
  expect((await world.script(connectScript(service.place))).stdout).toStartWith("refused")
  await world.host("sh", "-c", "rm -f src && mkdir src && echo words > src/file")
  expect((await world.shell("cat src/file")).stdout).toBe("words\n")
})

test("a directory that an earlier run replaced by a link is no project for who goes there again", async () => {
  using world = new World({ home: { "private/diary.txt": secret }, project: { "sub/file": "1" } })
  const replace = `mv sub old && ln -s ${world.home}/private sub`
  expect((await world.cordon(["--", "sh", "-c", replace])).code).toBe(0)
  const attempt = `cd ${world.project}/sub && "$0" -q -- sh -c "echo planted > diary.txt"`
  const { code, stderr } = await run(["sh", "-c", attempt, cordonBinary], {
    cwd: world.project,
    env: world.env,
  })
  expect({ code, diary: readFileSync(join(world.home, "private/diary.txt"), "utf8") }).toEqual({
    code: 125,
    diary: secret,
  })
  expect(stderr).toContain(`${join(world.project, "sub")} is a link on the way to`)
  const named = await world.cordon(["-C", "sub", "--", "sh", "-c", "echo planted > diary.txt"])
  expect(named.code).toBe(125)
  // Who names what it leads to gets it, and a directory is what it was.
  expect((await world.cordon(["-C", join(world.home, "private"), "--", "true"])).code).toBe(0)
  expect((await world.cordon(["-C", "old", "--", "true"])).code).toBe(0)
})

test("what only a link denies is denied and told of, before an earlier run has hidden the link", async () => {
  using world = new World({ project: { "config/dev.txt": secret, "api/file": "" } })
  symlinkSync("../config/dev.txt", join(world.project, "api/.env"))
  const { stdout, stderr } = await world.cordon(["--", "sh", "-c", "cat config/dev.txt; echo ran"])
  expect(stdout).toBe("ran\n")
  expect(stderr).toContain("/api/.env leads to")
  expect(stderr).toContain("config/dev.txt, which is denied only while a launch finds the link")
  // Told of at a launch that is like an earlier one, too.
  expect((await world.cordon(["--", "sh", "-c", "cat config/dev.txt; echo ran"])).stderr).toContain(
    "only while",
  )
  const named = await world.cordon(["--deny", "config/dev.txt", "--", "cat", "config/dev.txt"])
  expect(named.code).not.toBe(0)
  expect(named.stderr).not.toContain("only while")
})

test("a program that an earlier run left on the PATH gives no secret and runs nowhere, the person's own does", async () => {
  const policy = [
    "credentials:",
    "  - name: SOME_TOKEN",
    "    from: { command: [some-keeper, token] }",
    "    hosts: [api.example]",
    "    as: bearer",
  ]
  const keeper = (mark: string) => `#!/bin/sh\ntouch ${mark}\necho ghp_SECRETsecretSECRETsecret\n`
  using world = new World({ home: { "policy.yaml": policy.join("\n"), "own/": "" } })
  const [own, planted] = ["own-ran", "planted-ran"].map(name => join(world.home, name))
  writeFileSync(join(world.home, "own/some-keeper"), keeper(own ?? ""), { mode: 0o755 })
  const modules = join(world.project, "node_modules/.bin")
  const env = { PATH: `${modules}:${join(world.home, "own")}:${world.env.PATH}` }
  const options = ["--config", join(world.home, "policy.yaml"), "-q"]
  const earlier = await world.shell(
    `mkdir -p ${modules} && printf '${keeper(planted ?? "").replaceAll("\n", "\\n")}' > ${modules}/some-keeper && chmod +x ${modules}/some-keeper`,
    { options, env },
  )
  expect(earlier).toEqual({ code: 0, stdout: "", stderr: "" })
  expect([own, planted].map(path => existsSync(path ?? ""))).toEqual([true, false])
  const { stdout } = await world.shell("echo $SOME_TOKEN", { options, env })
  expect(stdout).toMatch(/^ghp_\w{24}\n$/)
  expect(existsSync(planted ?? "")).toBe(false)
  const named = join(world.home, "named.yaml")
  writeFileSync(named, policy.join("\n").replace("some-keeper", `${modules}/some-keeper`))
  const refused = await world.shell("true", { options: ["--config", named, "-q"], env })
  expect(refused.stderr).toContain("lies where the sandbox can write")
  expect(existsSync(planted ?? "")).toBe(false)
})
