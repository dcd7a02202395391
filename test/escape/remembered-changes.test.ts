/** A launch that is like an earlier one obeys every change since: what is remembered never makes a sandbox weaker. */
import { describe, expect, test } from "bun:test"
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { orgPolicyPath } from "../../src/governance/org-policy-path.ts"
import {
  changeStart,
  isRecalled,
  markMemories,
  memoriesOf,
  rememberLaunch,
  stateWorld,
} from "../support/memories.ts"
import { run } from "../support/process.ts"
import { cordonBinary, isRoot, type World, type WorldRequest, writeFiles } from "../support/world.ts"

const reading = (...names: string[]) => ["-n", "--", "sh", "-c", names.map(name => `cat ${name}`).join("; ")]

/** Another content of the same length, at the same time as far as anybody can tell. */
function replaceUnseen(path: string, text: string): void {
  const { size, atime, mtime } = statSync(path)
  if (Buffer.byteLength(text) !== size) throw new Error("of another length")
  writeFileSync(path, text)
  utimesSync(path, atime, mtime)
}

const keys = { "one/key": "s3cret-1", "two/key": "s3cret-2" }

type Change = {
  world: WorldRequest
  words: readonly string[]
  change: (world: World) => void
  /** what standard output has before and after; what it does not have after */
  before: string
  after: string
  gone: string
}

const changes: Readonly<Record<string, Change>> = {
  "the user policy, with the same length and the same time": {
    world: {
      home: { ".config/cordon/policy.yaml": "filesystem: { deny: [~/work/project/a] }\n" },
      project: { a: "A", b: "B" },
    },
    words: reading("a", "b"),
    change: ({ home }) =>
      replaceUnseen(join(home, ".config/cordon/policy.yaml"), "filesystem: { deny: [~/work/project/b] }\n"),
    before: "B",
    after: "A",
    gone: "B",
  },
  "a user policy where there was none": {
    world: { project: { a: "A", b: "B" } },
    words: reading("a", "b"),
    change: ({ home }) =>
      writeFiles(home, { ".config/cordon/policy.yaml": "filesystem: { deny: [~/work/project/b] }\n" }),
    before: "AB",
    after: "A",
    gone: "B",
  },
  "the project's policy, with the same length and the same time": {
    world: { project: { a: "A", b: "B", ".cordon.yaml": "filesystem: { deny: [a] }\n" } },
    words: reading("a", "b"),
    change: ({ project }) => replaceUnseen(join(project, ".cordon.yaml"), "filesystem: { deny: [b] }\n"),
    before: "B",
    after: "A",
    gone: "B",
  },
  "a policy that the user policy extends": {
    world: {
      home: {
        ".config/cordon/policy.yaml": "extends: [./more.yaml]\n",
        ".config/cordon/more.yaml": "filesystem: { deny: [~/work/project/a] }\n",
      },
      project: { a: "A", b: "B" },
    },
    words: reading("a", "b"),
    change: ({ home }) =>
      replaceUnseen(join(home, ".config/cordon/more.yaml"), "filesystem: { deny: [~/work/project/b] }\n"),
    before: "B",
    after: "A",
    gone: "B",
  },
  "a place that a rule denies and that was not there": {
    world: { home: { "x/": "" } },
    words: ["-n", "--", "sh", "-c", "cat ~/.aws/key; echo ran"],
    change: ({ home }) => writeFiles(home, { ".aws/key": "s3cret-1" }),
    before: "ran",
    after: "ran",
    gone: "s3cret",
  },
  "a denied directory that is a link now": {
    world: { home: { ".aws/key": "s3cret-0" }, project: keys },
    words: reading("one/key", "two/key"),
    change: ({ home, project }) => {
      rmSync(join(home, ".aws"), { recursive: true })
      symlinkSync(join(project, "one"), join(home, ".aws"))
    },
    before: "s3cret-1s3cret-2",
    after: "s3cret-2",
    gone: "s3cret-1",
  },
  "a denied link that leads elsewhere now": {
    world: { home: { ".config/": "" }, project: { ...keys, ".git/": "" } },
    words: reading("one/key", "two/key"),
    change: ({ home, project }) => {
      unlinkSync(join(home, ".aws"))
      symlinkSync(join(project, "two"), join(home, ".aws"))
    },
    before: "s3cret-2",
    after: "s3cret-1",
    gone: "s3cret-2",
  },
  "a link on the way to a denied place": {
    world: { home: { "real/.ssh/id": "s3cret-1", "other/": "" } },
    words: ["-n", "--deny", "~/way/key", "--", "sh", "-c", "cat ../../other/key; echo ran"],
    change: ({ home }) => {
      symlinkSync(join(home, "other"), join(home, "way"))
      writeFiles(home, { "other/key": "s3cret-2" })
    },
    before: "ran",
    after: "ran",
    gone: "s3cret",
  },
  "a loose secret in the project, before it is made": {
    world: { project: { "src/": "" } },
    words: ["-n", "--", "sh", "-c", "cat src/.env; echo ran"],
    change: ({ project }) => writeFiles(project, { "src/.env": "s3cret-3" }),
    before: "ran",
    after: "ran",
    gone: "s3cret",
  },
}

