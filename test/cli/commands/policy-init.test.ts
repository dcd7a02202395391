/** `cordon policy init` writes into the project that it stands in, or says in a sentence why it does not. */
import { expect, test } from "bun:test"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { noMachine, onMachine } from "../../support/machine.ts"
import { type Outcome, run } from "../../support/process.ts"
import { cordonBinary, isRoot, World } from "../../support/world.ts"

/** Runs a shell script in the project; Cordon is "$0" there. */
function shell(world: World, script: string): Promise<Outcome> {
  return run(["bash", "-c", script, cordonBinary], { cwd: world.project, env: world.env })
}

test("in a project whose name is no UTF-8 the policy lies in it, and nowhere else", async () => {
  using world = new World()
  const directory = "$'p\\377'"
  const { code, stdout, stderr } = await shell(
    world,
    `mkdir ${directory} && cd ${directory} && "$0" policy init && "$0" -- true && cd .. && ls -A | wc -l && cat ${directory}/.cordon.yaml`,
  )
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("cordon: wrote ") })
  expect(stdout).toMatch(/^1\n# Cordon policy/)
})

test("beside a policy under the other name there is no second one", async () => {
  using world = new World({ project: { "cordon.yaml": "version: 1\n" } })
  const { code, stderr } = await world.cordon(["policy", "init"])
  expect(code).toBe(125)
  expect(stderr).toBe(
    `cordon: ${world.project}/cordon.yaml exists already\ncordon: → edit it, and try cordon check\n`,
  )
  expect(existsSync(join(world.project, ".cordon.yaml"))).toBe(false)
  expect((await world.cordon(["true"])).code).toBe(0)
})

test("where no file can be made, a sentence says so", async () => {
  using world = new World()
  const env = { XDG_CONFIG_HOME: "/proc/1/cordon-test" }
  const { code, stderr } = await world.cordon(["policy", "init", "user"], { env })
  expect(code).toBe(125)
  expect(stderr).toMatch(
    /^cordon: \/proc\/1\/cordon-test\/cordon\/policy.yaml cannot be written: E[A-Z]+\ncordon: → make its directory writable\n$/,
  )
})

test.skipIf(isRoot)("in a directory that may not be written too [skipped when root]", async () => {
  using world = new World()
  const { code, stderr } = await shell(world, 'chmod 555 . && "$0" policy init')
  expect(code).toBe(125)
  expect(stderr).toContain(".cordon.yaml cannot be written: EACCES\n")
})

const title = "on a disk that is read-only"
test.skipIf(noMachine !== undefined)(
  noMachine === undefined ? title : `${title} [skipped when ${noMachine}]`,
  async () => {
    const machine = "mkdir -p /srv/p && mount -t tmpfs -o ro disk /srv/p"
    const { code, stderr } = await onMachine({ machine, words: ["-C", "/srv/p", "policy", "init"] })
    expect({ code, stderr }).toEqual({
      code: 125,
      stderr: "cordon: /srv/p/.cordon.yaml cannot be written: EROFS\ncordon: → make its directory writable\n",
    })
  },
)

test("a file that cannot be filled does not stay, half or empty", async () => {
  using world = new World()
  const { code, stderr } = await shell(world, '(ulimit -f 0; "$0" policy init)')
  expect(code).toBe(125)
  expect(stderr).toContain("see `ulimit -f`")
  expect(readdirSync(world.project)).toEqual([])
  expect((await world.cordon(["policy", "init"])).code).toBe(0)
})
