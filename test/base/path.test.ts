import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import {
  absolutePath,
  componentsOf,
  depthOf,
  isBelow,
  isWithin,
  lineageOf,
  nameOf,
  parentOf,
  tildePath,
} from "../../src/base/path.ts"

describe("absolutePath", () => {
  test.each([
    ["/a/b", "/base", "/a/b"],
    ["a/b", "/base", "/base/a/b"],
    ["", "/base", "/base"],
    [".", "/base", "/base"],
    ["./a", "/base", "/base/a"],
    ["..", "/base", "/"],
    ["../..", "/base", "/"],
    ["../a", "/base/x", "/base/a"],
    ["/", "/base", "/"],
    ["//", "/base", "/"],
    ["//a", "/base", "/a"],
    ["/a/", "/base", "/a"],
    ["/a//b///", "/base", "/a/b"],
    ["/a/./b", "/base", "/a/b"],
    ["/a/.", "/base", "/a"],
    ["/a/..", "/base", "/"],
    ["/a/../../b", "/base", "/b"],
    ["/..", "/base", "/"],
    ["/.a/..b/c.", "/base", "/.a/..b/c."],
    ["/...", "/base", "/..."],
    ["/.../a", "/base", "/.../a"],
    ["a/", "/base/", "/base/a"],
    ["a b\tc", "/base", "/base/a b\tc"],
    ["~", "/base", "/base/~"],
    ["a\\b", "/base", "/base/a\\b"],
    ["C:\\x", "/base", "/base/C:\\x"],
    ["é/\u{1f600}", "/base", "/base/é/\u{1f600}"],
    ["a\n", "/base", "/base/a\n"],
    ["*/[a]", "/base", "/base/*/[a]"],
    ["x", "/", "/x"],
  ])("%j in %j is %j", (path, base, expected) => {
    expect(absolutePath(path, base)).toBe(expected)
  })
})

/** Paths of few names, so that some of them are inside others; with what people and attackers write in between. */
const loosePaths = fc
  .array(fc.constantFrom("a", "b", "ab", ".", "..", "...", "", ".a", "a."), { maxLength: 6 })
  .map(names => `/${names.join("/")}`)
const paths = fc
  .array(fc.constantFrom("a", "b", "ab", ".a"), { maxLength: 4 })
  .map(names => `/${names.join("/")}`)

test("an absolute path is absolute, has no dots and no doubled or trailing slashes, and stays as it is", () => {
  fc.assert(
    fc.property(loosePaths, path => {
      const absolute = absolutePath(path, "/base")
      expect(absolute).toMatch(/^\/$|^(\/(?!\.\.?(\/|$))[^/]+)+$/)
      expect(absolutePath(absolute, "/elsewhere")).toBe(absolute)
    }),
  )
})

describe("names of a path", () => {
  test.each([
    ["/", [], "/", ""],
    ["/a", ["a"], "/", "a"],
    ["/a/b", ["a", "b"], "/a", "b"],
    ["/a/b c/.d", ["a", "b c", ".d"], "/a/b c", ".d"],
  ])("%j", (path, components, parent, name) => {
    expect(componentsOf(path)).toEqual(components)
    expect(depthOf(path)).toBe(components.length)
    expect(parentOf(path)).toBe(parent)
    expect(nameOf(path)).toBe(name)
  })

  test.each([
    ["/", ["/"]],
    ["/a", ["/", "/a"]],
    ["/a/b/c", ["/", "/a", "/a/b", "/a/b/c"]],
    ["/a//b/", ["/", "/a", "/a/b"]],
  ])("the lineage of %j", (path, lineage) => {
    expect(lineageOf(path)).toEqual(lineage)
  })

  test("the lineage is what a path lies within, shallow first", () => {
    fc.assert(
      fc.property(paths, paths, (path, tree) => {
        expect(lineageOf(path).includes(tree)).toBe(isWithin(path, tree))
        expect(lineageOf(path).map(depthOf)).toEqual(lineageOf(path).map((_, index) => index))
        expect(lineageOf(path).at(-2) ?? "/").toBe(parentOf(path))
      }),
    )
  })
})

describe("one path in another", () => {
  test.each([
    ["/a", "/a", true, false],
    ["/a/b", "/a", true, true],
    ["/a/b/c", "/a", true, true],
    ["/ab", "/a", false, false],
    ["/a", "/a/b", false, false],
    ["/a", "/", true, true],
    ["/", "/", true, false],
    ["/", "/a", false, false],
    ["/a b", "/a", false, false],
    ["/A/b", "/a", false, false],
    ["/a.b", "/a", false, false],
    ["/b/a", "/a", false, false],
  ])("%j and %j: within %p, below %p", (path, tree, within, below) => {
    expect(isWithin(path, tree)).toBe(within)
    expect(isBelow(path, tree)).toBe(below)
  })

  test("is below it exactly when it is in it and is not it", () => {
    fc.assert(
      fc.property(paths, paths, (path, tree) => {
        expect(isBelow(path, tree)).toBe(isWithin(path, tree) && path !== tree)
        if (isBelow(path, tree)) expect(isWithin(tree, path)).toBe(false)
      }),
    )
  })
})

test.each([
  ["/home/u", "/home/u", "~"],
  ["/home/u/a/b", "/home/u", "~/a/b"],
  ["/home/user", "/home/u", "/home/user"],
  ["/home", "/home/u", "/home"],
  ["/etc", "/home/u", "/etc"],
  ["/etc", "/", "/etc"],
  ["/", "/", "/"],
])("%j with the home %j is shown as %j", (path, home, expected) => {
  expect(tildePath(path, home)).toBe(expected)
})
