/** Somebody outside moves a directory out of the project, and a program that has it open goes on in it. */
import { expect, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../support/process.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { bun, World } from "../support/world.ts"

const code = `${rawCallsPrelude()}
  const { existsSync, writeFileSync } = require("node:fs"), [made, excl] = [0o101, 0o644]
  const held = sys("openat", AT_FDCWD, "tree/below", 0, 0)
  const file = sys("openat", AT_FDCWD, "tree/below/.env", 0o10000000, 0)
  process.chdir("tree/below")
  writeFileSync(process.env.PROJECT + "/ready", "")
  while (!existsSync(process.env.PROJECT + "/moved")) Bun.sleepSync(10)
  console.log([sys("openat", held, ".env", 0, 0), sys("openat", AT_FDCWD, ".env", 0, 0), sys("openat", AT_FDCWD, "/proc/self/fd/" + file, 0, 0),
    sys("openat", held, ".envrc", made, excl), sys("openat", AT_FDCWD, "new", made, excl), sys("mkdirat", held, ".vscode", 0o755)].join())`

test("it opens and makes nothing there", async () => {
  using world = new World({ project: { "tree/below/file": "" } })
  const { project } = world
  const { outcome } = world.start(["--env", `PROJECT=${project}`, "--read", bun, "--", bun, "-e", code])
  await eventually(() => existsSync(join(project, "ready")) || undefined)
  const elsewhere = join(world.home, "elsewhere")
  mkdirSync(elsewhere)
  renameSync(join(project, "tree"), join(elsewhere, "tree"))
  writeFileSync(join(elsewhere, "tree/below/.env"), "s3cret")
  writeFileSync(join(project, "moved"), "")
  const { stdout, stderr } = await outcome
  expect(stderr).toBe("")
  expect(stdout.split(",").filter(result => /^\d/.test(result.trim()))).toEqual([])
  expect(readdirSync(join(elsewhere, "tree/below")).sort()).toEqual([".env", "file"])
})