describe("a launch like an earlier one obeys the change of", () => {
  test.each(Object.entries(changes))(
    "%s",
    async (_, { world: request, words, change, before, after, gone }) => {
      using world = stateWorld(request)
      if (request.project?.[".git/"] !== undefined)
        symlinkSync(join(world.project, "one"), join(world.home, ".aws"))
      await rememberLaunch(world, words)
      expect((await world.cordon(words)).stdout.replaceAll("\n", "")).toBe(before)
      change(world)
      const changed = await world.cordon(words)
      expect(isRecalled(changed)).toBe(false)
      expect(changed.stdout.replaceAll("\n", "")).toBe(after)
      expect(changed.stdout).not.toContain(gone)
      // And what is remembered now is the change.
      expect((await world.cordon(words)).stdout.replaceAll("\n", "")).toBe(after)
    },
  )
})

test("the list of trusted policies: trust that came, and trust that went", async () => {
  using world = stateWorld({
    home: { "extra/": "" },
    project: { ".cordon.yaml": "filesystem: { write: [~/extra] }\n" },
  })
  const words = ["-n", "--", "sh", "-c", "echo x > ~/extra/file && echo wrote"]
  await rememberLaunch(world, words)
  expect((await world.cordon(words)).stdout).toBe("")
  await run([cordonBinary, "policy", "trust", "yes"], { cwd: world.project, env: world.env })
  expect((await world.cordon(words)).stdout).toBe("wrote\n")
  await rememberLaunch(world, words)
  rmSync(join(world.home, ".local/state/cordon/trusted-policies.json"))
  expect((await world.cordon(words)).stdout).toBe("")
})

test("a user policy behind a link: one that leads nowhere stops the launch until it is gone or leads there again", async () => {
  using world = stateWorld({ home: { ".config/cordon/": "" }, project: { a: "A" } })
  const words = reading("a")
  const [link, real] = [join(world.home, ".config/cordon/policy.yaml"), join(world.home, "real.yaml")]
  await rememberLaunch(world, words)
  symlinkSync(real, link)
  const refused = await world.cordon(words)
  expect([refused.code, refused.stdout]).toEqual([125, ""])
  expect(refused.stderr).toContain("policy.yaml cannot be read: it is a symbolic link that leads nowhere")
  writeFileSync(real, "filesystem: { deny: [~/elsewhere] }\n")
  await rememberLaunch(world, words)
  expect((await world.cordon(words)).stdout).toBe("A")
  unlinkSync(real)
  expect((await world.cordon(words)).code).toBe(125)
  unlinkSync(link)
  expect((await world.cordon(words)).stdout).toBe("A")
})

