/** What stands at a path and where it leads: the same as the kernel says, and more for what is not there. */
import { afterAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import fc from "fast-check"
import { createPathFacts } from "../../src/host/path-facts.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-facts-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const isRoot = process.getuid?.() === 0

let serial = 0
/** A directory of its own: `d/` a directory, `f` a file, `l -> target` a link. */
function disk(lines: readonly string[]): string {
  const path = join(root, String(serial++))
  mkdirSync(path)
  for (const line of lines) {
    const [name = "", target] = line.split(" -> ")
    const place = join(path, name)
    try {
      if (name.endsWith("/")) mkdirSync(place, { recursive: true })
      else {
        mkdirSync(dirname(place), { recursive: true })
        if (target === undefined) writeFileSync(place, "", { flag: "wx" })
        else symlinkSync(target, place)
      }
    } catch (error) {
      // A random disk may ask for a directory where a file or a circle stands: then it goes without.
      const { code = "" } = error as NodeJS.ErrnoException
      if (!["EEXIST", "ENOTDIR", "ELOOP", "ENOENT"].includes(code)) throw error
    }
  }
  return path
}

/** The fact of a path below a fresh disk, with the disk's own name taken away. */
function factOf(lines: readonly string[], name: string) {
  const path = disk(lines)
  const { canonical, kind, links } = createPathFacts()(join(path, name))
  const short = (text: string) => (text.startsWith(path) ? text.slice(path.length) : text)
  return {
    canonical: short(canonical),
    kind,
    links: links.map(link => `${short(link.path)} -> ${link.target}`),
  }
}

describe("what stands at a path", () => {
  test.each([
    ["d", "directory"],
    ["f", "file"],
    ["none", "missing"],
    ["none/deeper", "missing"],
    ["f/below", "missing"],
    ["f/below/that", "missing"],
  ])("%s is %s", (name, kind) => {
    expect(factOf(["d/", "f"], name)).toEqual({ canonical: `/${name}`, kind, links: [] } as never)
  })

  test("devices and pipes are something other, the root is a directory", () => {
    const facts = createPathFacts()
    expect(facts("/dev/null").kind).toBe("other")
    expect(facts("/")).toEqual({ canonical: "/", kind: "directory", links: [] })
    const path = disk([])
    Bun.spawnSync(["mkfifo", join(path, "pipe")])
    expect(facts(join(path, "pipe")).kind).toBe("other")
  })

  test.skipIf(isRoot)("what may not be searched is out of reach [skipped when root]", () => {
    const path = disk(["closed/f"])
    chmodSync(join(path, "closed"), 0)
    expect(createPathFacts()(join(path, "closed/f")).kind).toBe("unreachable")
    expect(createPathFacts()(join(path, "closed/f/g")).kind).toBe("unreachable")
    chmodSync(join(path, "closed"), 0o755)
  })

  test("a name that is too long is out of reach, and no error", () => {
    expect(createPathFacts()(`${root}/${"x".repeat(300)}`).kind).toBe("unreachable")
  })
})

describe("links", () => {
  test.each([
    ["a relative one", ["d/f", "l -> d/f"], "l", "/d/f", "file", ["/l -> d/f"]],
    ["one upwards", ["d/l -> ../f", "f"], "d/l", "/f", "file", ["/d/l -> ../f"]],
    ["a directory on the way", ["d/f", "l -> d"], "l/f", "/d/f", "file", ["/l -> d"]],
    ["a chain", ["f", "a -> b", "b -> f"], "a", "/f", "file", ["/a -> b", "/b -> f"]],
    [
      "one inside another's target",
      ["r/f", "d -> r", "l -> d/f"],
      "l",
      "/r/f",
      "file",
      ["/l -> d/f", "/d -> r"],
    ],
    ["a dangling one", ["l -> no/where"], "l", "/no/where", "missing", ["/l -> no/where"]],
    ["below a dangling one", ["l -> none"], "l/x/y", "/none/x/y", "missing", ["/l -> none"]],
    ["to itself by dots", ["d/", "l -> ./d/."], "l", "/d", "directory", ["/l -> ./d/."]],
    [
      "up and over",
      ["x/y/", "x/f", "d -> x/y", "l -> d/../f"],
      "l",
      "/x/f",
      "file",
      ["/l -> d/../f", "/d -> x/y"],
    ],
  ] as const)("%s", (_, lines, name, canonical, kind, links) => {
    expect(factOf(lines, name)).toEqual({ canonical, kind, links: [...links] })
  })

  test("an absolute one leads where it says", () => {
    const path = disk(["f"])
    symlinkSync(join(path, "f"), join(path, "l"))
    expect(createPathFacts()(join(path, "l"))).toMatchObject({ canonical: join(path, "f"), kind: "file" })
    symlinkSync("/", join(path, "top"))
    expect(createPathFacts()(join(path, "top/dev/null")).canonical).toBe("/dev/null")
  })

  test("in a circle lead nowhere, and below them nothing is reached", () => {
    expect(factOf(["a -> b", "b -> a"], "a").kind).toBe("unreachable")
    expect(factOf(["a -> a"], "a/x").kind).toBe("unreachable")
    expect(factOf(["d/l -> ../d/l/x"], "d/l").kind).toBe("unreachable")
  })

  test("are followed forty times, as the kernel does", () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, index) => `${index} -> ${index + 1}`).concat(`${length}`)
    for (const length of [39, 40, 41, 60]) {
      const path = disk(chain(length))
      const { kind } = createPathFacts()(join(path, "0"))
      expect([length, kind]).toEqual([length, existsSync(join(path, "0")) ? "file" : "unreachable"])
    }
  })
})

describe("asking", () => {
  test("again gives the same answer: a launch sees one state of the disk", () => {
    const path = disk(["f"])
    const facts = createPathFacts()
    const before = facts(join(path, "f"))
    rmSync(join(path, "f"))
    expect(facts(join(path, "f"))).toEqual(before)
    expect(createPathFacts()(join(path, "f")).kind).toBe("missing")
  })

  test("for the end of a long chain first does not change the answer for its start", () => {
    const lines = Array.from({ length: 45 }, (_, index) => `${index} -> ${index + 1}`).concat("45")
    const path = disk(lines)
    const facts = createPathFacts()
    expect(facts(join(path, "20")).kind).toBe("file")
    expect(createPathFacts()(join(path, "0")).kind).toBe("unreachable")
    expect(facts(join(path, "30")).kind).toBe("file")
  })
})

test("on random trees of links every existing path is where realpath(3) says", () => {
  const name = fc.constantFrom("a", "b", "c")
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map(names => names.join("/"))
  const target = fc.oneof(
    path,
    fc.constantFrom(".", "..", "../a", "../../b", "a/../b", "./c", "b/..", "c/../../a"),
  )
  const line = fc.oneof(
    fc.tuple(path, target).map(([at, to]) => `${at} -> ${to}`),
    fc.tuple(path, fc.constantFrom("", "/")).map(([at, end]) => at + end),
  )
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(path, { minLength: 1, maxLength: 4 }),
      (lines, asked) => {
        const top = disk(lines)
        const facts = createPathFacts()
        for (const below of asked) {
          const at = join(top, below)
          const { canonical, kind, links } = facts(at)
          for (const link of links) expect(readlinkSync(link.path)).toBe(link.target)
          if (existsSync(at)) expect([at, canonical]).toEqual([at, realpathSync(at)])
          else expect(["missing", "unreachable"]).toContain(kind)
        }
      },
    ),
    { numRuns: 400 },
  )
})
