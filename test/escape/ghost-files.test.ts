/** Nothing of Cordon's stays on the host: no mount points, no temp files, no mounts, however a run ends. */
import { expect, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { commandLineOf, eventually, processesWith } from "../support/process.ts"
import { type Tree, treeOf } from "../support/tree.ts"
import { World } from "../support/world.ts"

const home = { ".config/app/settings": "mine", ".ssh/known_hosts": "host", "notes.txt": "mine" }
const project = { "code.js": "1", "a/b/.env": "KEY=1", "a/b/c.js": "1" }

/** Home, project and temp directory of a world. */
function makeWorld(): { world: World; env: Record<string, string> } {
  const world = new World({ home, project, git: true })
  mkdirSync(join(world.root, "temp"))
  symlinkSync("absent/target", join(world.home, ".netrc"))
  return { world, env: { TMPDIR: join(world.root, "temp") } }
}

/** Names like ours in directories that everybody shares; those of the test runner's own are not ours. */
function leftovers(): string[] {
  const shared = ["/tmp", "/var/tmp", "/dev/shm", "/run", `/run/user/${process.getuid?.()}`].filter(
    existsSync,
  )
  return shared
    .flatMap(directory => readdirSync(directory).map(name => join(directory, name)))
    .filter(path => /\/\.?(bwrap|bubblewrap|cordon|no-sandbox)/.test(path))
    .filter(path => !/\/cordon-(reports|test|agents|under)/.test(path))
}

type Case = { name: string; words: readonly string[]; code: number }

const absent = ["--deny", "secret-dir/key", "--deny", "a/absent", "--deny", "~/.absent/deep/er"]
const cases: readonly Case[] = [
  { name: "a plain run", words: ["--", "true"], code: 0 },
  { name: "a run without network", words: ["-n", "--", "true"], code: 0 },
  { name: "denied paths that are absent", words: [...absent, "--", "true"], code: 0 },
  { name: "absent paths to read", words: ["--read", "~/absent", "--", "true"], code: 0 },
  {
    name: "absent paths to write",
    words: ["--write", "~/absent", "--write", "a/new", "--", "true"],
    code: 0,
  },
  { name: "a read-only project", words: ["--ro", ...absent, "--", "true"], code: 0 },
  { name: "a strict run", words: ["--strict", "--", "true"], code: 0 },
  { name: "an untrusted run", words: ["--trust", "untrusted", "--", "true"], code: 0 },
  { name: "a trusted run", words: ["--trust", "trusted", "--", "true"], code: 0 },
  { name: "a failing command", words: ["--", "sh", "-c", "exit 3"], code: 3 },
  { name: "a command that is killed", words: ["--", "sh", "-c", "kill -9 $$"], code: 137 },
  { name: "a command that is not there", words: ["--", "no-such-command"], code: 127 },
  { name: "a bad option", words: ["--no-such-option", "true"], code: 125 },
  { name: "a plan", words: ["--dry-run", "--", "true"], code: 0 },
  {
    name: "use of temp inside",
    words: ["--", "sh", "-c", "echo x > $TMPDIR/x; echo x > /dev/shm/x"],
    code: 0,
  },
]

test.each(cases)("after $name home, project and temp are what they were", async ({ words, code }) => {
  const { world, env } = makeWorld()
  using _ = world
  const [before, others, mounts] = [treeOf(world.root), leftovers(), mountsOf(world)]
  expect((await world.cordon(words, { env })).code).toBe(code)
  expect(treeOf(world.root)).toEqual(before)
  expect(leftovers().filter(path => !others.includes(path))).toEqual([])
  expect(mountsOf(world)).toEqual(mounts)
})

test("while a command runs nothing is there that was not before", async () => {
  const { world, env } = makeWorld()
  using _ = world
  const before = treeOf(world.root)
  const words = [...absent, "--", "sh", "-c", "echo ready; exec sleep 600"]
  const running = world.start(words, { env })
  try {
    await ready(world, running.process)
    expect(treeOf(world.root)).toEqual(before)
  } finally {
    running.process.kill("SIGKILL")
    await running.process.exited
  }
})

test("after SIGKILL in the middle of a run nothing is there that was not before", async () => {
  const { world, env } = makeWorld()
  using _ = world
  const [before, others] = [treeOf(world.root), leftovers()]
  const words = [...absent, "--", "sh", "-c", "exec sleep 600"]
  const running = world.start(words, { env })
  await ready(world, running.process)
  running.process.kill("SIGKILL")
  await running.process.exited
  expect(treeOf(world.root)).toEqual(before)
  expect(leftovers().filter(path => !others.includes(path))).toEqual([])
  expect(mountsOf(world)).toEqual([])
})

test("20 runs at once in one project all work and leave only what they wrote", async () => {
  const { world, env } = makeWorld()
  using _ = world
  const before = treeOf(world.root)
  const runs = Array.from({ length: 20 }, (_, index) =>
    world.shell(`echo ${index} > out-${index} && test ! -r a/b/.env && cat out-${index}`, {
      options: absent,
      env,
    }),
  )
  const codes = (await Promise.all(runs)).map(({ code, stdout }) => `${code} ${stdout}`)
  expect(codes).toEqual(Array.from({ length: 20 }, (_, index) => `0 ${index}\n`))
  const after = treeOf(world.root)
  const written = Object.keys(after).filter(path => /\/out-\d+$/.test(path))
  expect(written).toHaveLength(20)
  const rest: Tree = Object.fromEntries(Object.entries(after).filter(([path]) => !written.includes(path)))
  expect(rest).toEqual(before)
})

/** Waits until the command itself runs: the last of the processes that a launch makes. */
async function ready(world: World, launched: Bun.Subprocess): Promise<void> {
  const found = await eventually(() => {
    if (launched.exitCode !== null) throw new Error(`cordon ended early: ${launched.exitCode}`)
    const sleeping = processesWith("sleep 600").filter(id => commandLineOf(id).trim() === "sleep 600")
    return sleeping.find(id => directoryOf(id) === world.project)
  })
  if (found === undefined) throw new Error("the command never started")
}

function directoryOf(id: number): string {
  const environment = readLater(`/proc/${id}/environ`)
  return /(?:^|\0)PWD=([^\0]*)/.exec(environment)?.[1] ?? ""
}

function readLater(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    // A process that has ended meanwhile, or one of another account: not the one that is looked for.
    return ""
  }
}

function mountsOf(world: World): string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n")
  return lines.filter(line => line.includes(world.root))
}
