/** Which file a descriptor is of, and of what type. */
import { afterAll, describe, expect, test } from "bun:test"
import { linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { close, openAt } from "../../src/kernel/file-calls.ts"
import { at, fileTypes, flags } from "../../src/kernel/file-flags.ts"
import { identify, isSameFile, typeAt, typeOf } from "../../src/kernel/file-identity.ts"
import { pinnedString } from "../../src/kernel/raw-call.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-identity-"))
afterAll(() => rmSync(directory, { recursive: true }))

const path = (name: string) => join(directory, name)
writeFileSync(path("file"), "", { mode: 0o640 })
writeFileSync(path("other"), "")
linkSync(path("file"), path("second"))
symlinkSync("file", path("link"))
mkdirSync(path("below"))
Bun.spawnSync(["mkfifo", path("fifo")])

/** Pinned, a link as itself. */
function opened<T>(names: readonly string[], act: (...descriptors: number[]) => T): T {
  const descriptors = names.map(name =>
    openAt(at.currentDirectory, pinnedString(path(name)).address, flags.path | flags.noFollow),
  )
  try {
    return act(...descriptors)
  } finally {
    for (const descriptor of descriptors) close(descriptor)
  }
}

describe("the type", () => {
  test.each([
    ["file", fileTypes.regular],
    ["below", fileTypes.directory],
    ["link", fileTypes.link],
    ["fifo", fileTypes.fifo],
  ])("of %s", (name, type) => {
    expect(opened([name], typeOf)).toBe(type)
  })

  test("of a name, a link as itself, is that of what was opened by it", () => {
    const { fifo, link, regular } = fileTypes
    const types = opened(["."], directory =>
      ["file", "link", "fifo", "below", ".", "absent", "file/x"].map(name =>
        typeAt(directory ?? -1, pinnedString(name).address),
      ),
    )
    const [noEntry, notDirectory] = [2, 20]
    expect(types).toEqual([
      regular,
      link,
      fifo,
      fileTypes.directory,
      fileTypes.directory,
      -noEntry,
      -notDirectory,
    ])
  })

  test("of what is not open is its errno, whatever was asked about before", () => {
    expect(opened(["below"], typeOf)).toBe(fileTypes.directory)
    expect([typeOf(999_999), typeOf(-9), typeAt(999_999, pinnedString("file").address)]).toEqual([-9, -9, -9])
  })
})

describe("the identity", () => {
  test("is that of lstat(2)", () => {
    const { ino, mode, nlink } = lstatSync(path("file"), { bigint: true })
    expect(opened(["file"], identify)).toMatchObject({ inode: ino, mode: Number(mode), links: Number(nlink) })
  })

  test("is one for all names of a file, and another for a link to it", () => {
    expect(opened(["file", "second"], isSameFile)).toBe(true)
    expect(opened(["file", "link"], isSameFile)).toBe(false)
    expect(opened(["file", "other"], isSameFile)).toBe(false)
  })

  test("of what is not open is nobody's", () => {
    expect(identify(999_999)).toBeUndefined()
    expect(isSameFile(999_999, 999_999)).toBe(false)
  })
})
