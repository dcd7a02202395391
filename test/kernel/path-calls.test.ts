/** What path-calls.ts and path-contents.ts say of a file is what node:fs says of it, odd files and names included. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bytesOf, systemPath } from "../../src/base/path-bytes.ts"
import { close } from "../../src/kernel/file-calls.ts"
import { errno, fileTypes, flags } from "../../src/kernel/file-flags.ts"
import {
  failedWith,
  failure,
  mayExecute,
  openAtPath,
  statusAt,
  statusOf,
  typeAt,
} from "../../src/kernel/path-calls.ts"
import { entriesAt, linkTarget, readPath, readRest } from "../../src/kernel/path-contents.ts"

let place = ""
const at = (name: string) => join(place, name)
/** A byte that is no UTF-8. */
const odd = "odd-\udcff"

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "cordon-paths-"))
  mkdirSync(at("directory"))
  writeFileSync(at("file"), "text ä", { mode: 0o640 })
  writeFileSync(at("empty"), "")
  writeFileSync(at("large"), "x".repeat(300_000))
  writeFileSync(at("program"), "", { mode: 0o755 })
  symlinkSync("file", at("link"))
  symlinkSync("nowhere/at all", at("dangling"))
  symlinkSync("circle", at("circle"))
  Bun.spawnSync(["mkfifo", at("fifo")])
  writeFileSync(systemPath(at(odd)), "odd")
  symlinkSync(bytesOf(odd), at("to-odd"))
  mkdirSync(at("many"))
  for (let count = 0; count < 3000; count++) writeFileSync(at(`many/${"n".repeat(count % 200)}${count}`), "")
})
afterAll(() => rmSync(place, { recursive: true }))

const names = [
  "directory",
  "file",
  "empty",
  "large",
  "program",
  "link",
  "dangling",
  "circle",
  "fifo",
  odd,
  "none",
]

describe("what stands at a path:", () => {
  test.each(names)("%s", name => {
    const stat = lstatSync(systemPath(at(name)), { throwIfNoEntry: false })
    expect(typeAt(at(name))).toBe(stat === undefined ? -errno.noEntry : stat.mode & fileTypes.mask)
    const status = statusAt(at(name), { follow: false })
    if (stat === undefined || typeof status === "number") expect(status).toBe(-errno.noEntry)
    else
      expect(status).toMatchObject({
        ...{ mode: stat.mode, links: stat.nlink, owner: stat.uid, size: stat.size, inode: String(stat.ino) },
        modified: expect.stringMatching(new RegExp(`^${Math.floor(stat.mtimeMs / 1000)}\\.\\d+$`)),
      })
  })

  test("a link is followed when that is asked for, however it ends", () => {
    expect(statusAt(at("link"), { follow: true })).toMatchObject({ size: statSync(at("link")).size })
    expect(statusAt(at("dangling"), { follow: true })).toBe(-errno.noEntry)
    expect(statusAt(at("circle"), { follow: true })).toBe(-errno.tooManyLinks)
  })

  test("behind a file there is nothing", () => {
    expect(typeAt(at("file/below"))).toBe(-errno.notDirectory)
  })

  test("a name with a NUL, which the kernel would read to there alone, is none", () => {
    expect(typeAt(`${at("file")}\0more`)).toBe(-errno.invalid)
    expect(readPath(`${at("file")}\0`)).toBe(-errno.invalid)
    expect(linkTarget(`${at("link")}\0`)).toBe(-errno.invalid)
    expect(mayExecute(`${at("program")}\0`)).toBe(-errno.invalid)
  })

  test.each([4094, 4095, 4096, 5000, 100_000])("a path of %d bytes is seen whole or refused", length => {
    const path = `${place}/${"/".repeat(length - place.length - 5)}file`
    expect(path).toHaveLength(length)
    expect(typeAt(path)).toBe(length <= 4095 ? fileTypes.regular : -errno.nameTooLong)
    expect(typeAt("ä".repeat(length))).toBe(-errno.nameTooLong)
  })

  test("what is open is told of without its name", () => {
    const descriptor = openAtPath(at("file"), flags.readOnly)
    expect(statusOf(descriptor)).toEqual(statusAt(at("file"), { follow: false }))
    close(descriptor)
    expect(statusOf(descriptor)).toBe(-errno.badDescriptor)
  })

  test("whether it may be executed", () => {
    expect(mayExecute(at("program"))).toBe(0)
    expect(mayExecute(at("file"))).toBe(-errno.access)
    expect(mayExecute(at("none"))).toBe(-errno.noEntry)
  })
})

describe("what is in it:", () => {
  test.each(["file", "empty", "large", "link", odd, "/proc/self/limits", "/proc/kallsyms"])("%s", name => {
    const path = name.startsWith("/") ? name : at(name)
    expect(readPath(path)).toEqual(readFileSync(systemPath(path)))
  })

  test("of a FIFO that nobody writes to, nothing, and nobody waits", () => {
    expect(readPath(at("fifo"))).toHaveLength(0)
  })

  test("of what is no file, and of what is not there, the error", () => {
    expect(readPath(at("directory"))).toBe(-errno.isDirectory)
    expect(readPath(at("none"))).toBe(-errno.noEntry)
    expect(entriesAt(at("file"))).toBe(-errno.notDirectory)
    expect(linkTarget(at("file"))).toBe(-errno.invalid)
  })

  test.each([1, 10, 4096, 299_999, 300_000, 300_001])("no more than %d bytes of it", most => {
    const descriptor = openAtPath(at("large"), flags.readOnly)
    expect(readRest(descriptor, most)).toHaveLength(Math.min(most, 300_000))
    close(descriptor)
  })

  test.each(["", "directory", "many"])("the names in a directory: %p", name => {
    const bytes = readdirSync(at(name), { encoding: "buffer" }).map(each => each.toString("latin1"))
    const entries = entriesAt(at(name))
    if (typeof entries === "number") throw new Error(`errno ${-entries}`)
    expect(entries.map(entry => bytesOf(entry.name).toString("latin1")).sort()).toEqual(bytes.sort())
    for (const entry of entries)
      expect(entry.directory, entry.name).toBe(
        lstatSync(systemPath(at(join(name, entry.name)))).isDirectory(),
      )
  })

  test("of a link, where it leads, as bytes", () => {
    expect(linkTarget(at("dangling"))).toBe("nowhere/at all")
    expect(linkTarget(at("to-odd"))).toBe(odd)
  })

  test("nothing stays open", () => {
    const open = () => readdirSync("/proc/self/fd").length
    const before = open()
    for (const name of ["file", "directory", "none", "many"]) [readPath(at(name)), entriesAt(at(name))]
    expect(open()).toBe(before)
  })
})

test("a failure has the code that node:fs gives", () => {
  expect(failure("reading", "/x", -errno.noEntry)).toMatchObject({
    code: "ENOENT",
    message: "ENOENT: reading '/x'",
  })
  expect(failure("reading", "/x", -9999)).toMatchObject({ code: "errno 9999" })
  expect([failedWith(-2, 2, 20), failedWith(-3, 2, 20), failedWith(0, 2)]).toEqual([true, false, false])
})
