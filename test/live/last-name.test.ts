/** Where the last name of a path begins, and what is left of the bytes around it. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { cutLastName } from "../../src/live/last-name.ts"

/** The path in memory that held something else before, cut. */
function cut(path: string) {
  const bytes = Buffer.from(`${path}\0xx/yy\0`, "latin1")
  const found = cutLastName(bytes, path.length)
  const text = (start: number) => bytes.toString("latin1", start, bytes.indexOf(0, start))
  return { ...found, name: text(found.start), before: text(0) }
}

describe("has a last name", () => {
  test.each([
    ["a", 0, "a", false, "a"],
    ["/a", 1, "a", false, "/a"],
    ["a/b", 2, "b", false, "a"],
    ["/a/b", 3, "b", false, "/a"],
    ["/a/b/", 3, "b", true, "/a"],
    ["a//", 0, "a", true, "a"],
    ["a//b///", 3, "b", true, "a/"],
    ["./a", 2, "a", false, "."],
    ["../...", 3, "...", false, ".."],
    ["a/..b", 2, "..b", false, "a"],
  ])("%s", (path, start, text, slashed, before) => {
    expect(cut(path)).toEqual({ start, text, slashed, name: text, before })
  })
})

describe("stands for a directory as a whole", () => {
  test.each([
    ["/", "/", false],
    ["//", "/", true],
    [".", ".", false],
    ["..", "..", false],
    ["a/.", "a/.", false],
    ["/a/..", "/a/..", false],
    ["a/../", "a/..", true],
  ])("%s", (path, before, slashed) => {
    expect(cut(path)).toMatchObject({ text: "", before, slashed })
  })
})

test("nothing of what lay behind the path is taken for the name", () => {
  const names = fc.stringMatching(/^[a./\xff-]{1,12}$/)
  fc.assert(
    fc.property(names, path => {
      const { text, name, before } = cut(path)
      const expected = path.replace(/\/+$/, "").split("/").at(-1) ?? ""
      const isNone = ["", ".", ".."].includes(expected)
      expect(Buffer.from(name, "latin1").length).toBeLessThanOrEqual(path.length)
      if (isNone) expect(text).toBe("")
      else expect(name).toBe(expected)
      expect(path.startsWith(before)).toBe(true)
    }),
  )
})
