/** Where a sandbox that bubblewrap made shows the host besides what was planned. */
import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hasStrayMount } from "../../src/supervise/stray-mounts.ts"
import { eventually } from "../support/process.ts"

const directory = realpathSync(mkdtempSync(join(tmpdir(), "cordon-stray-")))
afterAll(() => rmSync(directory, { recursive: true }))

const [file, other] = [join(directory, "file"), join(directory, "a name\twith \\blanks and ü")]
for (const path of [file, other]) writeFileSync(path, "")

/** @param words of bubblewrap's, after those that every launch has */
async function hasStray(words: readonly string[], planned: readonly string[]): Promise<boolean> {
  const base = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-user", "--unshare-pid"]
  const script = "echo ready; read line"
  const child = Bun.spawn(["bwrap", ...base, "--info-fd", "2", ...words, "sh", "-c", script], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  })
  await child.stdout.getReader().read()
  const { value } = await child.stderr.getReader().read()
  const { "child-pid": inside } = JSON.parse(new TextDecoder().decode(value)) as { "child-pid": number }
  try {
    return hasStrayMount(inside, new Set(["/", "/dev", "/proc", ...planned]))
  } finally {
    child.stdin.end()
    await child.exited
  }
}

test("what bubblewrap mounts by itself, and what the host has mounted, is none", async () => {
  expect(await hasStray([], [])).toBe(false)
})

test("a file of the host's is one, but where it was planned", async () => {
  const words = ["--bind", file, other]
  expect(await hasStray(words, [])).toBe(true)
  expect(await hasStray(words, [file])).toBe(true)
  expect(await hasStray(words, [other])).toBe(false)
})

test("what is empty hides, and shows nothing", async () => {
  expect(await hasStray(["--tmpfs", directory], [])).toBe(false)
})

test("nor is there one where everything has ended, and nobody has waited for it", async () => {
  const parent = Bun.spawn(["sh", "-c", "sleep 60 & echo $!; exec cat"], { stdin: "pipe", stdout: "pipe" })
  try {
    const { value } = await parent.stdout.getReader().read()
    const child = Number(new TextDecoder().decode(value))
    // Not before: a shell waits for what has ended.
    await eventually(() => (nameOf(parent.pid) === "cat" ? true : undefined))
    process.kill(child, "SIGKILL")
    await eventually(() => (stat(child).includes(") Z ") ? true : undefined))
    expect(hasStrayMount(child, new Set())).toBe(false)
  } finally {
    parent.stdin.end()
    await parent.exited
  }
})

const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, "latin1").trim()

const stat = (pid: number): string => readFileSync(`/proc/${pid}/stat`, "latin1")
