/** Calls that the live engine carries out come to the same as on the host: result, error and what is left behind. */
import { describe, expect, test } from "bun:test"
import { liveMode, liveWays } from "../support/live-modes.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { bun, isRoot, World } from "../support/world.ts"
import { readingSituations } from "./reading-situations.ts"
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

/** Where Cordon opens for reading too, these take another way; the others do not. */
const aboutOpening = Object.entries(situations).filter(([, code]) => /opened\(|openSync\(/.test(code))

/** Where there are no mounts these come to something else, and ought to (docs/backends.md). */
const otherWithoutMounts = [
  "what is no regular file",
  "what /proc says of oneself",
  "programs, scripts and what they are made of",
]

describe.skipIf(noSetpriv)("calls [skipped when there is no setpriv(1) for root]", () => {
  const rows = liveWays.flatMap(way =>
    [...(way === "strict" ? aboutOpening : Object.entries(situations)), ...Object.entries(readingSituations)]
      .filter(([name]) => way !== "landlock" || !otherWithoutMounts.includes(name))
      .map(([name, code]) => [way, name, code] as const),
  )
  test.each(rows)("live: %s: %s", async (mode, _, code) => {
    using host = new World()
    using inside = new World()
    const expected = await outside(host, scriptOf(code))
    const options = liveMode(inside, mode)
    const { code: status, stdout, stderr } = await inside.script(scriptOf(code), { options })
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(stdout).toBe(expected)
    expect(stdout.split("\n").length).toBeGreaterThan(1)
  })
  test("there are such calls", () => expect(aboutOpening.length).toBeGreaterThan(10))
})
