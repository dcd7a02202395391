/** What a sandbox without namespaces has to know of this machine. */
import { afterAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { listTree, readBareFacts } from "../../src/host/bare-facts.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-facts-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const yama = "/proc/sys/kernel/yama/ptrace_scope"

test("the scope of ptrace is the kernel's, or there is none", () => {
  expect(readBareFacts().ptraceScope).toBe(existsSync(yama) ? readFileSync(yama, "utf8").trim() : undefined)
})

test("terminals are those that stand on the first three descriptors", () => {
  const reader = `import { readBareFacts } from "${join(import.meta.dir, "../../src/host/bare-facts.ts")}"
    console.error(JSON.stringify(readBareFacts().terminals))`
  const script = join(directory, "facts.ts")
  writeFileSync(script, reader)
  const piped = Bun.spawnSync([process.execPath, script], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
  expect(JSON.parse(piped.stderr.toString())).toEqual([])
})

describe("a directory is listed", () => {
  const tree = join(directory, "tree")
  mkdirSync(join(tree, "below"), { recursive: true })
  writeFileSync(join(tree, "plain"), "")
  writeFileSync(join(tree, "program"), "")
  chmodSync(join(tree, "program"), 0o755)
  symlinkSync("below", join(tree, "link"))
  Bun.spawnSync(["mkfifo", join(tree, "fifo")])

  test("with its directories and programs; other files need no rule, and links lead elsewhere", () => {
    expect(listTree(tree)?.sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: join(tree, "below"), kind: "directory" },
      { path: join(tree, "program"), kind: "file" },
    ])
  })

  test("the root without doubled slashes", () => {
    expect(listTree("/")).toContainEqual({ path: "/usr", kind: "directory" })
  })

  test("or not, when that is not possible", () => {
    expect(listTree(join(tree, "absent"))).toBeUndefined()
    expect(listTree(join(tree, "plain"))).toBeUndefined()
  })
})
