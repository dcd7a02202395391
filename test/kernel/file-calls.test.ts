/** What the kernel's calls on files answer in situations that nobody sees at a desk. */
import { expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { close, openAt, openResolving } from "../../src/kernel/file-calls.ts"
import { at, flags, resolve } from "../../src/kernel/file-flags.ts"
import { pinnedString } from "../../src/kernel/raw-call.ts"

const renamer = `
const { renameSync } = require("node:fs")
console.log("renaming")
for (;;) { renameSync("one", "other"); renameSync("other", "one") }
`

// openat2(2) says EAGAIN for a path through ".." when anything on the machine is renamed at that moment.
test("a path through .. is found while others rename", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cordon-renames-"))
  mkdirSync(join(directory, "a/b"), { recursive: true })
  writeFileSync(join(directory, "one"), "")
  const other = Bun.spawn([process.execPath, "-e", renamer], {
    cwd: directory,
    stdio: ["ignore", "pipe", "inherit"],
  })
  try {
    await other.stdout.getReader().read()
    const root = openAt(at.currentDirectory, pinnedString(directory).address, flags.path | flags.directory)
    const path = pinnedString("a/b/../../a/b/../b")
    const results = Array.from({ length: 20_000 }, () => {
      const opened = openResolving(root, path.address, flags.path, resolve.inRoot)
      if (opened >= 0) close(opened)
      return Math.min(opened, 0)
    })
    close(root)
    expect([...new Set(results)]).toEqual([0])
  } finally {
    other.kill("SIGKILL")
    await other.exited
    rmSync(directory, { recursive: true, force: true })
  }
})
