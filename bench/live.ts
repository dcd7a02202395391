/**
 * What the live engine costs: a call that it is asked about, one that it carries out, and whole programs, each inside and
 * outside in turns in the same run.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { program } from "./contenders.ts"
import type { World } from "./world.ts"

export type LiveFigure = { name: string; inside: number; outside: number; unit: "µs" | "ms"; budget: string }

/** Times one call in a loop and prints microseconds; the middle of five. */
const loop = `
import os, sys, time
kind = sys.argv[1]
def read(i): os.close(os.open("/etc/hostname", os.O_RDONLY))
def read_relative(i): os.close(os.open("file", os.O_RDONLY))
def create(i): os.close(os.open("made-%d" % (i % 50), os.O_WRONLY | os.O_CREAT, 0o644))
call = {"read": read, "relative": read_relative, "create": create}[kind]
open("file", "w").close()
for i in range(2000): call(i)
times = []
for _ in range(5):
    start = time.perf_counter()
    for i in range(3000): call(i)
    times.append((time.perf_counter() - start) / 3000 * 1e6)
print(sorted(times)[2])
`

export function liveFigures(world: World): LiveFigure[] {
  writeFileSync(join(world.project, "loop.py"), loop)
  const call = (kind: string, name: string, budget: string): LiveFigure => {
    const words = ["python3", "loop.py", kind]
    const [inside, outside] = [true, false].map(confined => Number(run(world, words, confined)))
    return { name, inside: inside ?? 0, outside: outside ?? 0, unit: "µs", budget }
  }
  return [
    call("read", "open, asked about (system path)", "15 µs"),
    call("relative", "open, asked about (relative path)", "15 µs"),
    call("create", "open, carried out", "55 µs"),
    ...programs(world),
  ]
}

const rounds = 7

function programs(world: World): LiveFigure[] {
  const origin = join(world.home, "origin.git")
  const lockFile = join(import.meta.dir, "..", "package-lock.json")
  run(
    { ...world, project: join(import.meta.dir, "..") },
    ["git", "clone", "-q", "--bare", ".", origin],
    false,
  )
  const clone = timed(world, ["git", "clone", "-q", origin, "clone"], "clone")
  const packages = join(world.project, "packages")
  mkdirSync(packages)
  cpSync(lockFile, join(packages, "package-lock.json"))
  cpSync(join(lockFile, "../package.json"), join(packages, "package.json"))
  const install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", packages]
  // Once with the network of this machine, then from the cache: the registry is not what is measured.
  run(world, install, false, { ...process.env, HOME: world.home })
  const installed = timed(world, [...install, "--offline"], "packages/node_modules")
  return [
    { ...clone, name: "git clone", budget: "1.05×" },
    { ...installed, name: "npm ci, from the cache", budget: "1.10×" },
  ]
}

/** Medians in milliseconds, inside less the launch, and outside. */
function timed(
  world: World,
  words: readonly string[],
  made: string,
): Pick<LiveFigure, "inside" | "outside" | "unit"> {
  const once = (confined: boolean, command: readonly string[]) => {
    rmSync(join(world.project, made), { recursive: true, force: true })
    const start = performance.now()
    run(world, command, confined)
    return performance.now() - start
  }
  const all = Array.from({ length: rounds }, () => ({
    launch: once(true, ["true"]),
    inside: once(true, words),
    outside: once(false, words),
  }))
  const middle = (key: "launch" | "inside" | "outside") =>
    all.map(times => times[key]).sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0
  return { inside: middle("inside") - middle("launch"), outside: middle("outside"), unit: "ms" }
}

function run(
  world: World,
  words: readonly string[],
  confined: boolean,
  env: NodeJS.ProcessEnv = { HOME: world.home, PATH: process.env.PATH ?? "", LANG: "C.UTF-8" },
): string {
  const all = confined ? [program, "-q", "--net", "open", "-C", world.project, "--", ...words] : [...words]
  const { exitCode, stdout, stderr } = Bun.spawnSync(all, { cwd: world.project, env, stderr: "pipe" })
  if (exitCode !== 0) throw new Error(`${all.join(" ")} ended with ${exitCode}: ${stderr}`)
  return stdout.toString()
}

/** Resident memory of the supervisor while a command runs, in megabytes. */
export async function supervisorMegabytes(world: World): Promise<number> {
  const env = { HOME: world.home, PATH: process.env.PATH ?? "" }
  const script = "for i in $(seq 2000); do : > made-$((i % 50)); done; echo ready; read -r line"
  const words = [program, "-q", "-n", "-C", world.project, "--", "sh", "-c", script]
  const child = Bun.spawn(words, { env, stdin: "pipe", stdout: "pipe", stderr: "inherit" })
  for await (const _ of child.stdout) break
  const status = existsSync(`/proc/${child.pid}/status`)
    ? readFileSync(`/proc/${child.pid}/status`, "utf8")
    : ""
  child.stdin.write("\n")
  child.stdin.end()
  await child.exited
  return Number(status.match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0) / 1024
}
