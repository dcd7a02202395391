/**
 * src/README.md lists everything in src/ in reading order. These tests keep the list true: each entry is there,
 * imports only point up the list, and what only some folders may touch is touched by no other.
 */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { blankComments, importsOf, readSources, root, type SourceFile } from "./source-code.ts"

const list = await Bun.file(join(root, "src/README.md")).text()
const order = [...list.matchAll(/^\d+\. `([\w.-]+)\/?`/gm)].map(([, name]) => name ?? "")
const files = await readSources("src")
const entry = (path: string) => path.split("/")[0] ?? ""
const inFolder = (...names: string[]) => files.filter(({ path }) => names.includes(entry(path)))

test("src/README.md lists every entry of src/ once", () => {
  expect(order.length).toBeGreaterThan(0)
  expect([...order].sort()).toEqual([...new Set(files.map(({ path }) => entry(path)))].sort())
})

test("src/README.md numbers its entries without a gap", () => {
  const numbers = [...list.matchAll(/^(\d+)\. `/gm)].map(([, number]) => Number(number))
  expect(numbers).toEqual(order.map((_, index) => index + 1))
})

describe("the import reader", () => {
  const targets = (text: string) =>
    importsOf({ path: "plan/a.ts", text }).map(({ path, target }) => path ?? target)

  test("finds static, type, side-effect, dynamic and re-exporting imports", () => {
    const text = [
      'import { a } from "../base/a.ts"',
      'import type { B } from "./b.ts"',
      'import {\n  c, // "why"\n  type D,\n} from "../policy/c.ts"',
      'import "./effect.ts"',
      'export * from "../base/e.ts"',
      'const f = await import("node:fs")',
      'import g from "../../policies/g.yaml" with { type: "text" }',
    ].join("\n")
    const expected = [
      "base/a.ts",
      "plan/b.ts",
      "policy/c.ts",
      "base/e.ts",
      "../policies/g.yaml",
      "plan/effect.ts",
      "node:fs",
    ]
    expect(targets(text)).toEqual(expected)
  })

  test("ignores comments and what only looks like an import", () => {
    expect(targets('// import { a } from "./a.ts"\n * import("./b.ts")\n/* import("./c.ts") */')).toEqual([
      "plan/b.ts",
    ])
    expect(targets('export type A = { from: string }\nexport const from = "x"')).toEqual([])
  })

  test("marks imports of types", () => {
    const text = 'import type { A } from "./a.ts"\nimport { type B, c } from "./b.ts"'
    expect(importsOf({ path: "a.ts", text }).map(({ typeOnly }) => typeOnly)).toEqual([true, false])
  })

  test("finds something in src/", () => {
    expect(files.flatMap(importsOf).length).toBeGreaterThan(0)
  })
})

describe("imports only point up the list", () => {
  test.each(files.map(file => [file.path, file] as const))("%s", (path, file) => {
    const place = order.indexOf(entry(path))
    expect(place, `${entry(path)} is not in src/README.md`).toBeGreaterThanOrEqual(0)
    for (const imported of importsOf(file).flatMap(({ path }) => path ?? [])) {
      if (imported.startsWith("..")) continue // tested below
      expect(order, `${path} → ${imported}`).toContain(entry(imported))
      expect(order.indexOf(entry(imported)), `${path} → ${imported}`).toBeLessThanOrEqual(place)
    }
  })
})

describe("imports between the folders of network/ only point up its list", () => {
  const listed = [...list.matchAll(/^ {4}- `([\w-]+)\/`/gm)].map(([, name]) => name ?? "")
  const inside = inFolder("network")
  const place = (path: string) => {
    const [, folder, file] = path.split("/")
    return file === undefined ? listed.length : listed.indexOf(folder ?? "")
  }

  test("it lists each of them once", () => {
    const folders = inside.flatMap(({ path }) => (path.split("/").length > 2 ? [path.split("/")[1]] : []))
    expect([...listed].sort()).toEqual([...new Set(folders)].sort() as string[])
  })

  test.each(inside.map(file => [file.path, file] as const))("%s", (path, file) => {
    const others = importsOf(file).flatMap(({ path }) => (path?.startsWith("network/") ? [path] : []))
    expect(others.filter(other => place(other) > place(path))).toEqual([])
  })
})

test("imports leave src/ only for built-in policies and package.json", () => {
  const leaving = files.flatMap(file =>
    importsOf(file).flatMap(({ path }) => (path?.startsWith("..") ? [`${file.path} → ${path}`] : [])),
  )
  expect(leaving.filter(line => !/ → \.\.\/(policies\/|package\.json$)/.test(line))).toEqual([])
})

test("no import hides from this test: every import() names its target, nothing uses require", () => {
  const hidden = /\bimport\((?!\s*")|\brequire\(/
  expect("import(name)").toMatch(hidden)
  expect(files.filter(({ text }) => hidden.test(blankComments(text))).map(({ path }) => path)).toEqual([])
})

test("what a remembered launch loads before bubblewrap starts needs no module of the runtime's but bun:ffi", () => {
  // node:fs takes a millisecond to load, node:os a third of one.
  const loaded = new Set<string>()
  const builtin = new Set<string>()
  const load = (path: string) => {
    if (loaded.has(path)) return
    loaded.add(path)
    const file = files.find(each => each.path === path)
    const text = file?.text.replace(/\bimport\("[^"]*"\)/g, "") ?? ""
    for (const { path: next, target, typeOnly } of importsOf({ path, text })) {
      if (typeOnly || target.endsWith("-macro.ts") || target.endsWith(".cjs")) continue
      if (next === undefined) builtin.add(target)
      else load(next)
    }
  }
  load("main.ts")
  expect(loaded.size).toBeGreaterThan(20)
  expect([...builtin]).toEqual(["bun:ffi"])
})

test("kernel/ and nothing else mentions bun:ffi", () => {
  const mentioning = files.filter(({ text }) => text.includes("bun:ffi")).map(({ path }) => entry(path))
  expect([...new Set(mentioning)]).toEqual(["kernel"])
})

describe("policy/ and plan/ decide and do not act", () => {
  // What reads policy files at run time, and what puts the built-in ones into the program at build time.
  const readers = ["policy/policy-file.ts", "policy/builtin-macro.ts"]
  const acting = /^(node:)?(fs|fs\/promises|child_process|http|https|dgram|worker_threads)$|^bun(:|$)/
  const actingCode = /\bBun\.(file|write|spawn|spawnSync|\$|connect|listen|serve)\b|\bfetch\(/

  // Of node:net only the functions that look at a text.
  const actingNet = /^import (?!(type )?\{ isIP(v[46])?(, isIP(v[46])?)* \} from).*"(node:)?net"/m

  const deciding = inFolder("policy", "plan")

  test("of node:net, isIP is allowed and sockets are not", () => {
    expect('import { isIP, isIPv4 } from "node:net"').not.toMatch(actingNet)
    expect('import { connect, isIP } from "node:net"').toMatch(actingNet)
    expect('import * as net from "node:net"').toMatch(actingNet)
  })

  test("both folders are there", () => {
    expect([...new Set(deciding.map(({ path }) => entry(path)))].sort()).toEqual(["plan", "policy"])
  })

  test.each(deciding.filter(({ path }) => !readers.includes(path)).map(file => [file.path, file] as const))(
    "%s",
    (_, file) => {
      expect(importsOf(file).filter(({ target }) => acting.test(target))).toEqual([])
      expect(file.code).not.toMatch(actingCode)
      expect(file.text).not.toMatch(actingNet)
    },
  )
})

describe("the library runs on Node", () => {
  const byPath = new Map(files.map(file => [file.path, file]))

  /** index.ts and all that it loads; an import of types loads nothing. */
  function reach(path: string, seen = new Map<string, SourceFile>()): Map<string, SourceFile> {
    const file = byPath.get(path)
    if (!file || seen.has(path)) return seen
    seen.set(path, file)
    for (const { path: next, typeOnly } of importsOf(file)) if (next && !typeOnly) reach(next, seen)
    return seen
  }

  test("src/index.ts and everything it loads use no Bun API", () => {
    const library = [...reach("index.ts").values()]
    expect(library.map(({ path }) => path)).toContain("index.ts")
    const using = library.filter(
      file => /\bBun\./.test(file.code) || importsOf(file).some(({ target }) => /^bun(:|$)/.test(target)),
    )
    expect(using.map(({ path }) => path)).toEqual([])
  })
})
