/** A running session takes orders from its person. A program in a sandbox, which has the same user id, gives none. */
import { describe, expect, test } from "bun:test"
import { controlPrefix } from "../../src/host/sockets.ts"
import { run } from "../support/process.ts"
import { Session } from "../support/session.ts"
import { cordonBinary, World } from "../support/world.ts"

const modes = ["-n", "--net filtered", "--net open", "--trust trusted"]

/** Orders an allowance, and prints what comes back. */
function order(session: string): string {
  const rule = { kind: "rule", verdict: "allow", pattern: "evil.example", by: "inside" }
  return `
const socket = require("node:net").connect({ path: "\\0${controlPrefix}${session}" })
socket.setTimeout(3000, () => socket.destroy())
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
