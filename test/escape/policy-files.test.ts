/** An agent rewrites the policy that binds its next run, or the program that enforces it. */
import { describe, expect, test } from "bun:test"
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { contentHash } from "../../src/policy/trust.ts"
import { failed, succeeded } from "../support/attempts.ts"
import { run } from "../support/process.ts"
import { treeOf } from "../support/tree.ts"
import { cordonBinary, World } from "../support/world.ts"

const home = {
  ".config/cordon/policy.yaml": "filesystem: { write: [~/.config, ~/.local] }\n",
  ".config/other/settings": "1",
  ".local/state/cordon/trusted-policies.json": '{"version":1,"policies":{}}',
  ".local/state/other": "1",
}
const project = { ".cordon.yaml": "filesystem: { deny: [hidden] }\n", file: "1" }

test("the user policy and the trust list are not writable, even where the policy opens their parents", async () => {
  using world = new World({ home, project })
  const before = treeOf(world.home)
  const got = await world.attempts({
    "the user policy": "echo x >> ~/.config/cordon/policy.yaml",
    "a new file beside it": "echo x > ~/.config/cordon/new.yaml",
    "its removal": "rm -f ~/.config/cordon/policy.yaml; test ! -e ~/.config/cordon/policy.yaml",
    "its replacement": "echo x > ~/.config/x && mv -f ~/.config/x ~/.config/cordon/policy.yaml",
    "its directory away": "mv ~/.config/cordon ~/.config/cordon2",
    "its directory's parent away": "mv ~/.config ~/.config2",
    "the trust list": "echo x >> ~/.local/state/cordon/trusted-policies.json",
    "the trust list read": "cat ~/.local/state/cordon/trusted-policies.json",
    "the trust list's directory away": "mv ~/.local/state/cordon ~/.local/state/cordon2",
    "the project's policy": "echo x >> .cordon.yaml",
    "the project's policy removed": "rm -f .cordon.yaml; test ! -e .cordon.yaml",
    "the project's policy replaced": "echo x > x && mv -f x .cordon.yaml",
    // The next launch would stop.
    "what looks like one": "echo x > .cordon.yml",
    "what looks like the other": "echo x > cordon.yml",
  })
  expect(succeeded(got)).toEqual([])
  const after = treeOf(world.home)
  for (const [path, facts] of Object.entries(before)) expect(after[path], path).toBe(facts)
  const open = await world.attempts({
    "a setting beside": "echo x > ~/.config/other/settings",
    "a state beside": "echo x > ~/.local/state/other",
    "a file of the project": "echo x > file",
  })
  expect(failed(open)).toEqual({})
})

test("a policy file that somebody names is not writable, wherever it lies", async () => {
  const policies = {
    "conf/mine.yaml": "extends: [./base.yaml]\n",
    "conf/base.yaml": "version: 1\n",
    "p.yaml": "version: 1\n",
  }
  using world = new World({ project: { ...project, ...policies } })
  const options = ["--config", "conf/mine.yaml", "--profile", "./p.yaml"]
  for (const way of [
    { options },
    { env: { CORDON_CONFIG: join(world.project, "conf/mine.yaml") }, options: ["--profile", "./p.yaml"] },
  ]) {
    const got = await world.attempts(
      {
        "the policy": "echo x >> conf/mine.yaml",
        "what it extends": "echo x >> conf/base.yaml",
        "a profile": "echo x >> p.yaml",
        "its directory away": "mv conf conf2",
        "its removal": "rm -f conf/mine.yaml; test ! -e conf/mine.yaml",
        "a file beside": "echo x > conf/other.yaml",
      },
      way,
    )
    expect(succeeded(got)).toEqual(["a file beside"])
  }
})

test("a user policy that is a link into the project is not writable there", async () => {
  using world = new World({
    project: { "dotfiles/policy.yaml": "filesystem: { deny: [hidden] }\n", hidden: "1" },
  })
  mkdirSync(join(world.home, ".config/cordon"), { recursive: true })
  symlinkSync(join(world.project, "dotfiles/policy.yaml"), join(world.home, ".config/cordon/policy.yaml"))
  const got = await world.attempts({
    "behind the link": "echo x > dotfiles/policy.yaml",
    "through the link": "echo x > ~/.config/cordon/policy.yaml",
    "moved away": "mv dotfiles/policy.yaml dotfiles/p2",
    "its directory away": "mv dotfiles d2",
    "what it denies": "cat hidden",
    "a file beside": "echo x > dotfiles/other",
  })
  expect(succeeded(got)).toEqual(["a file beside"])
})

test("a configuration directory that is a link into the project is not writable there", async () => {
  using world = new World({
    project: { "dotfiles/cordon/policy.yaml": "filesystem: { deny: [hidden] }\n", hidden: "1" },
  })
  mkdirSync(join(world.home, ".config"))
  symlinkSync(join(world.project, "dotfiles/cordon"), join(world.home, ".config/cordon"))
  const got = await world.attempts({
    "the policy": "echo x > dotfiles/cordon/policy.yaml",
    "a new file": "echo x > dotfiles/cordon/new.yaml",
    "the directory away": "mv dotfiles/cordon dotfiles/c2",
    "what it denies": "cat hidden",
    "a file beside": "echo x > dotfiles/other",
  })
  expect(succeeded(got)).toEqual(["a file beside"])
})

