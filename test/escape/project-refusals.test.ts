/** A project that holds the home directory would open all of it for writing; one that only reads like ours is another. */
import { expect, test } from "bun:test"
import { mkdirSync, readdirSync, symlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { run } from "../support/process.ts"
import { treeOf } from "../support/tree.ts"
import { cordonBinary, World } from "../support/world.ts"

type Case = { name: string; directory: (world: World) => string }

const cases: readonly Case[] = [
  { name: "the root", directory: () => "/" },
  { name: "the parent of the home", directory: world => dirname(world.home) },
  { name: "the grandparent of the home", directory: world => dirname(dirname(world.home)) },
  { name: "the home", directory: world => world.home },
  { name: "the home by a detour", directory: world => join(world.home, "work/..") },
  { name: "the root by a detour", directory: world => `${world.project}${"/..".repeat(20)}` },
  {
    name: "a link to the home",
    directory: world => {
      symlinkSync(world.home, join(world.root, "link"))
      return join(world.root, "link")
    },
  },
]

test.each(cases)("$name is refused as the project, and nothing runs", async ({ directory }) => {
  using world = new World({ home: { ".bashrc": "mine" } })
  const asked = directory(world)
  const before = treeOf(world.root)
  const words = ["-C", asked, "--", "sh", "-c", "echo ran; echo x > ~/.bashrc"]
  for (const { code, stdout, stderr } of [
    await world.cordon(words),
    await world.cordon(words.slice(2), { cwd: asked }),
  ]) {
    expect(code).toBe(125)
    expect(stdout).toBe("")
    expect(stderr).toMatch(/^cordon: .*cannot be the project/)
  }
  expect(treeOf(world.root)).toEqual(before)
})

test("what is no directory is refused as well", async () => {
  using world = new World({ project: { file: "1" } })
  for (const directory of ["no/such/place", "file", "/dev/null", ""]) {
    const { code, stdout, stderr } = await world.cordon(["-C", directory, "--", "echo", "ran"])
    expect({ directory, code, stdout }).toEqual({ directory, code: 125, stdout: "" })
    expect(stderr).toStartWith("cordon: ")
  }
})

test("a directory below the home or elsewhere is a project", async () => {
  using world = new World()
  const elsewhere = join(world.root, "elsewhere")
  mkdirSync(elsewhere)
  for (const directory of [world.project, ".", elsewhere, dirname(world.project)]) {
    const { code, stdout } = await world.cordon(["-C", directory, "--", "sh", "-c", "echo x > new && pwd -P"])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${join(world.project, directory)}\n`.replace(/^.*\/project(?=\/)/, ""),
    })
  }
})

test("a present directory whose name is not UTF-8 is itself, and no other that reads alike", async () => {
  using world = new World()
  const [odd, alike] = [Buffer.from("p\xff", "latin1"), "p\ufffd"].map(name =>
    Buffer.concat([Buffer.from(`${world.project}/`), Buffer.from(name)]),
  )
  for (const path of [odd, alike]) if (path) mkdirSync(path)
  const script = `cd "$1"/p$(printf '\\377') && "$0" -q -n -- sh -c 'echo made > file' && "$0" -q -n -- sh -c 'echo made > file2'`
  const { code, stderr } = await run(["sh", "-c", script, cordonBinary, world.project], {
    cwd: world.project,
    env: world.env,
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  expect(readdirSync(odd ?? "").sort()).toEqual(["file", "file2"])
  expect(readdirSync(alike ?? "")).toEqual([])
})
