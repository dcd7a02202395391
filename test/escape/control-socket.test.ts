/** A running session takes orders from its person. A program in a sandbox, which has the same user id, gives none. */
import { describe, expect, test } from "bun:test"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { controlPrefix } from "../../src/host/control-name.ts"
import { eventually, run } from "../support/process.ts"
import { Session } from "../support/session.ts"
import { cordonBinary, World } from "../support/world.ts"

const landlock = ["--backend landlock -n", "--backend landlock --net open"]
const modes = ["-n", "--net filtered", "--net open", "--trust trusted", ...landlock]

/** Orders an allowance, and prints what comes back. */
function order(session: string): string {
  const rule = { kind: "rule", verdict: "allow", pattern: "evil.example", by: "inside" }
  return `
const socket = require("node:net").connect({ path: "\\0${controlPrefix}${session}" })
socket.setTimeout(10_000, () => socket.destroy())
socket.on("error", error => console.log("refused", error.code))
socket.on("data", data => { process.stdout.write(data); socket.destroy() })
socket.on("close", () => console.log("over"))
socket.write(${JSON.stringify(`${JSON.stringify(rule)}\n`)})`
}

test.each(modes)(
  "with %s a session outside takes no order from inside, and takes it from outside",
  async mode => {
    using world = new World()
    await using session = await Session.start({ home: world.home })
    const inside = await world.script(order(session.id), { options: mode.split(" ") })
    expect(inside.stdout).toMatch(/^refused \w+\nover\n$/)
    expect(await session.judge("evil.example")).toBe("ask")
    const outside = await run([process.execPath, "-e", order(session.id)], {
      cwd: world.project,
      env: world.env,
    })
    expect(outside.stdout).toContain("done")
    expect(await session.judge("evil.example")).toBe("allow")
  },
)

/** undefined as long as nothing is written there */
function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") || undefined : undefined
}

const madeUp = "made-up.example"

/** Listens by the name, says so by a file, and tells of a question of its own invention until nobody looks any more. */
function pretence(name: string): string {
  const session = crypto.randomUUID()
  const question = {
    host: madeUp,
    port: 443,
    program: "/usr/bin/npm",
    process: 1,
    id: 1,
    connections: 1,
  }
  const questions = [{ ...question, until: "2100-01-01T00:00:00.000Z", patterns: [`${madeUp}:443`] }]
  const about = { session, project: "/", command: ["npm", "ci"], policyFile: "/made/up", rules: [] }
  const status = { kind: "status", status: { ...about, questions } }
  return `
const fs = require("node:fs")
const server = require("node:net").createServer(client => client.end(${JSON.stringify(`${JSON.stringify(status)}\n`)}))
server.on("error", error => fs.writeFileSync("said", error.code))
server.listen("\\0${name}${session}", () => fs.writeFileSync("said", "listening"))
setInterval(() => { if (fs.existsSync("looked")) process.exit() }, 20)`
}

test.each(modes)("with %s no program inside is taken for a session", async mode => {
  using world = new World()
  const listens = async (name: string) => {
    const inside = world.script(pretence(name), { options: mode.split(" ") })
    const said = await eventually(() => readIfThere(join(world.project, "said")))
    const looked = await world.cordon(["approve", "--json"])
    writeFileSync(join(world.project, "looked"), "")
    await inside
    for (const file of ["said", "looked"]) rmSync(join(world.project, file))
    const found: { host: string }[] = JSON.parse(looked.stdout).data
    // Questions of other sessions of this user's are none of ours.
    return { said, found: found.filter(({ host }) => host === madeUp) }
  }
  expect(await listens(controlPrefix)).toEqual({ said: "EACCES", found: [] })
  expect(await listens("mine/")).toEqual({ said: "listening", found: [] })
})

describe("Cordon's own commands", () => {
  test.each(["log", "approve", "allow example.com", "deny example.com"])(
    "%s refuses to run inside",
    async words => {
      using world = new World()
      await using session = await Session.start({ home: world.home })
      const inside = await world.shell(`'${cordonBinary}' ${words}`, {
        options: ["-n", "--read", cordonBinary],
      })
      expect([inside.code, inside.stdout]).toEqual([125, ""])
      expect(inside.stderr).toContain("for the person outside of the sandbox")
      expect(await session.judge("example.com")).toBe("ask")
    },
  )

  test("find no session inside either, when they are not told that they are there", async () => {
    using world = new World()
    await using session = await Session.start({ home: world.home })
    session.ask("held", "held.example")
    await session.announces("held.example")
    const look = `env -u CORDON -u CORDON_SESSION '${cordonBinary}' approve --json`
    const inside = await world.shell(look, { options: ["-n", "--read", cordonBinary] })
    expect(JSON.parse(inside.stdout).data).toEqual([])
    const outside = JSON.parse((await world.cordon(["approve", "--json"])).stdout).data
    expect(outside.map(({ host }: { host: string }) => host)).toContain("held.example")
    expect(session.waits("held")).toBe(true)
  })
})
