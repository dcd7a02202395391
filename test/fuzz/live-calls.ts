/**
 * Random calls on files inside a real sandbox (call_arguments.py, calls.py). The supervisor, which carries them out, must live through it:
 * the sandbox works to the end, no protected name comes into being, nothing outside the project changes, no secret is
 * read, and neither memory nor descriptors of the supervisor grow.
 */
import { deepEqual, equal, ok } from "node:assert/strict"
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { callNumber, presentArchitecture, systemCalls } from "../../src/kernel/system-calls.ts"
import { type LiveWay, liveWays } from "../support/live-modes.ts"
import { eventually } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"
import { type HostTree, hostTree } from "./host-tree.ts"
import { target } from "./target.ts"

const script = ["call_arguments.py", "calls.py"]
  .map(name => readFileSync(join(import.meta.dir, name), "utf8"))
  .join("")
const secret = "fuzz-secret-5f1c"
const exitCode = 42
const limitMs = 40_000
const growthMaxKiB = 60 * 1024

const policy = (live: LiveWay) => `filesystem:
  deny: ["**/*.secret"]
  protect: [guarded, deep/er]
  live: ${live === "strict" ? live : "standard"}
`
const files = {
  home: {
    ".aws/credentials": secret,
    "decoy/a/b": "mine",
    "decoy/.git/hooks/pre-commit": "mine",
    "notes.txt": "mine",
  },
  project: {
    "a/b/c": "1",
    "a/.env": secret,
    "b/x.secret": secret,
    "c/.git/hooks/pre-commit": "mine",
    "c/.git/config": "[core]\n",
    "d/guarded": "mine",
    "d/deep/er": "mine",
    "e.txt": "1",
    ".envrc": "mine",
    ".env.local": secret,
  },
}
/** Path from the project → what it leads to. */
const links = {
  out: "../../decoy",
  loop: "loop",
  up: "..",
  git: "c/.git",
  "a/chain": "../b/chain",
  "b/chain": "../a/chain",
}

/** Names that a policy above denies or protects, at any depth, and what stands below them. */
const guarded = [
  /\/\.env(\.[^/]*)?$/s,
  /\.secret$/,
  /\/(guarded|deep\/er)(\/|$)/,
  /\/deep$/,
  /\/(\.envrc|\.bashrc|\.gitmodules)$/,
  /\/\.git\/(hooks|config|config\.worktree|info\/attributes|commondir)(\/|$)/,
  /\/\.git\/modules\/(.*\/)?(hooks|config|config\.worktree|info\/attributes|commondir)(\/|$)/s,
  /\/\.git\/worktrees\/[^/]*\/(config\.worktree|commondir)$/s,
  /\/\.git$/,
  /\/\.vscode\/tasks\.json$/,
]

export const liveCalls = target(
  {
    name: "live-calls",
    weight: 4,
    runs: 3,
    skip: Bun.which("python3", { PATH: "/usr/bin:/bin" }) === null ? "python3 is not installed" : undefined,
  },
  fc.record({
    seed: fc.noShrink(fc.nat({ max: 2 ** 30 })),
    calls: fc.integer({ min: 1, max: 6000 }),
    workers: fc.integer({ min: 1, max: 3 }),
    live: fc.constantFrom(...liveWays),
  }),
  async input => {
    const home = { ...files.home, ".config/cordon/policy.yaml": policy(input.live) }
    using world = new World({ ...files, home })
    mkdirSync(join(world.root, "outside"))
    for (const [path, to] of Object.entries(links)) symlinkSync(to, join(world.project, path))
    symlinkSync(join(world.home, "decoy"), join(world.project, "absolute"))
    const own = world.project.slice(world.root.length)
    const around = hostTree(world.root, { without: own })
    const before = await makeCalls(world, input)
    deepEqual(hostTree(world.root, { without: own }), around)
    // A directory that was closed inside can be looked into again.
    await world.host("find", ".", "-type", "d", "!", "-perm", "-700", "-exec", "chmod", "u+rwx", "{}", ";")
    const after = guardedEntries(hostTree(world.project)).filter(
      entry => before.has(entry[0]) || !isBegun(entry),
    )
    deepEqual(after, guardedEntries(before))
  },
)

