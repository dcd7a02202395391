/** A home in a project is one that an earlier run could have filled. */
import { afterAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { liesInProject } from "../../src/remembered/planted-home.ts"

const directory = realpathSync(mkdtempSync(join(tmpdir(), "cordon-planted-")))
afterAll(() => rmSync(directory, { recursive: true }))

const at = (name: string) => join(directory, name)
for (const name of ["plain/deep/home", "repository/.git", "repository/home", "own/.git"])
  mkdirSync(at(name), { recursive: true })
symlinkSync(at("plain/deep/home"), at("link"))
symlinkSync(at("plain"), at("short"))

test.each([
  ["plain/deep/home", []],
  ["own", []],
  ["own", ["-n", "--deny", "plain", "--", "true"]],
  ["plain/deep/home", ["-C", at("own"), "--", "true"]],
  ["plain/deep/home", ["-C", at("plain/deep/home"), "--", "true"]],
])("%s with %j is no home in a project", (home, words) => {
  expect(liesInProject(at(home), words)).toBe(false)
})

test.each([
  ["repository/home", []],
  ["plain/deep/home", ["-C", at("plain"), "--", "true"]],
  ["plain/deep/home", [`-C${at("plain")}`]],
  ["plain/deep/home", ["-n", `-qC${at("plain/deep")}`]],
  ["plain/deep/home", ["-nC", at("plain/deep")]],
  ["plain/deep/home", ["--cwd", at("short")]],
  ["plain/deep/home", [`--cwd=${at("plain")}`, "--", "true"]],
  ["link", ["-C", at("short"), "--", "true"]],
  ["missing/home", []],
])("%s with %j is", (home, words) => {
  expect(liesInProject(at(home), words)).toBe(true)
})

test("below the present directory, by whatever path", () => {
  const here = process.cwd()
  try {
    process.chdir(at("plain"))
    for (const home of ["plain/deep/home", "link", "short/deep/home"])
      expect(liesInProject(at(home), [])).toBe(true)
    process.chdir(at("plain/deep/home"))
    expect(liesInProject(at("plain/deep/home"), [])).toBe(false)
  } finally {
    process.chdir(here)
  }
})
