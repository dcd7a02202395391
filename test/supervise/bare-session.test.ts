/** The directory of a session without namespaces, and its end. */
import { afterEach, describe, expect, test } from "bun:test"
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HostError } from "../../src/base/error.ts"
import { adoptOrphans, socketPair } from "../../src/kernel/spawn.ts"
import { placesIn, sessionDirectory } from "../../src/plan/bare-rules.ts"
import {
  endBareSession,
  isWatchedOver,
  makeSessionDirectory,
  openBareSession,
  removeAbandoned,
} from "../../src/supervise/bare-session.ts"
import { eventually } from "../support/process.ts"

const made: string[] = []
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
})

function session(owner = process.pid) {
  const directory = sessionDirectory(crypto.randomUUID(), owner)
  made.push(directory)
  return { directory, preload: "// preload", readable: [] }
}

describe("the directory", () => {
  test("is ours alone, with what the command needs of it", () => {
    const bare = session()
    makeSessionDirectory(bare)
    const { temporary, runtime, preload } = placesIn(bare.directory)
    for (const path of [bare.directory, temporary, runtime]) expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(readFileSync(preload, "utf8")).toBe("// preload")
  })

  test("is gone again when nothing was started in it", () => {
    const bare = session()
    openBareSession(bare).discard()
    expect(existsSync(bare.directory)).toBe(false)
  })

  test("is not taken from whoever has the name", () => {
    const bare = session()
    mkdirSync(bare.directory)
    expect(() => makeSessionDirectory(bare)).toThrow(HostError)
    expect(existsSync(placesIn(bare.directory).temporary)).toBe(false)
  })
})

/** Stands for the process that ends a session: says that it is done. */
function ended() {
  const [own, other] = socketPair()
  closeSync(other)
  return own
}

test("is opened with its directory, and closed without", () => {
  const bare = session()
  const opened = openBareSession(bare)
  expect(existsSync(bare.directory)).toBe(true)
  const socket = ended()
  expect(opened.end(socket)).toEqual([])
  expect(existsSync(bare.directory)).toBe(false)
  closeSync(socket)
})

describe("the end", () => {
  test("removes the directory, what is closed to its owner too", () => {
    const bare = session()
    makeSessionDirectory(bare)
    const closed = join(placesIn(bare.directory).temporary, "a")
    mkdirSync(join(closed, "b"), { recursive: true })
    writeFileSync(join(closed, "b/file"), "x")
    chmodSync(join(closed, "b"), 0)
    chmodSync(closed, 0o100)
    const socket = ended()
    expect(endBareSession(socket, bare)).toEqual([])
    expect(existsSync(bare.directory)).toBe(false)
    closeSync(socket)
  })

  test("ends nobody who is not of the session, our own children neither", async () => {
    adoptOrphans()
    const child = Bun.spawn(["sleep", "60"])
    const socket = ended()
    endBareSession(socket, session())
    expect(child.exitCode).toBeNull()
    expect(child.killed).toBe(false)
    child.kill("SIGKILL")
    await child.exited
    closeSync(socket)
  })

  test("is lost when the process that would bring it has gone", () => {
    const [own, other] = socketPair()
    expect(isWatchedOver(own, 0)).toBe(true)
    closeSync(other)
    expect(isWatchedOver(own, 0)).toBe(false)
    closeSync(own)
  })
})

test("what sessions of processes that have ended left behind is removed, and nothing else", async () => {
  const child = Bun.spawn(["true"])
  await child.exited
  const [abandoned, present] = [session(child.pid), session()]
  for (const bare of [abandoned, present]) makeSessionDirectory(bare)
  const other = `/tmp/cordon-${child.pid}-other`
  made.push(other)
  mkdirSync(other)
  const [file, kept] = [
    sessionDirectory(crypto.randomUUID(), child.pid),
    mkdtempSync(join(tmpdir(), "cordon-kept-")),
  ]
  const link = sessionDirectory(crypto.randomUUID(), child.pid)
  made.push(file, kept, link)
  writeFileSync(file, "")
  chmodSync(kept, 0o500)
  symlinkSync(kept, link)
  removeAbandoned()
  expect(statSync(kept).mode & 0o777).toBe(0o500)
  expect([file, link].map(path => existsSync(path))).toEqual([true, true])
  expect(await eventually(() => (existsSync(abandoned.directory) ? undefined : true))).toBe(true)
  expect([present.directory, other].map(path => existsSync(path))).toEqual([true, true])
})
