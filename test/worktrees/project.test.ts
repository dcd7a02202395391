/** Which directory the agent gets: one that is there, and never one that holds the home. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { UserError } from "../../src/base/error.ts"
import { createPathFacts } from "../../src/host/path-facts.ts"
import { projectDirectory } from "../../src/worktrees/project.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-project-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const home = join(root, "users/me")
mkdirSync(join(home, "work/p"), { recursive: true })
mkdirSync(join(root, "users/you"))
writeFileSync(join(home, "file"), "")
symlinkSync("work/p", join(home, "short"))
symlinkSync("..", join(home, "up"))
symlinkSync("nowhere", join(home, "dangling"))
symlinkSync("circle", join(home, "circle"))

const project = (directory: string | undefined, logical?: string) =>
  projectDirectory({ directory, logical }, home, createPathFacts())

describe("the project", () => {
  test("is the directory that was named, where it really is", () => {
    expect(project(join(home, "work/p"))).toBe(join(home, "work/p"))
    expect(project(join(home, "short"))).toBe(join(home, "work/p"))
    expect(project(`${home}/work/../work/p/`)).toBe(join(home, "work/p"))
  })

  test("is the present directory when none was named, and relative to it otherwise", () => {
    const here = realpathSync(process.cwd())
    expect(project(undefined)).toBe(here)
    expect(project(".")).toBe(here)
    expect(project("src")).toBe(join(here, "src"))
  })

  test("may lie outside the home, or be the home itself", () => {
    expect(project(join(root, "users/you"))).toBe(join(root, "users/you"))
    expect(project(home)).toBe(home)
  })
})

describe("no project", () => {
  test.each([
    ["file", "is a file"],
    ["none", "does not exist"],
    ["dangling", "does not exist"],
    ["circle", "cannot be reached"],
    ["file/below", "does not exist"],
  ])("is %s, which %s", (name, why) => {
    const path = join(home, name)
    expect(() => project(path)).toThrow(UserError)
    expect(() => project(path)).toThrow(`the project directory ${path} ${why}`)
  })

  test("is a device", () => {
    expect(() => project("/dev/null")).toThrow("is not a directory")
  })

  test.each(["/", root, join(root, "users"), join(home, "up"), `${home}/..`, `${home}/work/../../..`])(
    "is %s, which holds the home",
    path => {
      expect(() => project(path)).toThrow(UserError)
      expect(() => project(path)).toThrow("it holds your home directory")
    },
  )

  test("is shown without its escapes", () => {
    expect(() => project("/no\u001b[31m\nwhere")).toThrow("/no\\x1b[31m\\nwhere does not exist")
  })
})

describe("a link on the way", () => {
  const here = realpathSync(process.cwd())
  symlinkSync(join(home, "work/p"), join(home, "work/planted"))
  symlinkSync(here, join(home, "here"))
  symlinkSync(here, join(home, "work/here"))

  test.each(["work/planted", "work/planted/", "work/planted/.", "work/../work/planted"])(
    "that an agent of an earlier run could have put there leads to no project: %s",
    name => {
      const message = `${join(home, "work/planted")} is a link on the way to ${join(home, "work/p")}`
      expect(() => project(`${home}/${name}`)).toThrow(UserError)
      expect(() => project(`${home}/${name}`)).toThrow(message)
    },
  )

  test("that lies directly in the home leads to one", () => {
    expect(project(join(home, "here"))).toBe(here)
  })

  test("counts where the shell went by it, and not where its word is old", () => {
    expect(() => project(undefined, join(home, "work/here"))).toThrow("could have put it there")
    expect(() => project("src", join(home, "work/here"))).toThrow("could have put it there")
    expect(project(undefined, join(home, "here"))).toBe(here)
    expect(project("src", join(home, "here"))).toBe(join(here, "src"))
    for (const stale of [join(home, "work/planted"), join(home, "none"), "work/here", "", undefined])
      expect(project(undefined, stale)).toBe(here)
  })
})
