/** What the live engine costs: a call that it is asked about, one that it carries out, and whole programs. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { program } from "./contenders.ts"
import { programFigures } from "./programs.ts"
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

export async function liveFigures(world: World): Promise<LiveFigure[]> {
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
    ...(await programFigures(world)),
  ]
}

function run(world: World, words: readonly string[], confined: boolean): string {
  const env = { HOME: world.home, PATH: process.env.PATH ?? "", LANG: "C.UTF-8" }
  const all = confined ? [program, "-q", "--net", "open", "-C", world.project, "--", ...words] : [...words]
  const { exitCode, stdout, stderr } = Bun.spawnSync(all, { cwd: world.project, env, stderr: "pipe" })
  if (exitCode !== 0) throw new Error(`${all.join(" ")} ended with ${exitCode}: ${stderr}`)
  return stdout.toString()
}
