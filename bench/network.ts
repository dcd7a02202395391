/**
 * What the border costs: bytes, new connections, many at once, and what stays behind of ten thousand. Each is measured
 * inside and outside in turns in the same run, against services of this machine.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { program } from "./contenders.ts"
import { type Held, heldBy } from "./memory.ts"
import { withServices } from "./services.ts"
import { transferFigures } from "./transfers.ts"
import { middle, turns } from "./turns.ts"
import { run, type World } from "./world.ts"

export type NetworkFigure = {
  name: string
  unit: string
  budget: string
  value?: number
  /** why there is no value */
  unmeasured?: string
}

const rounds = 5

/** Talks to the service as a program inside would: `node:net` of the runtime that runs the bench. */
const client = `
const [kind, port, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const connect = () => new Promise((resolve, reject) => {
  const start = performance.now()
  Bun.connect({ hostname: "127.0.0.1", port, socket: {
    open(socket) { socket.write("p") },
    data(socket) { resolve(performance.now() - start); socket.end() },
    error(_, error) { reject(error) }, connectError(_, error) { reject(error) },
    close() { reject(new Error("lost")) },
  } }).catch(reject)
})
if (kind === "latency") {
  const times = []
  for (let i = 0; i < count; i++) times.push(await connect())
  console.log(times.sort((a, b) => a - b)[Math.floor(count / 2)])
} else {
  const ended = await Promise.allSettled(Array.from({ length: count }, connect))
  console.log(ended.filter(({ status }) => status === "rejected").length)
}
`

export function networkFigures(world: World): Promise<NetworkFigure[]> {
  writeFileSync(join(world.project, "client.mjs"), client)
  return withServices(async ({ web, echo }) => {
    const ports = [web, echo].flatMap(port => ["--host-port", String(port)])
    const inside = [program, "-q", "-C", world.project, ...ports, "--read", process.execPath, "--"]
    const talk = (kind: string, count: number) => [
      process.execPath,
      "client.mjs",
      kind,
      String(echo),
      String(count),
    ]
    const printed = (words: readonly string[]) => () => Number(run(world, words))
    const latency = talk("latency", 500)
    const [own = [], direct = []] = turns([printed([...inside, ...latency]), printed(latency)], rounds)
    return [
      ...transferFigures(world, web, inside),
      {
        name: "new connection, median, over direct",
        value: middle(own) - middle(direct),
        unit: "ms",
        budget: "≤ 1",
      },
      {
        name: "connections lost of 500 at once",
        value: printed([...inside, ...talk("at once", 500)])(),
        unit: "",
        budget: "0",
      },
      ...(await afterMany(world, [...inside, ...talk("latency", 10_000)])),
    ]
  })
}

/** What the supervisor holds at its largest in the second fifth of the connections, and in the last. */
async function afterMany({ home, project }: World, words: string[]): Promise<NetworkFigure[]> {
  const child = Bun.spawn(words, {
    cwd: project,
    env: { HOME: home, PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" },
    stdout: "ignore",
  })
  const seen: Held[] = []
  while (child.exitCode === null) {
    await Bun.sleep(100)
    const held = heldBy(child.pid)
    if (held !== undefined) seen.push(held)
  }
  // The very last one is of its end.
  const fifth = Math.floor(seen.length / 5)
  const early = largest(seen.slice(fifth, 2 * fifth))
  const late = largest(seen.slice(-fifth - 1, -1))
  return [
    { name: "supervisor after 10,000 connections", value: late.megabytes, unit: "MB", budget: "≤ 60" },
    { name: "its growth meanwhile", value: late.megabytes - early.megabytes, unit: "MB", budget: "~ 0" },
    { name: "its descriptors more", value: late.descriptors - early.descriptors, unit: "", budget: "~ 0" },
  ]
}

function largest(all: readonly Held[]): Held {
  return {
    megabytes: Math.max(...all.map(({ megabytes }) => megabytes)),
    descriptors: Math.max(...all.map(({ descriptors }) => descriptors)),
  }
}
