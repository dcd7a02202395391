/**
 * What the border costs: bytes, new connections, many at once, and what stays behind of ten thousand. Each is measured
 * inside and outside in turns in the same run, against services of this machine; srt's the same, where it is installed.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { program } from "./contenders.ts"
import type { World } from "./world.ts"

export type NetworkFigure = { name: string; value: number; unit: string; budget: string }

const megabytes = 400
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

type Services = { web: number; echo: number }

function serve(): Services {
  const chunk = new Uint8Array(1 << 20)
  const web = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    maxRequestBodySize: 2 ** 40,
    async fetch(request) {
      if (request.body !== null && request.method === "PUT") {
        for await (const _ of request.body);
        return new Response("taken")
      }
      let left = megabytes
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (left-- > 0) controller.enqueue(chunk)
            else controller.close()
          },
        }),
      )
    },
  })
  const echo = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket, bytes) => void socket.write(bytes) },
  })
  return { web: web.port ?? 0, echo: echo.port }
}

/** The services run in a process of their own: else they and the clients would wait for each other. */
async function withServices<T>(act: (services: Services) => Promise<T>): Promise<T> {
  const child = Bun.spawn([process.execPath, import.meta.path, "serve"], { stdout: "pipe", stdin: "pipe" })
  const { value } = await child.stdout.getReader().read()
  try {
    return await act(JSON.parse(Buffer.from(value ?? []).toString()) as Services)
  } finally {
    child.kill("SIGKILL")
  }
}

export function networkFigures(world: World): Promise<NetworkFigure[]> {
  writeFileSync(join(world.project, "client.mjs"), client)
  return withServices(async ({ web, echo }) => {
    const ports = [web, echo].flatMap(port => ["--host-port", String(port)])
    const inside = [program, "-q", "-C", world.project, ...ports, "--read", process.execPath, "--"]
    const url = `http://127.0.0.1:${web}/`
    writeFileSync(join(world.project, "upload"), new Uint8Array(megabytes << 20))
    const download = ["curl", "-sS", "-o", "/dev/null", url]
    const upload = ["curl", "-sS", "-T", "upload", "-o", "/dev/null", url]
    const talk = (kind: string, count: number) => [
      process.execPath,
      "client.mjs",
      kind,
      String(echo),
      String(count),
    ]
    const ratio = (words: string[]) => {
      const [own, direct] = turns(world, [[...inside, ...words], words], timed)
      return (direct ?? 0) / (own ?? 1)
    }
    const [own = 0, direct = 0] = turns(
      world,
      [[...inside, ...talk("latency", 500)], talk("latency", 500)],
      printed,
    )
    return [
      { name: "download, of direct", value: ratio(download), unit: "×", budget: "≥ 0.5" },
      { name: "upload, of direct", value: ratio(upload), unit: "×", budget: "≥ 0.5" },
      { name: "new connection, median, over direct", value: own - direct, unit: "ms", budget: "≤ 1" },
      {
        name: "connections lost of 500 at once",
        value: printed(world, [...inside, ...talk("at once", 500)]),
        unit: "",
        budget: "0",
      },
      ...(await afterMany(world, [...inside, ...talk("latency", 10_000)])),
    ]
  })
}

/** The middle of several, in turns. */
function turns(
  world: World,
  contenders: string[][],
  measure: (world: World, words: string[]) => number,
): number[] {
  const values = contenders.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [index, words] of contenders.entries()) values[index]?.push(measure(world, words))
  return values.map(own => own.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0)
}

function run({ home, project }: World, words: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(words, {
    cwd: project,
    env: { HOME: home, PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" },
  })
  if (exitCode !== 0) throw new Error(`${words.join(" ")} ended with ${exitCode}: ${stderr}`)
  return stdout.toString()
}

function timed(world: World, words: string[]): number {
  const start = performance.now()
  run(world, words)
  return performance.now() - start
}

function printed(world: World, words: string[]): number {
  return Number(run(world, words))
}

/** What the supervisor holds when a tenth of the connections is through, and what at the end. */
async function afterMany({ home, project }: World, words: string[]): Promise<NetworkFigure[]> {
  const child = Bun.spawn(words, {
    cwd: project,
    env: { HOME: home, PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" },
    stdout: "ignore",
  })
  const seen: { megabytes: number; descriptors: number }[] = []
  while (child.exitCode === null) {
    await Bun.sleep(100)
    const status = look(child.pid)
    if (status !== undefined) seen.push(status)
  }
  const early = seen[Math.floor(seen.length / 10)] ?? { megabytes: 0, descriptors: 0 }
  const late = seen.at(-2) ?? early
  return [
    { name: "supervisor after 10,000 connections", value: late.megabytes, unit: "MB", budget: "≤ 60" },
    { name: "its growth meanwhile", value: late.megabytes - early.megabytes, unit: "MB", budget: "~ 0" },
    { name: "its descriptors more", value: late.descriptors - early.descriptors, unit: "", budget: "~ 0" },
  ]
}

function look(process_: number): { megabytes: number; descriptors: number } | undefined {
  try {
    const status = readFileSync(`/proc/${process_}/status`, "utf8")
    const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    return { megabytes: kilobytes / 1024, descriptors: readdirSync(`/proc/${process_}/fd`).length }
  } catch (cause) {
    if (["ENOENT", "ESRCH"].includes((cause as NodeJS.ErrnoException).code ?? "")) return undefined
    throw cause
  }
}

if (import.meta.main && process.argv[2] === "serve") {
  const { web, echo } = serve()
  console.log(JSON.stringify({ web, echo }))
}
