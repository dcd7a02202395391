/** `cordon verify` says what the policy really says of each thing that it tries, and calls nothing a failure that is none. */
import { describe, expect, test } from "bun:test"
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { type Outcome, run } from "../../support/process.ts"
import { bun, cordonBinary, type Files, World } from "../../support/world.ts"

type Proof = { guarantee: string; holds: boolean; detail: string }

/** Every line of `cordon verify`, which has to hold on the whole. */
async function proofs(world: World, ...words: string[]): Promise<Proof[]> {
  return proofsOf(await world.cordon(["verify", "--json", "-n", ...words]))
}

function proofsOf({ code, stdout, stderr }: Outcome): Proof[] {
  const { data } = JSON.parse(stdout) as { data: Proof[] }
  expect({
    failures: data.filter(({ holds }) => !holds),
    code,
    stderr: stderr.replace(/.*trying.*\n/, ""),
  }).toEqual({
    failures: [],
    code: 0,
    stderr: "",
  })
  return data
}

/** The details of the lines about it. */
function details(data: readonly Proof[], about: string): string[] {
  return data.filter(({ guarantee }) => guarantee.startsWith(about)).map(({ detail }) => detail)
}

describe("a name whose protection is lifted", () => {
  test("can be made, and the line says who lifted it", async () => {
    using world = new World()
    const data = await proofs(world, "--unprotect", ".git/hooks")
    const lifted = "a new .git/hooks can be made: unprotect .git/hooks (--unprotect .git/hooks)"
    expect(details(data, lifted)).toEqual(["done: made"])
    expect(details(data, "a new .git/config cannot be made")).toEqual(["refused: EACCES"])
  })

  test("is tried as protected as long as nobody does", async () => {
    using world = new World()
    const data = await proofs(world)
    expect(details(data, "a new .git/hooks cannot be made: protect .git/hooks (built-in:")).toEqual([
      "refused: EACCES",
    ])
  })
})

describe("an agent's own directory", () => {
  const homes: [string, Files][] = [
    ["absent", {}],
    ["empty", { ".claude/": "", ".claude.json": "", ".codex/": "" }],
  ]

  test.each(homes)("that is %s can be written, its settings cannot be made", async (_, home) => {
    using world = new World({ home })
    for (const [agent, settings] of [
      ["claude", ".claude/settings.json"],
      ["codex", ".codex/config.toml"],
    ] as const) {
      const data = await proofs(world, "--profile", agent)
      expect(details(data, `${world.home}/.${agent} can be written`)).toEqual(["done: made"])
      expect(details(data, `${world.home}/${settings} cannot be made: protect`)).toEqual(["refused: EACCES"])
    }
    expect(readdirSync(join(world.home, ".claude"))).toEqual([])
    expect(readdirSync(join(world.home, ".codex"))).toEqual([])
  })

  test("below directories that are absent too is one like any other", async () => {
    using world = new World()
    const data = await proofs(world, "--profile", "amp")
    expect(details(data, `${world.home}/.local/share/amp can be written`)).toEqual(["done: made"])
    expect(details(data, `${world.home}/.local/share/amp/secrets.json`)).toEqual([])
  })

  test("of another agent's login is told what the policy says: it cannot be made", async () => {
    using world = new World({ home: { ".claude/": "" } })
    const data = await proofs(world, "--write", join(world.home, ".claude"))
    expect(details(data, `${world.home}/.claude/.credentials.json cannot be made: deny`)).toEqual([
      "refused: EACCES",
    ])
  })
})

