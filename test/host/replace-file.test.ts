/** A file that is replaced as a whole, or not at all. */
import { afterAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { UserError } from "../../src/base/error.ts"
import { realPlace, replaceFile } from "../../src/host/replace-file.ts"

const root = realpathSync(mkdtempSync(join(tmpdir(), "cordon-replace-")))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const fine = async () => undefined
let serial = 0
function fileWith(text: string | undefined): string {
  const directory = join(root, String(serial++))
  const path = join(directory, "policy.yaml")
  if (text === undefined) return path
  mkdirSync(directory)
  writeFileSync(path, text)
  return path
}

const entries = (path: string) => readdirSync(dirname(path))

describe("replacing", () => {
  test("puts the new text in place of the old, and leaves nothing else", async () => {
    const path = fileWith("old")
    await replaceFile(path, { before: "old", after: "new", check: fine })
    expect(readFileSync(path, "utf8")).toBe("new")
    expect(entries(path)).toEqual(["policy.yaml"])
  })

  test("makes a file and its directory, which is its person's alone", async () => {
    const path = fileWith(undefined)
    await replaceFile(path, { before: undefined, after: "new", check: fine })
    expect(readFileSync(path, "utf8")).toBe("new")
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  })

  test.each([0o600, 0o644, 0o664])("keeps the mode %o", async mode => {
    const path = fileWith("old")
    chmodSync(path, mode)
    await replaceFile(path, { before: "old", after: "new", check: fine })
    expect(statSync(path).mode & 0o777).toBe(mode)
  })

  test("writes a text of any length and language", async () => {
    const text = "ä€𝄞\n".repeat(300_000)
    const path = fileWith("old")
    await replaceFile(path, { before: "old", after: text, check: fine })
    expect(readFileSync(path, "utf8")).toBe(text)
  })

  test("is seen by a reader all at once: who has the old file keeps it", async () => {
    const path = fileWith("old")
    const before = statSync(path).ino
    await replaceFile(path, { before: "old", after: "new", check: fine })
    expect(statSync(path).ino).not.toBe(before)
  })

  test("shows the new file to the check, beside the old one", async () => {
    const path = fileWith("old")
    let seen: string[] = []
    await replaceFile(path, {
      before: "old",
      after: "new",
      check: async temporary => {
        seen = [readFileSync(temporary, "utf8"), readFileSync(path, "utf8"), dirname(temporary)]
      },
    })
    expect(seen).toEqual(["new", "old", dirname(path)])
  })
})

describe("the old file stays, and nothing beside it", () => {
  async function refused(path: string, replacing: Promise<void>): Promise<string> {
    const error = await replacing.then(
      () => new Error("it was replaced"),
      (error: Error) => error,
    )
    expect(entries(path)).toEqual(["policy.yaml"])
    return error.message
  }

  test("when the check finds fault", async () => {
    const path = fileWith("old")
    const check = () => Promise.reject(new UserError("not valid", "mend it"))
    expect(await refused(path, replaceFile(path, { before: "old", after: "new", check }))).toBe("not valid")
    expect(readFileSync(path, "utf8")).toBe("old")
  })

  test("when somebody changed it meanwhile", async () => {
    const path = fileWith("old")
    const check = async () => writeFileSync(path, "theirs")
    const message = await refused(path, replaceFile(path, { before: "old", after: "new", check }))
    expect(message).toContain("was changed meanwhile")
    expect(readFileSync(path, "utf8")).toBe("theirs")
  })

  test("when somebody made one meanwhile", async () => {
    const path = fileWith(undefined)
    const check = async () => writeFileSync(path, "theirs")
    const message = await refused(path, replaceFile(path, { before: undefined, after: "new", check }))
    expect(message).toContain("was changed meanwhile")
    expect(readFileSync(path, "utf8")).toBe("theirs")
  })

  test("when it cannot be written, with the reason", async () => {
    const blocked = fileWith("a file, not a directory")
    const path = join(blocked, "policy.yaml")
    const replacing = replaceFile(path, { before: undefined, after: "new", check: fine })
    expect(await refused(blocked, replacing)).toMatch(/cannot be written: (ENOTDIR|EEXIST)/)
  })
})

describe("the place of a file", () => {
  test("is where its link leads, and the link stays one", async () => {
    const path = fileWith("old")
    const link = join(root, `link-${serial++}`)
    symlinkSync(path, link)
    expect(realPlace(link)).toBe(path)
    await replaceFile(realPlace(link), { before: "old", after: "new", check: fine })
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(link, "utf8")).toBe("new")
  })

  test("is its own when it is none, or not there", () => {
    const path = fileWith("old")
    expect(realPlace(path)).toBe(path)
    expect(realPlace(join(root, "missing/policy.yaml"))).toBe(join(root, "missing/policy.yaml"))
  })

  test("a link to nothing is refused: where it leads may be anybody's", () => {
    const link = join(root, `link-${serial++}`)
    symlinkSync(join(root, "nothing"), link)
    expect(() => realPlace(link)).toThrow("is a link to nothing")
  })
})