test("the way back to a linked worktree: a repository that acknowledges it no more opens nothing", async () => {
  using world = stateWorld({ git: true })
  const linked = join(world.home, "work/linked")
  await world.host("git", "worktree", "add", "-q", "-b", "topic", linked)
  const objects = join(world.project, ".git/objects")
  const words = [
    "-n",
    "-C",
    linked,
    "--",
    "sh",
    "-c",
    `echo x > ${objects}/x && rm ${objects}/x && echo wrote`,
  ]
  await rememberLaunch(world, words)
  expect((await world.cordon(words)).stdout).toBe("wrote\n")
  const back = join(world.project, ".git/worktrees/linked/gitdir")
  replaceUnseen(back, readFileSync(back, "utf8").replace("linked/.git", "linkes/.git"))
  const changed = await world.cordon(words)
  expect(isRecalled(changed)).toBe(false)
  expect(changed.stdout).toBe("")
})

test("the program: gone, not executable, hidden by another one earlier on the PATH", async () => {
  using world = stateWorld({ project: { tool: "#!/bin/sh\necho one\n" } })
  const tool = join(world.project, "tool")
  chmodSync(tool, 0o755)
  const words = ["-n", "--", "./tool"]
  await rememberLaunch(world, words)
  chmodSync(tool, 0o644)
  expect((await world.cordon(words)).code).toBe(126)
  chmodSync(tool, 0o755)
  await rememberLaunch(world, words)
  writeFileSync(tool, "#!/no/such/interpreter\n")
  expect((await world.cordon(words)).code).toBe(126)
  renameSync(tool, `${tool}2`)
  expect((await world.cordon(words)).code).toBe(127)
  // Relative places of the PATH too.
  const env = { PATH: `${world.home}/bin:/usr/bin:/bin` }
  mkdirSync(join(world.home, "bin"))
  const named = ["-n", "--", "uname"]
  await rememberLaunch(world, named, { env })
  writeFiles(world.home, { "bin/uname": "#!/bin/sh\necho mine\n" })
  chmodSync(join(world.home, "bin/uname"), 0o755)
  expect((await world.cordon(named, { env })).stdout).toBe("mine\n")
})

describe("what the caller decides makes another launch:", () => {
  test("a variable's value", async () => {
    using world = stateWorld()
    const words = ["-n", "--", "sh", "-c", "echo $TERM $COLORTERM"]
    await rememberLaunch(world, words)
    const other = await world.cordon(words, { env: { TERM: "xterm", COLORTERM: "yes" } })
    expect(isRecalled(other)).toBe(false)
    expect(other.stdout).toBe("xterm yes\n")
    const without = await run([cordonBinary, ...words], {
      cwd: world.project,
      env: { HOME: world.home, PATH: "/usr/bin:/bin" },
    })
    expect(isRecalled(without)).toBe(false)
    expect(without.stdout).toBe("\n")
  })

  test("the home", async () => {
    using world = stateWorld({
      home: { "other/.config/cordon/policy.yaml": "filesystem: { deny: [/usr/share] }\n" },
    })
    const words = ["-n", "--", "ls", "/usr/share"]
    await rememberLaunch(world, words)
    const other = await world.cordon(words, { env: { HOME: join(world.home, "other") } })
    expect(isRecalled(other)).toBe(false)
    expect(other.code).not.toBe(0)
  })

  test("the present directory", async () => {
    using world = stateWorld({ home: { "work/other/mine": "1" } })
    const words = ["-n", "--", "ls"]
    await rememberLaunch(world, words)
    const other = await world.cordon(words, { cwd: join(world.home, "work/other") })
    expect(isRecalled(other)).toBe(false)
    expect(other.stdout).toBe("mine\n")
  })

  test("the umask", async () => {
    using world = stateWorld()
    const words = ["-n", "--", "sh", "-c", "umask; echo x > made && stat -c %a made && rm made"]
    await rememberLaunch(world, words)
    const other = await run(["sh", "-c", `umask 077; exec ${cordonBinary} "$@"`, "sh", ...words], {
      cwd: world.project,
      env: world.env,
    })
    expect(isRecalled(other)).toBe(false)
    expect(other.stdout).toBe("0077\n600\n")
  })

  test("a word", async () => {
    using world = stateWorld({ project: { a: "A" } })
    await rememberLaunch(world, ["-n", "--", "cat", "a"])
    const other = await world.cordon(["-n", "--deny", "a", "--", "cat", "a"])
    expect(isRecalled(other)).toBe(false)
    expect(other.stdout).toBe("")
  })
})

