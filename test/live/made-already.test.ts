/** A directory that is there already is told so, as on the host: by rules or not, `mkdir -p` goes on from there. */
import { describe, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { liveMode, liveWays } from "../support/live-modes.ts"
import { World, writeFiles } from "../support/world.ts"

describe.each([...liveWays])("live: %s:", mode => {
  test("what rules deny, protect or keep from being written is there all the same", async () => {
    using world = new World({ project: { ".git/hooks/pre-commit": "", ".vscode/x": "", ".env": "S=1" } })
    writeFiles(world.home, { ".aws/credentials": "S" })
    const names = [".git/hooks", ".vscode", ".env", "~/.aws", "/usr", "/", ".", ".git/hooks/..", ".vscode/"]
    const attempts = Object.fromEntries(names.map(name => [name, `mkdir ${name}`]))
    const outcomes = await world.attempts(attempts, { options: liveMode(world, mode) })
    for (const name of names)
      expect(outcomes[name]).toMatchObject({ code: 1, output: expect.stringContaining("File exists") })
    const goesOn = { deeper: "mkdir -p .git/hooks/.. .vscode && mkdir -p .git/new && ls -d .git/new" }
    expect(await world.attempts(goesOn, { options: liveMode(world, mode) })).toMatchObject({
      deeper: { code: 0 },
    })
  })

  test("what is not there is still for the rules to decide", async () => {
    using world = new World({ project: { "a/file": "" } })
    const names = [".vscode", "a/.vscode", "a/../.idea", "~/new", "/usr/new"]
    const attempts = Object.fromEntries(names.map(name => [name, `mkdir ${name}`]))
    const outcomes = await world.attempts(attempts, { options: liveMode(world, mode) })
    for (const name of names) expect(outcomes[name]?.code).toBe(1)
    for (const name of names.slice(0, 3)) expect(existsSync(join(world.project, name))).toBe(false)
    expect(existsSync(join(world.home, "new"))).toBe(false)
  })
})
