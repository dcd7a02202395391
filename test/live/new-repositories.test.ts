/** Programs that make repositories without git. */
import { describe, expect, test } from "bun:test"
import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { liveMode, liveWays } from "../support/live-modes.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { World } from "../support/world.ts"

/** What libgit2 does (git_repository_init): an empty file first, then a lock that replaces it, as often as it has keys. */
const asLibgit2 = `${rawCallsPrelude()}
process.umask(0o022)
const WRONLY = 1, CREAT = 0o100, TRUNC = 0o1000
fs.mkdirSync("r/.git", { recursive: true })
const made = sys("openat", AT_FDCWD, "r/.git/config", WRONLY | CREAT | TRUNC, 0o666)
const written = sys("write", made, "[core]\\n\\tfsmonitor = evil\\n", 4)
const again = sys("openat", AT_FDCWD, "/proc/self/fd/" + made, WRONLY, 0)
sys("close", made)
const empty = fs.readFileSync("r/.git/config", "utf8")
for (const text of ["[core]\\n\\tbare = false\\n", "[core]\\n\\tbare = false\\n\\tfilemode = true\\n"]) {
  fs.writeFileSync("r/.git/config.lock", text); fs.renameSync("r/.git/config.lock", "r/.git/config")
}
const second = sys("openat", AT_FDCWD, "r/.git/config", WRONLY | CREAT | TRUNC, 0o666)
console.log(typeof made, written, again, JSON.stringify(empty), second)
`

describe.each([...liveWays])("live: %s:", mode => {
  test("an empty configuration of a new repository can be made, replaced and not written to", async () => {
    using world = new World()
    const { stdout, stderr } = await world.script(asLibgit2, { options: liveMode(world, mode) })
    expect({ stdout, stderr }).toEqual({ stdout: 'number EBADF EACCES "" EACCES\n', stderr: "" })
    const config = join(world.project, "r/.git/config")
    expect(readFileSync(config, "utf8")).toBe("[core]\n\tbare = false\n\tfilemode = true\n")
    expect(statSync(config).mode & 0o777).toBe(0o644)
  })
})