describe("words of the command that do not decide on its sandbox", () => {
  test("share a memory, and are all there", async () => {
    using world = stateWorld()
    await rememberLaunch(world, ["-n", "--", "sh", "-c", "echo one"])
    const other = await world.cordon([
      "-n",
      "--",
      "sh",
      "-c",
      'printf "%s|" "$0" "$@"',
      "two",
      "",
      "a b",
      "--",
      "-n",
    ])
    expect(isRecalled(other)).toBe(true)
    expect(other.stdout).toBe("two||a b|--|-n|")
  })

  test.each(["claude", "cl'au'de", "true; claude", "env claude"])(
    "%p is an agent's launch: what is its own is open in that, and in no other",
    async text => {
      using world = stateWorld({ home: { ".claude/": "" } })
      const state = `echo x > ~/.claude/x && echo wrote`
      const plain = ["-n", "--", "sh", "-c", state]
      const agent = ["-n", "--", "sh", "-c", `${state}; ${text}`]
      for (let count = 0; count < 3; count++) expect((await world.cordon(plain)).stdout).toBe("")
      for (let count = 0; count < 3; count++) expect((await world.cordon(agent)).stdout).toBe("wrote\n")
      for (let count = 0; count < 3; count++) expect((await world.cordon(plain)).stdout).toBe("")
    },
  )

  test("are no options, wherever the -- stands", async () => {
    using world = stateWorld({ project: { a: "A" } })
    // Here it would be the value of --deny, and behind it stand options: nobody can tell what was meant.
    const unclear = ["-n", "--deny", "--", "--read", "b", "--deny", "a", "--", "cat", "a"]
    const open = ["-n", "--deny=--", "--read", "a", "--", "cat", "a"]
    const closed = ["-n", "--deny=--", "--read", "b", "--deny", "a", "--", "cat", "a"]
    for (let count = 0; count < 3; count++) {
      expect((await world.cordon(unclear)).code).toBe(125)
      expect((await world.cordon(open)).stdout).toBe("A")
      expect((await world.cordon(closed)).stdout).toBe("")
    }
  })
})

/** In a mount namespace of its own, where root may put something over what belongs to the machine. */
function elsewhere(setup: string, words: readonly string[], world: World) {
  const script = `set -e; ${setup}; cd ${world.project}; exec ${cordonBinary} "$@"`
  return run(["unshare", "--mount", "--uts", "sh", "-c", script, "sh", ...words], {
    cwd: "/",
    env: { ...world.env, PWD: world.project },
  })
}

const overlays =
  isRoot &&
  Bun.spawnSync(["unshare", "--mount", "sh", "-c", "mount -t overlay overlay -o lowerdir=/usr/bin:/etc /etc"])
    .exitCode === 0

