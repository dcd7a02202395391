/**
 * Whole programs with the live engine against the same outside, both from their first to their last moment as a shell
 * around them sees it: a clone and an installation as people make them. A clone from a path of this machine would be no
 * such thing: outside git makes hard links, and inside, where the origin is on another mount, it has to copy. So it comes
 * from a server, which sends one pack.
 *
 * Each round gets a directory of its own, and nothing is removed before the end: after a removal ext4 makes the next
 * files slower, and whoever comes next in a round would pay for it.
 */
import { cpSync, mkdirSync, renameSync } from "node:fs"
import { join } from "node:path"
import { program } from "./contenders.ts"
import type { LiveFigure } from "./live.ts"
import { middle } from "./turns.ts"
import type { World } from "./world.ts"

const rounds = 7
const root = join(import.meta.dir, "..")

export async function programFigures(world: World): Promise<LiveFigure[]> {
  return [
    { ...(await clone(world)), name: "git clone, from a server", budget: "1.05×" },
    { ...install(world), name: "npm ci, from the cache", budget: "1.10×" },
  ]
}

type Times = Pick<LiveFigure, "inside" | "outside" | "unit">

async function clone(world: World): Promise<Times> {
  const origin = join(world.home, "origin.git")
  run(world, ["git", "clone", "-q", "--bare", `file://${root}`, origin])
  run(world, ["git", "-C", origin, "repack", "-adq"])
  const port = freePort()
  const server = Bun.spawn(
    [
      ...["git", "daemon", `--base-path=${world.home}`, "--export-all", "--reuseaddr"],
      ...["--listen=127.0.0.1", `--port=${port}`],
    ],
    { env: environmentOf(world), stdio: ["ignore", "ignore", "ignore"] },
  )
  try {
    await answers(port)
    let count = 0
    return timed(world, () => [
      "git",
      "clone",
      "-q",
      `git://127.0.0.1:${port}/origin.git`,
      `clone-${count++}`,
    ])
  } finally {
    // git daemon is a process of git's, which passes the signal on.
    server.kill("SIGTERM")
    await server.exited
  }
}

function install(world: World): Times {
  const packages = join(world.project, "packages")
  mkdirSync(packages)
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(root, file), join(packages, file))
  const words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", packages]
  let count = 0
  const moveAside = () =>
    renameSync(join(packages, "node_modules"), join(world.project, `installed-${count++}`))
  // Once with the network of this machine, then from the cache: the registry is not what is measured. `npm run bench`
  // itself says where its own cache lies.
  run(world, words, { ...process.env, HOME: world.home, npm_config_cache: join(world.home, ".npm") })
  moveAside()
  return timed(world, () => [...words, "--offline"], moveAside)
}

/** Medians in milliseconds; the first of each is not counted. */
function timed(world: World, words: () => string[], after: () => void = () => undefined): Times {
  const all = Array.from({ length: rounds + 1 }, () => {
    const inside = milliseconds(world, words(), [program, "-q", "--net", "open", "-C", world.project, "--"])
    after()
    const outside = milliseconds(world, words(), [])
    after()
    return { inside, outside }
  }).slice(1)
  const of = (key: "inside" | "outside") => middle(all.map(times => times[key]))
  return { inside: of("inside"), outside: of("outside"), unit: "ms" }
}

/** A shell says what time it is before and after; @param before what comes ahead of it */
function milliseconds(world: World, words: readonly string[], before: readonly string[]): number {
  const printed = run(world, [
    ...before,
    "sh",
    "-c",
    'date +%s%N; "$@" >/dev/null; date +%s%N',
    "sh",
    ...words,
  ])
  const [begun = 0n, ended = 0n] = printed.trim().split("\n").map(BigInt)
  return Number(ended - begun) / 1e6
}

function environmentOf({ home }: World): Record<string, string> {
  return { HOME: home, PATH: process.env.PATH ?? "", LANG: "C.UTF-8" }
}

function run(
  world: World,
  words: readonly string[],
  env: Record<string, string | undefined> = environmentOf(world),
): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...words], { cwd: world.project, env, stderr: "pipe" })
  if (exitCode !== 0) throw new Error(`${words.join(" ")} ended with ${exitCode}: ${stderr}`)
  return stdout.toString()
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } })
  const { port } = listener
  listener.stop(true)
  return port
}

/** Waits until something listens, for five seconds. */
async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } })
      socket.terminate()
      return
    } catch {
      // Not yet.
      await Bun.sleep(50)
    }
  }
  throw new Error("git daemon does not listen")
}
