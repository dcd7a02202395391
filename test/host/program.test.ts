/** Which file a command's first word runs, and what that file needs to be readable. */
import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createPathFacts } from "../../src/host/path-facts.ts"
import { findProgram, type ProgramSearch } from "../../src/host/program.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-program-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Writes a program; what does not begin with `#!` is a binary as far as anybody looks. */
function program(name: string, text = "\x7fELF", mode = 0o755): string {
  const path = join(root, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

program("one/tool")
program("two/tool")
program("two/only")
program("two/text", "plain text", 0o644)
program("three/text")
mkdirSync(join(root, "one/folder"))
program("two/folder")

type Search = { path?: string[]; visible?: (path: string) => boolean; directory?: string }

function find(
  word: string,
  { path = ["one", "two", "three"], visible = () => true, directory = root }: Search = {},
) {
  const searchPath = path
    .map(name => (name === "" || name.startsWith(".") ? name : join(root, name)))
    .join(":")
  return findProgram(word, { searchPath, directory, facts: createPathFacts(), visible })
}

const foundAt = (search: ProgramSearch) => (search.kind === "found" ? search.program.path : search.kind)
const needs = (search: ProgramSearch) =>
  search.kind === "found" ? [...new Set(search.program.needs)].sort() : []

describe("on the PATH", () => {
  test.each([
    ["the first directory wins", "tool", "one/tool"],
    ["the next one is tried", "only", "two/only"],
    ["what may not run is passed over", "text", "three/text"],
    ["a directory is passed over", "folder", "two/folder"],
  ])("%s", (_, word, path) => {
    expect(foundAt(find(word))).toBe(join(root, path))
  })

  test("nothing is missing", () => {
    expect(find("nothing")).toEqual({ kind: "missing" })
    expect(find("")).not.toMatchObject({ kind: "found" })
  })

  test("only what may not run is barred, with the reason", () => {
    expect(find("text", { path: ["two"] })).toEqual({
      kind: "barred",
      path: join(root, "two/text"),
      why: "it is not executable",
    })
    expect(find("folder", { path: ["one"] })).toMatchObject({ kind: "barred", why: "it is a directory" })
  })

  test("what cannot be looked at is not there: a closed directory, a link to itself, a name that is too long", () => {
    symlinkSync("loop", join(root, "loop"))
    expect(find("nothing", { path: ["loop", "one"] })).toEqual({ kind: "missing" })
    expect(foundAt(find("tool", { path: ["loop", "one"] }))).toBe(join(root, "one/tool"))
    expect(find("x".repeat(300))).toEqual({ kind: "missing" })
    expect(find("./loop/tool")).toMatchObject({ kind: "barred", why: "it cannot be reached" })
  })

  test("an empty entry and a relative one mean the project", () => {
    expect(foundAt(find("tool", { path: [""], directory: join(root, "two") }))).toBe(join(root, "two/tool"))
    expect(foundAt(find("tool", { path: ["./one"] }))).toBe(join(root, "one/tool"))
  })

  test("what the policy hides is passed over, and barred when there is no other", () => {
    const visible = (path: string) => !path.startsWith(join(root, "one"))
    expect(foundAt(find("tool", { visible }))).toBe(join(root, "two/tool"))
    expect(find("tool", { visible, path: ["one"] })).toMatchObject({
      kind: "barred",
      why: "the policy hides it",
    })
  })
})

describe("by path", () => {
  test("absolute, or relative to the project", () => {
    expect(foundAt(find(join(root, "one/tool")))).toBe(join(root, "one/tool"))
    expect(foundAt(find("./one/tool"))).toBe(join(root, "one/tool"))
    expect(foundAt(find("one/tool"))).toBe(join(root, "one/tool"))
    expect(foundAt(find("../one/tool", { directory: join(root, "two") }))).toBe(join(root, "one/tool"))
  })

  test("is never looked for on the PATH", () => {
    expect(find("./tool")).toEqual({ kind: "missing" })
  })

  test("of a directory, a pipe or a device is barred", () => {
    expect(find("./one")).toMatchObject({ kind: "barred", why: "it is a directory" })
    Bun.spawnSync(["mkfifo", join(root, "pipe")])
    expect(find("./pipe")).toMatchObject({ kind: "barred", why: "it is not a regular file" })
    expect(find("/dev/null")).toMatchObject({ kind: "barred" })
  })
})

describe("what a program needs", () => {
  // A script of the project's says nothing about interpreters that is believed, so these lie outside of it.
  const outside = (word: string, search: Search = {}) => find(word, { directory: "/nowhere", ...search })

  test("a script of the project names no interpreter that is opened for it", () => {
    program("project/build.sh", `#!${program("bin/secret")} x\n`)
    const search = find("./build.sh", { directory: join(root, "project") })
    expect(needs(search)).toEqual([join(root, "project/build.sh")])
  })

  test("options of env are not guessed at", () => {
    const env = program("bin/env2/env")
    program("bin/odd", `#!${env} -S -u ${program("bin/secret")} sh\n`)
    expect(needs(outside("odd", { path: ["bin"] }))).not.toContain(join(root, "bin/secret"))
  })

  test("is itself, and the links that lead to it", () => {
    symlinkSync("../one/tool", join(root, "two/alias"))
    symlinkSync("alias", join(root, "two/second"))
    expect(needs(outside("second"))).toEqual(
      ["one/tool", "two/alias", "two/second"].map(name => join(root, name)),
    )
    expect(foundAt(outside("second"))).toBe(join(root, "two/second"))
  })

  test("is its interpreter, and that one's", () => {
    const shell = program("bin/shell")
    program("bin/script", `#!${shell} -e\n`)
    program("bin/spaced", `#! \t${shell}\n`)
    for (const name of ["script", "spaced"])
      expect(needs(outside(name, { path: ["bin"] }))).toEqual([join(root, `bin/${name}`), shell].sort())
  })

  test.each([
    ["env", "#!ENV tool\n"],
    ["with options", "#!ENV -S tool --flag\n"],
    ["with variables", "#!ENV -S A=b tool\n"],
  ])("is what env would start: %s", (_, line) => {
    const env = program("bin/env")
    program("bin/by-env", line.replace("ENV", env))
    expect(needs(outside("by-env", { path: ["bin", "one"] }))).toEqual(
      [env, join(root, "bin/by-env"), join(root, "one/tool")].sort(),
    )
  })

  test("goes on through a chain, and ends in a circle", () => {
    const env = program("chain/env")
    program("chain/outer", `#!${env} inner\n`)
    program("chain/inner", `#!${env} last\n`)
    const last = program("chain/last")
    expect(needs(outside("outer", { path: ["chain"] }))).toContain(last)
    program("chain/round", `#!${env} round\n`)
    expect(outside("round", { path: ["chain"] }).kind).toBe("found")
  })

  test("without its interpreter it may not run, and the interpreter is named", () => {
    program("bin/broken", "#!/no/such/interpreter\n")
    expect(outside("broken", { path: ["bin"] })).toEqual({
      kind: "barred",
      path: join(root, "bin/broken"),
      why: "its interpreter /no/such/interpreter does not exist",
    })
  })

  test("is the whole node_modules or version manager around it, and never all of /usr", () => {
    program("lib/node_modules/@x/agent/cli.js", "#!/usr/bin/env true\n")
    mkdirSync(join(root, "shims"))
    symlinkSync("../lib/node_modules/@x/agent/cli.js", join(root, "shims/agent"))
    expect(needs(outside("agent", { path: ["shims"] }))).toContain(join(root, "lib/node_modules"))
    program(".nvm/versions/v1/bin/node")
    expect(needs(outside(join(root, ".nvm/versions/v1/bin/node")))).toContain(join(root, ".nvm"))
    for (const need of needs(outside("/usr/bin/env"))) expect(["/", "/usr"]).not.toContain(need)
  })

  test("is nothing more for a text without a #! line, an empty file or a long first line", () => {
    const path = ["odd"]
    for (const [name, text] of [
      ["plain", "echo\n"],
      ["empty", ""],
      ["bare", "#!\n"],
      ["late", "\n#!/no\n"],
    ] as const) {
      program(`odd/${name}`, text)
      expect(needs(outside(name, { path }))).toEqual([join(root, `odd/${name}`)])
    }
  })
})
