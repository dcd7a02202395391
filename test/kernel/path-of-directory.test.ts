/** Where a pinned directory stands: what the way by getcwd(2) tells is what its link tells, whatever is the matter. */
import { afterAll, afterEach, describe, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bytesOf } from "../../src/base/path-bytes.ts"
import {
  close,
  goHome,
  makeDirectory,
  openAt,
  pathOfDescriptor,
  pathOfDirectory,
} from "../../src/kernel/file-calls.ts"
import { at, flags } from "../../src/kernel/file-flags.ts"
import { pinned, pinnedString } from "../../src/kernel/raw-call.ts"
import { eventually } from "../support/process.ts"

const root = realpathSync(mkdtempSync(join(tmpdir(), "cordon-paths-")))
// This thread has no working directory of its own: other tests share it.
afterEach(goHome)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const directoryOnly = flags.path | flags.directory

function open(path: string): number {
  const bytes = bytesOf(`${path}\0`)
  const memory = pinned(bytes.length)
  memory.bytes.set(bytes)
  const opened = openAt(at.currentDirectory, memory.address, directoryOnly)
  expect(opened).toBeGreaterThan(2)
  return opened
}

function make(name: string): string {
  const path = join(root, name)
  mkdirSync(bytesOf(path), { recursive: true })
  return path
}

function bothSay(descriptor: number, path: string | undefined): void {
  expect(pathOfDescriptor(descriptor)).toBe(path)
  expect(pathOfDirectory(descriptor)).toBe(path)
  close(descriptor)
}

describe("the path", () => {
  test.each(["plain", "deep/er/still", "with space", "(unreachable)", "(unreachable)/x", "ä€😀"])(
    "of %s",
    name => {
      bothSay(open(make(name)), join(root, name))
    },
  )

  test("of the root", () => bothSay(open("/"), "/"))

  test("whose bytes are no UTF-8 turns into the same bytes", () => {
    const path = `${root}/a\udcffb`
    mkdirSync(bytesOf(path))
    bothSay(open(path), path)
  })

  test("is the present one after a move", () => {
    const before = make("before")
    const opened = open(before)
    expect(pathOfDirectory(opened)).toBe(before)
    renameSync(before, join(root, "after"))
    bothSay(opened, join(root, "after"))
  })

  test("of what was removed says so", () => {
    const path = make("gone")
    const opened = open(path)
    rmdirSync(path)
    bothSay(opened, `${path} (deleted)`)
  })

  test("as long as the kernel tells it, and not beyond", () => {
    const name = "n".repeat(200)
    let opened = open(root)
    let path = root
    for (let depth = 0; depth < 22; depth++) {
      const [parent, text] = [opened, pinnedString(name)]
      expect(makeDirectory(parent, text.address, 0o755)).toBe(0)
      opened = openAt(parent, text.address, directoryOnly)
      close(parent)
      path = `${path}/${name}`
      const told = pathOfDescriptor(opened)
      expect(told).toBe(path.length < 4096 ? path : undefined)
      expect(pathOfDirectory(opened)).toBe(told)
    }
    close(opened)
  })
})

test.skipIf(process.getuid?.() === 0)(
  "where we may not go it has its path all the same [skipped when root]",
  () => {
    const path = make("closed")
    chmodSync(path, 0o600)
    bothSay(open(path), path)
  },
)

test("whoever goes home is where the program was before, however many directories it was in", () => {
  const before = realpathSync("/proc/self/cwd")
  for (const path of [make("one"), make("other"), "/"]) close(atPath(path))
  expect(realpathSync("/proc/self/cwd")).toBe("/")
  goHome()
  expect(realpathSync("/proc/self/cwd")).toBe(before)
})

function atPath(path: string): number {
  const opened = open(path)
  expect(pathOfDirectory(opened)).toBe(path)
  return opened
}

test("of what is not open there is none", () => {
  expect(pathOfDirectory(999_999)).toBeUndefined()
})

const separate = ["unshare", "--user", "--map-root-user", "--mount"]
const reason = Bun.spawnSync([...separate, "true"]).success ? "" : "unshare(1) cannot make a namespace"

test.skipIf(reason !== "")(
  `of another mount namespace is the one that it has there [skipped when ${reason}]`,
  async () => {
    const mounted = make("mounted")
    const script = 'mount -t tmpfs t "$1" && mkdir -p "$1/in/side" && mkdir "$1/ready" && exec sleep 60'
    const child = Bun.spawn([...separate, "sh", "-c", script, "sh", mounted])
    try {
      const inside = `/proc/${child.pid}/root${mounted}`
      await eventually(() => (Bun.spawnSync(["test", "-d", `${inside}/ready`]).success ? true : undefined))
      bothSay(open(`${inside}/in/side`), `${mounted}/in/side`)
      bothSay(open(inside), mounted)
      bothSay(open(`/proc/${child.pid}/root`), "/")
    } finally {
      child.kill("SIGKILL")
      await child.exited
    }
  },
)