test("--unprotect lifts no protection of Cordon's own files", async () => {
  using world = new World({ home, project })
  const options = [
    "--unprotect",
    ".cordon.yaml",
    "--unprotect",
    "~/.config/cordon",
    "--write",
    "~/.config/cordon",
  ]
  const denied = { project: "echo x >> .cordon.yaml", user: "echo x >> ~/.config/cordon/policy.yaml" }
  const { code, stderr, stdout } = await world.shell(Object.values(denied).join("; "), { options })
  // Refusing to start would do as well.
  if (code !== 125) expect(succeeded(await world.attempts(denied, { options })), stderr + stdout).toEqual([])
  expect(treeOf(world.project)[".cordon.yaml"]).toContain(`file 0644 ${project[".cordon.yaml"].length} `)
})

test("the program itself is not writable in a project that holds it", async () => {
  using world = new World({ project: { file: "1" } })
  const program = join(world.project, "bin/cordon")
  mkdirSync(join(world.project, "bin"))
  copyFileSync(cordonBinary, program)
  const script = [
    "(echo x >> bin/cordon) 2>/dev/null && echo appended",
    "mv bin/cordon bin/cordon2 2>/dev/null && echo moved",
    "mv bin bin2 2>/dev/null && echo moved its directory",
    "rm -f bin/cordon 2>/dev/null && echo removed",
    "echo x > bin/other && echo beside",
  ].join("\n")
  const { stdout } = await run([program, "--", "sh", "-c", script], { cwd: world.project, env: world.env })
  expect(stdout).toBe("beside\n")
})

describe("where a variable puts Cordon's own files into the project, nothing that an earlier run wrote is believed:", () => {
  const opening = "version: 1\nfilesystem:\n  write: [~/victim]\n"
  const world = () => new World({ home: { "victim/": "" }, project: { file: "1" } })
  const opened = ({ home }: World) => existsSync(join(home, "victim/x"))
  const policy = `mkdir -p own/cordon; printf '${opening.replaceAll("\n", "\\n")}' > own/cordon/policy.yaml`

  const ways = {
    "in the project": (w: World) => join(w.project, "own"),
    "by a link of the person's": (w: World) => {
      symlinkSync(join(w.project, "own"), join(w.home, "settings"))
      return join(w.home, "settings")
    },
    "by a link in the project": (w: World) => {
      mkdirSync(join(w.home, "elsewhere/cordon"), { recursive: true })
      symlinkSync(join(w.home, "elsewhere"), join(w.project, "way"))
      return join(w.project, "way")
    },
  }

  test.each(Object.entries(ways))("a user policy %s", async (_, way) => {
    using w = world()
    expect((await w.shell(policy)).code).toBe(0)
    const env = { XDG_CONFIG_HOME: way(w) }
    const { code, stderr } = await w.cordon(["-n", "--", "touch", join(w.home, "victim/x")], { env })
    expect({ code, opened: opened(w) }).toEqual({ code: 125, opened: false })
    expect(stderr).toStartWith("cordon: XDG_CONFIG_HOME leads to ")
  })

  test.each(Object.entries(ways))("a list of trusted policies %s", async (_, way) => {
    using w = world()
    const path = join(w.project, ".cordon.yaml")
    writeFileSync(path, opening)
    const list = { version: 1, policies: { [path]: contentHash([{ path, text: opening }]) } }
    const write = `mkdir -p own/cordon; echo '${JSON.stringify(list)}' > own/cordon/trusted-policies.json`
    expect((await w.shell(write, { options: ["-q"] })).code).toBe(0)
    const env = { XDG_STATE_HOME: way(w) }
    const { code, stderr } = await w.cordon(["-n", "--", "touch", join(w.home, "victim/x")], { env })
    expect({ code, opened: opened(w) }).toEqual({ code: 125, opened: false })
    expect(stderr).toStartWith("cordon: XDG_STATE_HOME leads to ")
  })

  test("outside of it they are, the usual places in it too, and a policy that somebody names", async () => {
    using w = world()
    const [elsewhere, settings] = [join(w.home, "own"), join(w.home, ".config")]
    mkdirSync(join(elsewhere, "cordon"), { recursive: true })
    writeFileSync(join(elsewhere, "cordon/policy.yaml"), opening)
    mkdirSync(join(settings, "cordon"), { recursive: true })
    writeFileSync(join(settings, "cordon/policy.yaml"), opening)
    const write = ["touch", join(w.home, "victim/x")]
    const named = ["--config", join(elsewhere, "cordon/policy.yaml")]
    for (const [words, XDG_CONFIG_HOME] of [
      [[], elsewhere],
      [["-C", settings], settings],
      [["-C", elsewhere, ...named], elsewhere],
    ] as const) {
      const env = { XDG_CONFIG_HOME, XDG_STATE_HOME: join(w.home, "state") }
      expect(await w.cordon(["-n", ...words, "--", ...write], { env })).toEqual({
        code: 0,
        stdout: "",
        stderr: "",
      })
    }
  })
})
