/** What a thousand launches one after the other and twenty at once leave behind: failures, processes, files. */
import { readdirSync, readFileSync } from "node:fs"
import { program } from "./contenders.ts"
import type { World } from "./world.ts"

export type Endurance = { name: string; failures: number; left: number }

const sequential = 1000
const atOnce = 20

export async function endurance(world: World): Promise<Endurance[]> {
  const before = traces(world)
  let failures = 0
  for (let run = 0; run < sequential; run++) if ((await ended(world, run)) !== 0) failures++
  const together = await Promise.all(Array.from({ length: atOnce }, (_, run) => ended(world, run)))
  const left = traces(world).filter(trace => !before.includes(trace)).length
  return [
    { name: `${sequential} launches one after the other`, failures, left },
    { name: `${atOnce} launches at once`, failures: together.filter(code => code !== 0).length, left },
  ]
}

/** A command that uses files and the name server, so that all of the supervisor is up. */
function ended({ home, project }: World, run: number): Promise<number> {
  const words = [
    program,
    "-q",
    "-C",
    project,
    "--",
    "sh",
    "-c",
    `echo x > made-${run} && getent hosts x.example >/dev/null; rm made-${run}`,
  ]
  const { exited } = Bun.spawn(words, {
    env: { HOME: home, PATH: "/usr/local/bin:/usr/bin:/bin" },
    stdio: ["ignore", "ignore", "ignore"],
  })
  return exited
}

function traces({ home, project }: World): string[] {
  const processes = readdirSync("/proc")
    .filter(name => /^\d+$/.test(name))
    .flatMap(id => commandOf(id, home))
  const files = [home, project].flatMap(path => readdirSync(path).map(name => `${path}/${name}`))
  return [...processes, ...files]
}

/** Of this bench: others may run on the machine. */
function commandOf(id: string, home: string): string[] {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8").includes(home) ? [id] : []
  } catch (cause) {
    if (["ENOENT", "ESRCH"].includes((cause as NodeJS.ErrnoException).code ?? "")) return []
    throw cause
  }
}