describe("a denied glob", () => {
  const policy = (glob: string): Files => ({
    ".config/cordon/policy.yaml": `version: 1\nfilesystem:\n  deny: ["${glob}"]\n`,
  })

  test.each([
    ["{a,b}/c", ["a/c", "b/c"]],
    ["a/**/c", ["a/…/c"]],
    ["**/c", ["c"]],
    ["sub/**", ["sub/…"]],
  ])("%s is tried where it matches", async (glob, places) => {
    using world = new World({ home: policy(glob) })
    const data = await proofs(world)
    for (const place of places)
      expect([place, details(data, `a new ${place} cannot be made: deny `)]).toEqual([
        place,
        ["refused: EACCES"],
      ])
    expect(details(data, "a name that no rule is about can be made")).toEqual(["done: made"])
    expect(readdirSync(world.project)).toEqual([])
  })

  test("that matches everything leaves no name that could be made", async () => {
    using world = new World({ home: policy("**") })
    const data = await proofs(world)
    expect(details(data, `a new name in ${world.project} cannot be made: deny`)).toEqual(["refused: EACCES"])
    expect(details(data, "a new name cannot be made: deny")).toEqual(["refused: EACCES"])
    expect(details(data, "a name that no rule is about")).toEqual([])
  })

  test("about /tmp shows names there, and nothing behind them", async () => {
    using world = new World({ home: policy("/tmp/*") })
    const about = "the host's /tmp is not visible"
    expect(details(await proofs(world), about)).toEqual(["refused: EACCES"])
    using plain = new World()
    expect(details(await proofs(plain), about)).toEqual(["refused: ENOENT"])
  })

  test("that matches what is there is not tried as new", async () => {
    using world = new World({ home: policy("{a,b}/c"), project: { "a/c": "s3cret" } })
    const data = await proofs(world)
    expect(details(data, "a new a/c")).toEqual([])
    expect(details(data, `${world.project}/a/c cannot be read: deny`)).toEqual(["refused: EACCES"])
    expect(details(data, "a new b/c cannot be made")).toEqual(["refused: EACCES"])
  })
})

describe("what is refused for a reason of its own", () => {
  test("is tried another way: Cordon's program, which runs, is not opened for writing by anybody", async () => {
    using world = new World()
    // In the project, where it has a rule and so a line of its own: the checkout may lie anywhere.
    const program = join(world.project, "cordon")
    copyFileSync(cordonBinary, program)
    const outcome = await run([program, "verify", "--json", "-n"], { cwd: world.project, env: world.env })
    expect(details(proofsOf(outcome), `${program} cannot be written`)).toEqual(["refused: EROFS"])
  })

  test("is not tried: nothing can be made below a file", async () => {
    using world = new World({ home: { ".local/share": "" } })
    const data = await proofs(world, "--trust", "trusted")
    expect(details(data, `${world.home}/.local/share/keyrings`)).toEqual([])
    expect(details(data, `${world.home}/.ssh cannot be made`)).toEqual(["refused: EACCES"])
  })

  test("is not tried: a socket is opened by nobody", async () => {
    using world = new World({ project: { file: "" } })
    const [socket, file] = [join(world.project, "socket"), join(world.project, "file")]
    const listener = Bun.listen({ unix: socket, socket: { data: () => undefined } })
    const data = await proofs(world, "--read", socket, "--read", file)
    listener.stop()
    expect(details(data, `${socket} cannot be written`)).toEqual([])
    expect(details(data, `${file} cannot be written`)).toEqual(["refused: EROFS"])
  })

  test("is not tried: bubblewrap that is denied makes no namespace", async () => {
    using world = new World()
    const about = "no user namespace can be made"
    const bubblewrap = realpathSync("/usr/bin/bwrap")
    expect(details(await proofs(world, "--deny", bubblewrap), about)).toEqual([])
    expect(details(await proofs(world), about)).toEqual([expect.stringContaining("new namespace")])
  })

  test("is tried without what is denied: the attempts need no /dev/null", async () => {
    using world = new World()
    const data = await proofs(world, "--deny", "/dev/null", "--deny", "/proc/version")
    expect(details(data, "/dev/null cannot be read: deny")).toEqual(["refused: EACCES"])
    expect(details(data, "no user namespace can be made")).toEqual([expect.stringContaining("new namespace")])
  })

  test("a home that is hidden is not there", async () => {
    using world = new World()
    const elsewhere = join(world.root, "elsewhere")
    mkdirSync(elsewhere)
    const data = await proofs(world, "-C", elsewhere, "--deny", world.home)
    expect(details(data, `${world.home} cannot be written`)).toContain("refused: EACCES")
    const strict = await proofs(world, "-C", elsewhere, "--strict")
    expect(details(strict, `${world.home} cannot be written`)).toEqual(["refused: ENOENT"])
  })
})

