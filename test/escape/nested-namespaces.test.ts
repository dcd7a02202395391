/** A program makes namespaces of its own, in which it has every capability, and undoes from there what mounts hide. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { doors, escapeScript } from "../support/nested-namespaces.ts"
import { run } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

const protectedName = "config"

type Tried = { said: string; content: string }

/** What the script says, and what stands in `.git/config` on the host afterwards. */
async function tryOut(world: World, door: string, start: readonly string[]): Promise<Tried> {
  const git = join(world.project, ".git")
  const words = [...start, "--", "python3", "-c", escapeScript, door, git, protectedName]
  const { stdout, stderr } = await run(words, { cwd: world.project, env: world.env })
  return { said: stdout.trim() || stderr.trim(), content: readFileSync(join(git, protectedName), "utf8") }
}

/** Mounts and nothing else: a sandbox as bubblewrap makes it when nobody asks for more. */
function mountsAlone(world: World): string[] {
  const file = join(world.project, ".git", protectedName)
  return ["bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--ro-bind", file, file]
}

async function whyNot(): Promise<string> {
  if (Bun.which("python3", { PATH: "/usr/bin:/bin" }) === null) return "python3 is not installed"
  using world = new World({ git: true })
  const { said } = await tryOut(world, "unshare", mountsAlone(world))
  return said === "replaced" ? "" : `the attempt does not work here without Cordon either (${said})`
}

const skip = await whyNot()

describe("a protected file", () => {
  test.skipIf(skip !== "").each([...doors])(
    `is not replaced through %s${skip === "" ? "" : ` [skipped when ${skip}]`}`,
    async door => {
      using bare = new World({ git: true })
      expect(await tryOut(bare, door, mountsAlone(bare))).toEqual({ said: "replaced", content: "planted" })
      using world = new World({ git: true })
      const { said, content } = await tryOut(world, door, [cordonBinary, "-q"])
      expect(said).toMatch(
        door === "clone3" ? /^stopped at clone3: Function/ : /^stopped at \w+: Operation not permitted$/,
      )
      expect(content).toContain("[core]")
    },
  )
})
