/** Where we were started, also when the name is no UTF-8, and what is said when the directory is there no longer. */
import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { run } from "../support/process.ts"
import { bun, cordonBinary, World } from "../support/world.ts"

const root = realpathSync(mkdtempSync(join(userInfo().homedir, "cordon-present-")))
chmodSync(root, 0o755)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const module = join(import.meta.dir, "../../src/kernel/present-directory.ts")
const program = (before: string) =>
  `const { presentDirectory } = await import(${JSON.stringify(module)}); ${before};
  try { console.log(JSON.stringify(presentDirectory())) }
  catch (error) { console.log(error.name, error.message, error.hint) }`

/** In a process of its own: the tests have one present directory between them. */
async function presentIn(directory: string, before = ""): Promise<string> {
  const { stdout, stderr } = await run([bun, "-e", program(before)], { cwd: directory, env: { HOME: root } })
  expect(stderr).toBe("")
  return stdout.trim()
}

describe("the present directory", () => {
  test("is the one that we were started in", async () => {
    expect(await presentIn(root)).toBe(JSON.stringify(root))
  })

  test("is told by its bytes where they are no UTF-8", async () => {
    const words = [
      "sh",
      "-c",
      `d=$(printf 'a\\377'); mkdir "$d"; cd "$d"; exec "$0" -e "$1"`,
      bun,
      program(""),
    ]
    const { stdout } = await run(words, { cwd: root, env: { HOME: root } })
    expect(stdout.trim()).toBe(`"${root}/a\\udcff"`)
  })

  test("that is removed once we run is an error of one sentence, with what to do", async () => {
    const directory = join(root, "gone")
    mkdirSync(directory)
    expect(
      await presentIn(directory, `(await import("node:fs")).rmdirSync(${JSON.stringify(directory)})`),
    ).toBe("UserError the present directory has been removed go to one that exists: cd DIR")
  })
})

describe("cordon in a directory that has been removed", () => {
  const echoIn = (world: World, before: string) =>
    run(["sh", "-c", `mkdir gone; cd gone; ${before}; exec "$0" -- echo ran`, cordonBinary], {
      cwd: world.project,
      env: world.env,
    })

  // The runtime asks for the directory before it runs anything of ours (docs/limitations.md).
  test("runs nothing, and it is the runtime that says so", async () => {
    using world = new World()
    const { code, stdout, stderr } = await echoIn(world, "rmdir ../gone")
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toContain("current working directory was deleted")
  })

  test("runs the command when it is there", async () => {
    using world = new World()
    const { code, stdout } = await echoIn(world, "true")
    expect({ code, stdout }).toEqual({ code: 0, stdout: "ran\n" })
  })
})
