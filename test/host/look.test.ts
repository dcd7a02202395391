/** A bounded look at the disk, breadth first. */
import { afterAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import fc from "fast-check"
import { directoryMax, readDirectory } from "../../src/host/directory.ts"
import { type LookRequest, lookThrough } from "../../src/host/look.ts"
import { createPathFacts } from "../../src/host/path-facts.ts"
import { searchDisk } from "../../src/host/search.ts"
import { type Component, compileGlob } from "../../src/policy/glob.ts"
import { pathRule, protection } from "../policy/naive-model.ts"
import { isRoot } from "../support/world.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-look-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let serial = 0
/** A tree of files; a name that ends with `/` is a directory. */
function tree(names: readonly string[]): string {
  const path = join(root, String(serial++))
  mkdirSync(path)
  for (const name of names) {
    mkdirSync(name.endsWith("/") ? join(path, name) : dirname(join(path, name)), { recursive: true })
    if (!name.endsWith("/")) writeFileSync(join(path, name), "")
  }
  return path
}

function componentsOf(...patterns: string[]): Component[] {
  return patterns.flatMap(pattern => compileGlob(`/${pattern}`).alternatives.flat())
}

/** What a look finds, without the name of the tree. */
function look(path: string, request: Partial<LookRequest>): string[] {
  const { found } = lookThrough({ trees: [], tops: [], names: [], holders: [], globs: [], ...request })
  return found.map(one => one.slice(path.length + 1))
}

describe("the walk", () => {
  test("reports every entry of an interesting name, at any depth", () => {
    const path = tree([".env", "a/.env", "a/b/c/.env.local", "a/b/x", "d/.env/", "e/f"])
    const found = look(path, { trees: [path], names: componentsOf(".env", ".env.*") })
    expect(found.sort()).toEqual([".env", "a/.env", "a/b/c/.env.local", "d/.env"])
  })

  test("reports links by their name, and does not walk through them", () => {
    const path = tree(["real/.env", "x/"])
    symlinkSync("real", join(path, "link"))
    symlinkSync("..", join(path, "x/up"))
    symlinkSync("nowhere", join(path, "x/.env"))
    expect(look(path, { trees: [path], names: componentsOf(".env") }).sort()).toEqual(["real/.env", "x/.env"])
  })

  test("goes breadth first: what lies high is found however large the tree is", () => {
    const wide = Array.from({ length: 60 }, (_, index) => `a${index}/b/c/.env`)
    const path = tree([...wide, "z/.env"])
    expect(look(path, { trees: [path], names: componentsOf(".env") })).toEqual([])
    const few = tree([
      "a/b/c/d/.env",
      "z/.env",
      ...Array.from({ length: 9 }, (_, index) => `a/b/c/x${index}/y`),
    ])
    expect(look(few, { trees: [few], names: componentsOf(".env") })).toEqual(["z/.env", "a/b/c/d/.env"])
  })

  test("visits what tools made last", () => {
    const modules = Array.from({ length: 80 }, (_, index) => `node_modules/m${index}/.env`)
    const path = tree([...modules, "src/very/deep/.env"])
    const found = look(path, { trees: [path], names: componentsOf(".env") })
    expect(found[0]).toBe("src/very/deep/.env")
    expect(found.length).toBeGreaterThan(1)
    expect(found.length).toBeLessThan(modules.length)
  })

  test("stops after some thousand entries", () => {
    const many = Array.from({ length: 1200 }, (_, index) => `big/f${index}`)
    const path = tree([...many, "big/sub/.env", "other/sub/.env"])
    expect(look(path, { trees: [path], names: componentsOf(".env") })).toEqual([])
  })

  test("looks at the trees themselves whatever fills other directories, and itself", () => {
    const many = (name: string) => Array.from({ length: 1200 }, (_, index) => `${name}/f${index}`)
    const path = tree([...many("cache"), ...many("first"), "first/deep/.env", ".env", "second/.env"])
    const at = (...names: string[]) => names.map(name => join(path, name))
    const found = look(path, {
      tops: at("cache"),
      trees: at("first", "second"),
      names: componentsOf(".env"),
    })
    expect(found).toEqual(["second/.env", "first/deep/.env"])
  })

  test("reads no more of one directory, however large: there only plain names are found for certain", () => {
    const many = Array.from({ length: 2 * directoryMax }, (_, index) => `.env.${index}`)
    const path = tree([...many, ".env", ".git/hooks/x", "not-named"])
    symlinkSync(".env", join(path, "linked"))
    expect(readDirectory(path)).toHaveLength(directoryMax)
    const found = look(path, {
      trees: [path],
      names: componentsOf(".env", ".env.*", ".git", "linked", "none"),
    })
    expect(found).toEqual(expect.arrayContaining([".env", ".git", "linked"]))
    expect(found).not.toContain("none")
    expect(new Set(found).size).toBe(found.length)
    const ofPatterns = found.filter(one => one.startsWith(".env."))
    expect(ofPatterns.length).toBeGreaterThanOrEqual(directoryMax - 4)
    expect(ofPatterns.length).toBeLessThanOrEqual(directoryMax)
    expect(lookThrough({ trees: [path], tops: [], names: [], holders: [], globs: [] }).isCut).toBe(true)
    expect(lookThrough({ trees: [], tops: [path], names: [], holders: [], globs: [] }).isCut).toBe(true)
  })

  test.skipIf(isRoot)(
    "takes for found only what may be reached [skipped when root may reach everything]",
    () => {
      const path = tree(Array.from({ length: directoryMax + 10 }, (_, index) => `f${index}`))
      chmodSync(path, 0o444)
      const found = look(path, { trees: [path], names: componentsOf("none", ".env") })
      chmodSync(path, 0o755)
      expect(found).toEqual([])
    },
  )

  test("reads a directory of nearly as many to its end", () => {
    const many = Array.from({ length: directoryMax - 3 }, (_, index) => `f${index}`)
    const path = tree([...many, "sub/.env"])
    expect(look(path, { tops: [path], names: componentsOf("f7", "sub") }).sort()).toEqual(["f7", "sub"])
    expect(lookThrough({ trees: [path], tops: [], names: [], holders: [], globs: [] }).isCut).toBe(false)
  })

  test("looks in git's directory only where something to run can be", () => {
    const path = tree([".git/hooks/x", ".git/objects/ab/x", ".git/info/x", ".git/modules/m/x", ".git/refs/x"])
    const found = look(path, { trees: [path], names: componentsOf("x") })
    expect(found.sort()).toEqual([".git/hooks/x", ".git/info/x", ".git/modules/m/x"])
  })

  test("of what is not there, or is a file, finds nothing", () => {
    const path = tree(["file"])
    const trees = [join(path, "none"), join(path, "file"), join(path, "file/below")]
    expect(look(path, { trees, tops: trees, names: componentsOf("*") })).toEqual([])
  })

  test("counts each thing that it finds exactly once on a small tree", () => {
    const name = fc.constantFrom("a", "b", ".env", "hooks")
    const paths = fc.uniqueArray(
      fc.array(name, { minLength: 1, maxLength: 3 }).map(names => `${names.join("/")}/`),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(paths, names => {
        const path = tree(names)
        const all = [...new Bun.Glob("**").scanSync({ cwd: path, dot: true, onlyFiles: false })]
        const expected = all.filter(one => one.endsWith(".env"))
        const found = look(path, { trees: [path], names: componentsOf(".env") })
        expect(found.sort()).toEqual(expected.sort())
      }),
      { numRuns: 60 },
    )
  })
})

describe("tops and globs", () => {
  test("of a top only the entries count", () => {
    const path = tree([".env", "a/.env"])
    expect(look(path, { tops: [path], names: componentsOf(".env") })).toEqual([".env"])
  })

  test("a glob is followed name by name", () => {
    const path = tree(["chrome-a/x", "chrome-b/y", "chromium/x", "other/x"])
    const follow = (text: string) => look(path, { globs: [compileGlob(`${path}/${text}`)] }).sort()
    expect(follow("chrome-*")).toEqual(["chrome-a", "chrome-b"])
    expect(follow("chrome-*/x")).toEqual(["chrome-a/x", "chrome-b/x"])
    expect(follow("{chromium,other}/?")).toEqual(["chromium/x", "other/x"])
    expect(follow("none/*")).toEqual([])
  })
})

test("a policy's globs, protected names and git pointers are all looked for", () => {
  const path = tree([
    "p/.env",
    "p/a/.git",
    "p/a/.vscode/",
    "p/a/lefthook.yml",
    "p/key.pem",
    "h/.factory/auth1",
    "w/.npmrc",
    "w/deep/.npmrc",
    "st/.npmrc",
    "st/deep/.npmrc",
    "p/x",
  ])
  const policy = {
    paths: ["**/.env", `${path}/h/.factory/auth*`, "*.pem"]
      .map(text =>
        pathRule("deny", text, { variables: { home: path, project: `${path}/p`, user: "", xdg: {} } }),
      )
      .concat(pathRule("write", `${path}/w`), { ...pathRule("write", `${path}/st`), role: "state" }),
    protections: [".vscode", "lefthook.{yml,yaml}", ".npmrc"].map(text => protection("protect", text)),
  }
  const { found } = searchDisk(policy, `${path}/p`, createPathFacts())
  expect([...new Set(found)].map(one => one.slice(path.length + 1)).sort()).toEqual(
    "h/.factory/auth1 p/.env p/a/.git p/a/.vscode p/a/lefthook.yml p/key.pem st/.npmrc w/.npmrc w/deep/.npmrc".split(
      " ",
    ),
  )
})

describe("whatever stands in a directory of some name", () => {
  const path = tree([
    ...[
      "p/.git/hooks/x",
      "p/.git/remotes/origin",
      "p/a",
      "p/src/b",
      "p/keys/one",
      "p/sub/keys/two",
      "p/sub/.git/hooks/y",
    ],
    ...["p/keys-old/three", "p/sub/keys/deep/four"],
  ])
  const search = (policy: Partial<Parameters<typeof searchDisk>[0]>) =>
    searchDisk({ paths: [], protections: [], ...policy }, `${path}/p`, createPathFacts())
      .found.map(one => one.slice(path.length + 3))
      .sort()
  const variables = { home: path, project: `${path}/p`, user: "", xdg: {} }
  const git = [".git", ".git/hooks", "sub/.git", "sub/.git/hooks"]

  test("is found there, protected or denied, and no other file is looked at", () => {
    const protections = [".git/remotes/*", ".git/hooks", "keys/*"].map(text => protection("protect", text))
    expect(search({ protections })).toEqual([...git, "keys/one", "sub/keys/deep", "sub/keys/two"].sort())
    const paths = ["**/keys/*", "**/.git/hooks", "**/k?ys/*/**"].map(text =>
      pathRule("deny", text, { variables }),
    )
    expect(search({ paths })).toEqual([...git, "keys/one", "sub/keys/deep", "sub/keys/two"].sort())
  })

  test("is every entry where the directory may have any name", () => {
    expect(search({ paths: [pathRule("deny", "**/*", { variables })] })).toContain("sub/keys/deep/four")
    expect(search({ paths: [pathRule("deny", "**/*/*", { variables })] })).toContain("sub/keys/deep/four")
  })
})

test("a glob with ** is walked from its plain beginning, and a tree inside another one not twice", () => {
  const path = tree(["q/a/b/.env", "q/c/.env", "p/.env", "p/x/.env"])
  const variables = { home: path, project: `${path}/p`, user: "", xdg: {} }
  const search = (...texts: string[]) => {
    const paths = texts.map(text => pathRule("deny", text, { variables }))
    const { found } = searchDisk({ paths, protections: [] }, `${path}/p`, createPathFacts())
    return found.map(one => one.slice(path.length + 1)).sort()
  }
  expect(search("~/q/a/**/.env")).toEqual(["p/.env", "p/x/.env", "q/a/b/.env"])
  expect(search("~/q/*/**/.env")).toEqual(["p/.env", "p/x/.env", "q/a/b/.env", "q/c/.env"])
  expect(search("~/{q,p}/**/.env", "**/.env", "~/p/x/**/.env")).toEqual(search("~/q/*/**/.env"))
})

test("globs that reach very many names stop the launch, and say so", () => {
  // In memory: so many directories take a disk that others keep busy more than a minute.
  const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "cordon-look-"))
  try {
    for (let at = 0; at < 210; at++) {
      mkdirSync(join(root, String(at)))
      for (let below = 0; below < 100; below++) mkdirSync(join(root, String(at), String(below)))
    }
    const request = { trees: [], tops: [], names: [], holders: [] }
    const far = () => lookThrough({ ...request, globs: [compileGlob(`${root}/*/*/*`)] })
    expect(far).toThrow(/reach more than 20000 names/)
    expect(lookThrough({ ...request, globs: [compileGlob(`${root}/*`)] }).found).toHaveLength(210)
  } finally {
    rmSync(root, { recursive: true })
  }
})
