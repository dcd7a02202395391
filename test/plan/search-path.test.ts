/** PATH inside: without what is hidden, so that a program that is not installed is "not found". */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import type { Mount } from "../../src/plan/launch-plan.ts"
import { visibleSearchPath } from "../../src/plan/search-path.ts"
import { run } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

const host = (path: string): Mount => ({ kind: "host", path, access: "read", why: "" })
const hidden = (path: string): Mount => ({ kind: "hidden-directory", path, passable: false, why: "" })
const sealed = (path: string): Mount => ({ kind: "sealed", path, why: "" })
const mounts = [
  host("/"),
  hidden("/h/.fly"),
  hidden("/o"),
  host("/o/tools/bin/x"),
  sealed("/h/.fly"),
  sealed("/o"),
]

describe("the search path", () => {
  test.each([
    ["/usr/bin:/h/.fly/bin:/bin", "/usr/bin:/bin", "hidden with what is above it"],
    ["/h/.fly:/bin", "/bin", "hidden itself"],
    ["/h/.flyer:/bin", "/h/.flyer:/bin", "of another name"],
    ["/o/tools/bin:/o/x:/bin", "/o/tools/bin:/bin", "hidden, but for one thing that is shown"],
    ["node_modules/.bin::.:/bin", "node_modules/.bin::.:/bin", "relative, which is the project's"],
    ["/h/.fly/bin", "/h/.fly/bin", "all that there is: an empty one would mean something else"],
    ["", "", "empty"],
  ])("%p is %p: %s", (given, expected) => {
    expect(visibleSearchPath(given, mounts)).toBe(expected)
  })
})

describe("for real", () => {
  const script = 'echo "$PATH"; env no-such-program 2>/dev/null; echo $?'

  test("a program that is not installed is not found, the second time too", async () => {
    using world = new World({ home: { ".fly/bin/": "", ".local/state/": "" } })
    const fly = join(world.home, ".fly/bin")
    const env = { PATH: `${fly}:/usr/bin:/bin` }
    for (const _ of [1, 2]) {
      const { stdout } = await world.shell(script, { options: ["-n"], env })
      expect(stdout).toBe("/usr/bin:/bin\n127\n")
    }
    const set = await world.shell(script, { options: ["-n", "--env", `PATH=${env.PATH}`], env })
    expect(set.stdout).toBe(`${env.PATH}\n126\n`)
  })

  test("without a PATH a program is searched where execvp(3) does", async () => {
    using world = new World()
    const words = ["/usr/bin/env", "-u", "PATH", cordonBinary, "-n", "--", "echo", "found"]
    expect(await run(words, { cwd: world.project, env: world.env })).toMatchObject({
      code: 0,
      stdout: "found\n",
    })
  })
})
