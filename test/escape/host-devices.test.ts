/** A sandbox of root's owns the host's devices, by the nodes that are mounted in it: a mode given there is the host's. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { liveMode, liveWays } from "../support/live-modes.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { World } from "../support/world.ts"

/** Nothing changes should one of them work: the mode, the owner, and no attribute at all. */
const script = `${rawCallsPrelude()}
const own = [process.getuid(), process.getgid()]
const full = sys("openat", AT_FDCWD, "/dev/full", 2, 0)
const { mode } = fs.fstatSync(full)
console.log(
  sys("fchmodat", AT_FDCWD, "/dev/full", mode), sys("fchmod", full, mode),
  sys("fchmodat", AT_FDCWD, "/proc/self/fd/" + full, mode),
  sys("fchownat", AT_FDCWD, "/dev/full", ...own, 0), sys("fchown", full, ...own),
  sys("setxattr", "/dev/full", "user.cordon", "x", 0, 0), sys("removexattr", "/dev/full", "system.posix_acl_access"),
)
// As everybody may who can write to it.
console.log(sys("utimensat", AT_FDCWD, "/dev/full", 0, 0))
fs.writeFileSync("file", ""); fs.chmodSync("file", 0o640)
console.log((fs.statSync("file").mode & 0o777).toString(8))
`

describe.each([...liveWays])("live: %s:", mode => {
  test("mode, owner and attributes of the host's devices stay; those of files do not", async () => {
    using world = new World()
    const { stdout, stderr } = await world.script(script, { options: liveMode(world, mode) })
    expect({ stdout, stderr }).toEqual({ stdout: `${"EPERM ".repeat(7).trim()}\n0\n640\n`, stderr: "" })
  })
})

const noScript = Bun.which("script", { PATH: "/usr/bin:/bin" }) === null

test.skipIf(noScript)(
  "a terminal of the sandbox's own takes another mode [skipped when there is no script(1)]",
  async () => {
    using world = new World()
    const command = 'chmod 600 "$(tty)" && stat -c %a "$(tty)" > said'
    const { code } = await world.cordon(["--", "script", "-qec", command, "log"])
    expect({ code, said: readFileSync(`${world.project}/said`, "utf8") }).toEqual({ code: 0, said: "600\n" })
  },
)
