/** What a thousand launches one after the other and twenty at once leave behind: failures, processes, files. */
import { readdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { program } from "./contenders.ts"
import type { World } from "./world.ts"

export type Endurance = { name: string; failures: number; left: number }

const sequential = 1000
const atOnce = 20

export async function endurance(world: World): Promise<Endurance[]> {
  const before = traces(world)
  let failures = 0
  for (let run = 0; run < sequential; run++) if ((await ended(world)) !== 0) failures++
  const together = await Promise.all(Array.from({ length: atOnce }, () => ended(world)))
  const left = traces(world).filter(trace => !before.includes(trace)).length
  return [
    { name: `${sequential} launches one after the other`, failures, left },
    { name: `${atOnce} launches at once`, failures: together.filter(code => code !== 0).length, left },
  ]
}

/** A command that uses files and the name server, so that all of the supervisor is up. */
function ended({ home, project }: World): Promise<number> {
  const words = [
    program,
    "-q",
    "-C",
    project,
    "--",
    "sh",
    "-c",
    "echo x > made && getent hosts x.example >/dev/null; rm made",
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
    .flatMap(id => commandOf(id))
  const files = [home, project, tmpdir()].flatMap(path => readdirSync(path).map(name => `${path}/${name}`))
  return [...processes, ...files]
}

/** Of bubblewrap's and ours that are still there. */
function commandOf(id: string): string[] {
  try {
    const name = readFileSync(`/proc/${id}/comm`, "utf8").trim()
    return name === "bwrap" || name === "cordon" ? [`${id} ${name}`] : []
  } catch (cause) {
    if (["ENOENT", "ESRCH"].includes((cause as NodeJS.ErrnoException).code ?? "")) return []
    throw cause
  }
}
