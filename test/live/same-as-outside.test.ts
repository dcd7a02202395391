/** Calls that the live engine carries out come to the same as on the host: result, error and what is left behind. */
import { describe, expect, test } from "bun:test"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { bun, isRoot, World } from "../support/world.ts"
import { situations } from "./situations.ts"

/** Root's capabilities would let it do on the host what nobody may inside. */
const withoutCapabilities = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
const noSetpriv = isRoot && Bun.which("setpriv") === null

function scriptOf(code: string): string {
  return `${rawCallsPrelude()}
const said = []
const say = (...words) => said.push(words.map(String).join(" "))
fs.mkdirSync("here"); process.chdir("here"); process.umask(0o022)
${code}
console.log(said.join("\\n"))
`
}

async function outside(world: World, code: string): Promise<string> {
  return world.host(...(isRoot ? withoutCapabilities : []), bun, "-e", code)
}

describe.skipIf(noSetpriv)("calls [skipped when there is no setpriv(1) for root]", () => {
  test.each(Object.entries(situations))("%s", async (_, code) => {
    using host = new World()
    using inside = new World()
    const expected = await outside(host, scriptOf(code))
    const { code: status, stdout, stderr } = await inside.script(scriptOf(code))
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(stdout).toBe(expected)
    expect(stdout.split("\n").length).toBeGreaterThan(1)
  })
})