describe("the session that is tried", () => {
  const logs = async (world: World) => (await world.cordon(["log", "--list"])).stdout
  const filtered = ["--net", "filtered", "--deny-host", "*"]

  test("is in no log: nobody wanted to go there", async () => {
    using world = new World()
    const { code } = await world.cordon(["verify", "-q", ...filtered])
    expect(code).toBe(0)
    expect(await logs(world)).toBe("")
    expect(existsSync(join(world.home, ".local/state/cordon/sessions"))).toBe(false)
  })

  test("is in the log that somebody asked for, and in no other", async () => {
    using world = new World()
    const file = join(world.root, "events")
    await world.cordon(["verify", "-q", ...filtered, "--log", file])
    expect(readFileSync(file, "utf8")).toContain("metadata.google.internal")
    expect(await logs(world)).toBe("")
  })

  test("is no other session: what a command of that name does is recorded", async () => {
    using world = new World()
    const fetch = 'await fetch("http://metadata.google.internal").catch(() => 0)'
    await world.cordon([...filtered, "--read", bun, "--", bun, "-e", fetch, "inside-probe"])
    expect(await logs(world)).toContain("~/work/project")
  })
})

describe("a project whose name is no UTF-8", () => {
  const inIt = (words: string) =>
    `mkdir -p $'p\\377' && ${words.includes("-C") ? "" : "cd $'p\\377' && "}"$0" verify -n -q ${words}`
  const shell = (world: World, script: string) =>
    run(["bash", "-c", script, cordonBinary], { cwd: world.project, env: world.env })

  test("is tried itself, and no other that reads alike", async () => {
    using world = new World()
    const { code, stdout } = await shell(world, inIt(""))
    expect(stdout.split("\n").filter(line => line.startsWith("FAILS"))).toEqual([])
    expect(stdout).toContain(`holds  ${world.project}/p\\u{dcff} can be written`)
    expect(stdout).toContain("holds  a name that no rule is about can be made")
    expect(code).toBe(0)
    expect(existsSync(join(world.project, "p\ufffd"))).toBe(false)
  })

  test("cannot be named by an option, and a sentence says what to do", async () => {
    using world = new World()
    const { code, stderr } = await shell(world, inIt("-C $'p\\377'"))
    expect(stderr).toBe(
      "cordon: --cwd=p\\u{dcff} is not UTF-8, and cordon verify cannot hand it on\ncordon: → change to that directory, and leave the option out\n",
    )
    expect(code).toBe(125)
  })
})

describe("a signal in the middle of it", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s ends it with %d, and nothing that it made stays", async (signal, code) => {
    using world = new World()
    // What it makes is there for moments: it can be missed, and the signal can come when all is over.
    let caught = 0
    for (let tries = 0; tries < 50 && caught < 5; tries++) {
      const { made, ended } = await verifyUntilMade(world, signal)
      expect(
        [join(world.project, `${made}`), `/tmp/${made?.slice(1)}`].filter(path => existsSync(path)),
      ).toEqual([])
      if (made === undefined || ended === 0) continue
      expect(ended).toBe(code)
      caught++
    }
    expect(caught).toBe(5)
  })

  async function verifyUntilMade(world: World, signal: NodeJS.Signals) {
    const child = Bun.spawn([cordonBinary, "verify"], {
      cwd: world.project,
      env: world.env,
      stdio: ["ignore", "ignore", "ignore"],
    })
    const look = () => readdirSync(world.project).find(name => name.startsWith(".cordon-verify-"))
    let made = look()
    for (; made === undefined && child.exitCode === null; made = look()) await Bun.sleep(0)
    child.kill(signal)
    return { made, ended: await child.exited }
  }
})
