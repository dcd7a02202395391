/** Denials among what may be read, as trees that are allowed. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { isWithin, lineageOf, parentOf } from "../../src/base/path.ts"
import { type AllowedTree, allowSet } from "../../src/plan/allow-set.ts"
import { accesses, type PathRule } from "../../src/policy/layer.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { pathRule } from "../policy/naive-model.ts"

/** A disk of files by their paths. */
function diskOf(files: readonly string[]) {
  const directories = new Set(files.flatMap(file => lineageOf(parentOf(file))))
  const all = [...new Set([...directories, ...files])]
  const kindOf = (path: string): AllowedTree["kind"] | undefined =>
    directories.has(path) ? "directory" : files.includes(path) ? "file" : undefined
  const list = (directory: string) =>
    all
      .filter(path => path !== "/" && parentOf(path) === directory)
      .map(path => ({ path, kind: kindOf(path) ?? "file" }))
  return { all, kindOf, list }
}

function allowed(files: readonly string[], rules: readonly PathRule[]) {
  const { kindOf, list, all } = diskOf(files)
  const { accessOf } = pathJudge({ paths: [pathRule("read", "/"), ...rules], protections: [] })
  const places = rules.flatMap(({ value }) => (value.kind === "exact" ? [value.path] : []))
  const shallowFirst = [...places].sort((a, b) => a.split("/").length - b.split("/").length)
  return { trees: allowSet({ accessOf, places: shallowFirst, list, kindOf }), accessOf, all }
}

const paths = (trees: readonly AllowedTree[]) => trees.map(({ path }) => path).sort()
const files = [
  "/usr/bin/sh",
  "/home/me/.aws/key",
  "/home/me/.ssh/id",
  "/home/me/.ssh/config",
  "/home/me/p/x",
  "/etc/passwd",
  "/etc/shadow",
]

test("nothing denied: all of it", () => {
  expect(allowed(files, []).trees).toEqual([{ path: "/", kind: "directory" }])
})

test("a denied place leaves what stands beside it, at each level", () => {
  const { trees } = allowed(files, [pathRule("deny", "/home/me/.aws")])
  expect(paths(trees)).toEqual(["/etc", "/home/me/.ssh", "/home/me/p", "/usr"])
})

test("files are told from directories: Landlock knows fewer rights for them", () => {
  const { trees } = allowed(files, [pathRule("deny", "/etc/shadow")])
  expect(trees).toContainEqual({ path: "/etc/passwd", kind: "file" })
  expect(paths(trees)).not.toContain("/etc/shadow")
})

test("what is open in a denied directory is allowed by itself", () => {
  const rules = [
    pathRule("deny", "/home"),
    pathRule("read", "/home/me/.ssh"),
    pathRule("deny", "/home/me/.ssh/id"),
  ]
  expect(paths(allowed(files, rules).trees)).toEqual(["/etc", "/home/me/.ssh/config", "/usr"])
})

test("what is writable is allowed whole: names come and go there", () => {
  const rules = [pathRule("write", "/home/me"), pathRule("deny", "/home/me/.aws")]
  expect(paths(allowed(files, rules).trees)).toEqual(["/etc", "/home/me", "/usr"])
})

test("nothing is executed in /proc, /sys and /dev", () => {
  const { trees } = allowed([...files, "/proc/1/x", "/sys/x", "/dev/null"], [pathRule("deny", "/etc/shadow")])
  expect(paths(trees).filter(path => /^\/(proc|sys|dev)/.test(path))).toEqual([])
})

describe("what cannot be listed, or is too large, is allowed whole", () => {
  const rules = [pathRule("deny", "/big/denied")]
  const request = {
    accessOf: pathJudge({ paths: [pathRule("read", "/"), ...rules], protections: [] }).accessOf,
    places: ["/big/denied"],
  }
  const kindOf = () => "directory" as const
  const root = [{ path: "/big", kind: "directory" as const }]
  test("unlisted", () => {
    const list = (path: string) => (path === "/" ? root : undefined)
    expect(allowSet({ ...request, kindOf, list })).toEqual(root)
  })
  test("too many names", () => {
    const many = Array.from({ length: 5000 }, (_, at) => ({ path: `/big/${at}`, kind: "file" as const }))
    expect(allowSet({ ...request, kindOf, list: path => (path === "/" ? root : many) })).toEqual(root)
  })
})

test("no denied file is in an allowed tree, and every readable one is, outside of what is writable", () => {
  const name = fc.constantFrom("a", "b", "c")
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map(names => `/${names.join("/")}`)
  const rule = fc.tuple(fc.constantFrom(...accesses.filter(access => access !== "private")), path)
  fc.assert(
    fc.property(
      fc.uniqueArray(path, { maxLength: 12 }),
      fc.array(rule, { maxLength: 5 }),
      (candidates, said) => {
        const disk = candidates.filter(
          file => !candidates.some(other => other !== file && isWithin(other, file)),
        )
        const { trees, accessOf } = allowed(
          disk,
          said.map(([access, text]) => pathRule(access, text)),
        )
        for (const file of disk) {
          const isAllowed = trees.some(tree => isWithin(file, tree.path))
          const inWritable = lineageOf(parentOf(file)).some(above => accessOf(above) === "write")
          if (accessOf(file) !== "deny") expect(isAllowed).toBe(true)
          else if (!inWritable) expect(isAllowed).toBe(false)
        }
      },
    ),
    { numRuns: 2000 },
  )
})
