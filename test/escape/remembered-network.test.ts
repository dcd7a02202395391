/** What a remembered launch reaches is what a planned one reaches: each of these is run until it comes from memory. */
import { describe, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { runWithNames } from "../support/host-names.ts"
import { connectScript, listen } from "../support/listener.ts"
import { isRecalled, markMemories, memoriesOf, stateWorld } from "../support/memories.ts"
import { type Outcome, run } from "../support/process.ts"
import { webService } from "../support/services.ts"
import { bun, cordonBinary, type World } from "../support/world.ts"

const names = { "api.example": "127.0.0.1", "evil.example": "127.0.0.1" }

/** What came of the first, and of one from memory. @throws Error when the second is planned */
async function twice(world: World, start: () => Promise<Outcome>): Promise<[Outcome, Outcome]> {
  const planned = await start()
  markMemories(world)
  const recalled = await start()
  if (!isRecalled(recalled)) throw new Error(`planned anew: ${recalled.stderr}`)
  return [planned, recalled]
}

test("in filtered mode what is allowed is reached, what is not is not, and each session has a record of its own", async () => {
  using world = stateWorld()
  using web = webService()
  const ask = (name: string) => `curl -sSf --max-time 10 http://${name}.example:${web.port}/${name}`
  const allowed = [`api.example:${web.port}`, `127.0.0.1:${web.port}`].flatMap(host => ["--allow-host", host])
  const script = `${ask("api")}; ${ask("evil")} && echo REACHED`
  const words = ["--trust", "untrusted", ...allowed, "--", "bash", "-c", script]
  // In a user namespace of the test's own: here namespaces are in doubt, and are tried by both launches.
  for (const { stdout } of await twice(world, () => runWithNames(world, names, { words })))
    expect(stdout).toBe("hello from the host")
  expect(web.heard.map(line => line.split(" ").at(-1))).toEqual(["/api", "/api"])
  const records = join(world.home, ".local/state/cordon/sessions")
  const sessions = readdirSync(records).map(name => readFileSync(join(records, name), "utf8"))
  expect(sessions).toHaveLength(2)
  const ids = sessions.flatMap(text => [...new Set(text.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g))])
  expect(new Set(ids).size).toBe(2)
  for (const text of sessions) {
    expect(text).toContain("evil.example")
    expect(text).toContain("bash")
    expect(text.trim().split("\n").at(-1)).toContain('"end"')
  }
})

test("a port of the host is passed in as it was", async () => {
  using world = stateWorld()
  using web = webService()
  const script = `curl -sS --max-time 10 http://127.0.0.1:${web.port}/in`
  const words = ["--net", "filtered", "--host-port", String(web.port), "--", "sh", "-c", script]
  for (const { stdout } of await twice(world, () => world.cordon(words)))
    expect(stdout).toBe("hello from the host")
})

test("a port that is exposed has to be free at each launch", async () => {
  using world = stateWorld()
  const port = webServicePort()
  const words = ["--net", "filtered", "--expose", String(port), "--", "true"]
  for (const { code } of await twice(world, () => world.cordon(words))) expect(code).toBe(0)
  const server = Bun.serve({ hostname: "127.0.0.1", port, fetch: () => new Response("mine") })
  try {
    const { code, stderr } = await world.cordon(words)
    expect(code).toBe(125)
    expect(stderr).toContain("something listens there")
  } finally {
    await server.stop(true)
  }
})

/** A port that nobody listens on any more. */
function webServicePort(): number {
  using web = webService()
  return web.port
}

describe("the host's own network and sockets stay out of reach:", () => {
  test("loopback, with the network off", async () => {
    using world = stateWorld()
    using web = webService()
    const words = [
      "-n",
      "--",
      "sh",
      "-c",
      `curl -sS --max-time 5 http://127.0.0.1:${web.port}/ && echo REACHED`,
    ]
    for (const { stdout } of await twice(world, () => world.cordon(words))) expect(stdout).toBe("")
    expect(web.heard).toEqual([])
  })

  test.each(["-n", "--net open", "--net filtered"])("abstract sockets, with %s", async options => {
    using world = stateWorld()
    await using service = await listen({ unix: `\0cordon-test-${crypto.randomUUID()}` })
    const script = connectScript(service.place)
    for (const outcome of await twice(world, () => world.script(script, { options: options.split(" ") }))) {
      expect(outcome.stdout).toStartWith("refused")
      expect(outcome.code).toBe(1)
    }
  })

  test("a socket in the project that was not there when the launch was remembered", async () => {
    using world = stateWorld()
    const place = { unix: join(world.project, "socket") }
    const start = () => world.script(connectScript(place), { options: ["-n"] })
    await twice(world, start)
    await using _ = await listen(place)
    expect(existsSync(place.unix)).toBe(true)
    expect((await start()).stdout).toStartWith("refused")
  })
})

test("where namespaces cannot be made any more, a remembered launch says so like any other", async () => {
  using world = stateWorld()
  const words = [cordonBinary, "-n", "--", "true"]
  const start = (before: readonly string[]) =>
    run([...before, ...words], { cwd: world.project, env: { ...world.env, PWD: world.project } })
  await twice(world, () => start([]))
  const filter = [bun, join(import.meta.dir, "../support/filtered.ts")]
  const held = await start(filter)
  expect(isRecalled(held)).toBe(false)
  expect(held.code).toBe(125)
  expect(held.stderr).toContain("seccomp")
  expect(memoriesOf(world).length).toBeGreaterThan(0)
})