type Input = { seed: number; calls: number; workers: number; live: LiveWay }

/** @returns the project as it was before the first call */
async function makeCalls(world: World, input: Input): Promise<HostTree> {
  const backend = input.live === "landlock" ? ["--backend", "landlock"] : []
  const request = { ...input, numbers: numbers(), secret, decoy: join(world.home, "decoy") }
  const process = Bun.spawn(
    [cordonBinary, ...backend, "-q", "-n", "--", "python3", "-c", script, JSON.stringify(request)],
    {
      cwd: world.project,
      env: world.env,
      stdio: ["pipe", "pipe", "pipe"],
    },
  )
  const timer = setTimeout(() => process.kill("SIGKILL"), limitMs)
  const said = new Response(process.stderr).text()
  const steps = process.stdout.getReader()
  try {
    const heard = async (word: string) => {
      const { value } = await steps.read()
      const text = value === undefined ? "" : Buffer.from(value).toString()
      if (text !== `${word}\n`) throw new Error(`${JSON.stringify(text)} instead of ${word}: ${await said}`)
    }
    const goOn = async () => {
      process.stdin.write("\n")
      await process.stdin.flush()
    }
    await heard("ready")
    // No mount hides what comes later.
    for (const path of ["d/x.secret", "e.txt.secret"]) writeFileSync(join(world.project, path), secret)
    const before = hostTree(world.project)
    const usage = usageOf(process.pid)
    await goOn()
    await heard("made")
    await holdsForUsage(process.pid, usage)
    await goOn()
    equal(await process.exited, exitCode, await said)
    equal(await said, "")
    return before
  } finally {
    clearTimeout(timer)
    process.kill("SIGKILL")
    await process.exited
  }
}

type Usage = { memoryKiB: number; descriptors: number }

function usageOf(process: number): Usage {
  const status = readFileSync(`/proc/${process}/status`, "utf8")
  return {
    memoryKiB: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]),
    descriptors: readdirSync(`/proc/${process}/fd`).length,
  }
}

async function holdsForUsage(process: number, before: Usage): Promise<void> {
  // What a killed program waited for is let go of a moment later.
  const settled = await eventually(() =>
    usageOf(process).descriptors <= before.descriptors ? usageOf(process) : undefined,
  )
  const after = settled ?? usageOf(process)
  equal(after.descriptors, before.descriptors, "descriptors of the supervisor")
  const grown = after.memoryKiB - before.memoryKiB
  ok(grown < growthMaxKiB, `the supervisor grew by ${grown} KiB`)
}

function numbers(): Record<string, number> {
  const architecture = presentArchitecture()
  const names = Object.keys(systemCalls) as (keyof typeof systemCalls)[]
  return Object.fromEntries(
    names.flatMap(name => {
      const number = callNumber(name, architecture)
      return number === undefined ? [] : [[name, number]]
    }),
  )
}

/** Path and facts of what has a guarded name. A directory that only stands above such names may change its mode. */
function guardedEntries(tree: HostTree): [string, string][] {
  return [...tree]
    .filter(([path]) => guarded.some(name => name.test(path)))
    .map(([path, facts]): [string, string] => [
      path,
      /\/(\.git|deep)$/.test(path) ? facts.replace(/^directory \d+/, "directory") : facts,
    ])
    .sort(([one], [other]) => (one < other ? -1 : 1))
}

/** What a repository that was begun inside may have, and directories above protected names. */
function isBegun([path, facts]: [string, string]): boolean {
  if (facts.startsWith("directory")) return /\/(\.git|deep|\.git\/.*)$/s.test(path)
  if (/\/\.git\/hooks\/[^/]*\.sample$/s.test(path)) return true
  return /\/\.git\/config$/.test(path) && facts.startsWith("file") && !facts.includes("fsmonitor")
}