describe("what belongs to the machine:", () => {
  const words = ["-n", "--", "cat", "a"]
  const start = async () => {
    const world = stateWorld({ project: { a: "A" } })
    await elsewhere("true", words, world)
    markMemories(world)
    expect(isRecalled(await elsewhere("true", words, world))).toBe(true)
    return world
  }

  test.skipIf(!overlays)(
    "an org policy is never bypassed, not even by who changes the memory [skipped when not root, or without overlays]",
    async () => {
      using world = await start()
      writeFiles(world.root, {
        "etc/cordon/policy.yaml": "filesystem:\n  deny: [{ path: ~/work/project/a, locked: true }]\n",
      })
      const setup = `mount -t overlay overlay -o lowerdir=${world.root}/etc:/etc /etc`
      const held = await elsewhere(setup, words, world)
      expect(isRecalled(held)).toBe(false)
      expect(held.stdout).toBe("")
      // Planned under the policy, and not remembered: without the policy it is planned again.
      expect(isRecalled(await elsewhere(setup, words, world))).toBe(false)
      expect((await elsewhere("true", words, world)).stdout).toBe("A")
    },
  )

  test.skipIf(!overlays)(
    "a link that leads nowhere in the place of the org policy's directory stops the run [skipped when not root, or without overlays]",
    async () => {
      using world = await start()
      mkdirSync(join(world.root, "etc"))
      symlinkSync("/nowhere/cordon", join(world.root, "etc/cordon"))
      const setup = `mount -t overlay overlay -o lowerdir=${world.root}/etc:/etc /etc`
      // Nor does it help to leave the question out of the memory.
      for (const kept of [true, false]) {
        if (!kept)
          for (const path of memoriesOf(world))
            changeStart(path, ({ questions }) => ({
              questions: questions.filter(([, about]) => about !== orgPolicyPath),
            }))
        const lost = await elsewhere(setup, words, world)
        expect({ code: lost.code, stdout: lost.stdout }).toEqual({ code: 125, stdout: "" })
        expect(lost.stderr).toContain("/etc/cordon is a symbolic link that leads nowhere")
      }
      // A directory that holds no policy is none.
      rmSync(join(world.root, "etc/cordon"))
      mkdirSync(join(world.root, "etc/cordon"))
      expect((await elsewhere(setup, words, world)).stdout).toBe("A")
    },
  )

  test.skipIf(!overlays)(
    "a bubblewrap that is too old stops the run [skipped when not root, or without overlays]",
    async () => {
      using world = await start()
      writeFiles(world.root, { bwrap: "bubblewrap 0.6.1\0--unshare-user" })
      const old = await elsewhere(`mount --bind ${world.root}/bwrap /usr/bin/bwrap`, words, world)
      expect(isRecalled(old)).toBe(false)
      expect(old.code).toBe(125)
      expect(old.stderr).toContain("0.6.1")
    },
  )

  test.skipIf(!overlays)(
    "another account's home is hidden [skipped when not root, or without overlays]",
    async () => {
      using world = await start()
      const stranger = `stranger:x:4711:4711::${world.home}/work/project/sub:/bin/sh`
      mkdirSync(join(world.project, "sub"))
      writeFiles(world.root, { passwd: `${readFileSync("/etc/passwd", "utf8")}${stranger}\n` })
      const other = await elsewhere(`mount --bind ${world.root}/passwd /etc/passwd`, words, world)
      expect(isRecalled(other)).toBe(false)
    },
  )

  test.skipIf(!overlays)(
    "the machine's name, which a filtered network shows [skipped when not root, or without overlays]",
    async () => {
      using world = stateWorld()
      const named = (name: string) =>
        elsewhere(`hostname ${name}`, ["--net", "filtered", "--", "grep", "-c", name, "/etc/hosts"], world)
      for (const name of ["first", "first", "second"]) expect((await named(name)).stdout).toBe("1\n")
      const shown = (name: string) =>
        elsewhere(`hostname ${name}`, ["--net", "filtered", "--", "tail", "-n", "1", "/etc/hosts"], world)
      for (const name of ["first", "first", "second"])
        expect((await shown(name)).stdout).toBe(`127.0.1.1 ${name}\n`)
    },
  )
})
