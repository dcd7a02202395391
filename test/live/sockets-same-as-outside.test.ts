/** connect(2) and bind(2) come to the same as on the host: result, error, name, and what is left behind. */
import { describe, expect, test } from "bun:test"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { bun, isRoot, World } from "../support/world.ts"
import { socketSituations } from "./socket-situations.ts"

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
process.exit(0)
`
}

const modes = ["-n", "--net open", "--net filtered"]

describe.skipIf(noSetpriv)("calls on sockets [skipped when there is no setpriv(1) for root]", () => {
  const rows = Object.entries(socketSituations).flatMap(([name, code]) =>
    modes.map(mode => [mode, name, code] as const),
  )
  test.each(rows)("%s: %s", async (mode, _, code) => {
    // Short: a path of a socket has room for 108 bytes.
    using host = new World({ below: "/var/tmp" })
    using inside = new World()
    const expected = await host.host(...(isRoot ? withoutCapabilities : []), bun, "-e", scriptOf(code))
    const options = mode.split(" ")
    const { code: status, stdout, stderr } = await inside.script(scriptOf(code), { options })
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(stdout).toBe(expected)
    expect(stdout.split("\n").length).toBeGreaterThan(1)
  })
})
