/** Rules → mounts, on made-up disks: what the mounts give at each path is what the judge says of it. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { planFilesystem } from "../../src/plan/filesystem.ts"
import type { Mount } from "../../src/plan/launch-plan.ts"
import { resolveRules } from "../../src/plan/links.ts"
import { linksOf, nodeAt, placesOf } from "../../src/plan/nodes.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { fakeDisk, rulesOf, type Said } from "../policy/naive-model.ts"

const own = ["/tmp", "/run", "/proc", "/dev"]

/** `deny /a/x`, `write /a base`: what, of what, said by the user or by somebody else. */
function say(words: string): Said {
  const [does, text = "", layer = "user"] = words.split(" ")
  return { does: does as Said["does"], text, layer: layer as LayerName, locked: false }
}

/** @param found what a look at the disk reported */
function plan(said: readonly Said[], disk: readonly string[], found: readonly string[] = []) {
  const facts = fakeDisk([...own.map(path => `${path}/`), ...disk])
  const ground = ["read / base", ...own.map(path => `private ${path} base`)].map(say)
  const resolved = resolveRules(rulesOf([...ground, ...said]), {
    project: "/a",
    home: "/nobody",
    found,
    facts,
  })
  const { judge } = pathJudge(resolved)
  const links = linksOf(resolved.paths, facts)
  const planned = planFilesystem({ judge, facts, places: placesOf({ ...resolved, found, facts }), links })
  return { ...planned, judge, facts, nodeAt: (path: string) => nodeAt(path, { judge, facts }) }
}

/** `write /a, hidden-file /a/k`, in order. */
function shown(mounts: readonly Mount[]): string {
  return mounts
    .filter(({ path }) => !own.includes(path))
    .map(mount => `${mount.kind === "host" ? mount.access : mount.kind} ${mount.path}`)
    .join(", ")
}

const inside = (path: string, tree: string) => tree === "/" || path === tree || path.startsWith(`${tree}/`)
const above = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/"
const isSeal = ({ kind }: Mount) => kind === "sealed"

/** The mount that shows at a path: the last one that covers it, as in the kernel. None = the empty root. */
function covering(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts.findLast(mount => !isSeal(mount) && mount.kind !== "link" && inside(path, mount.path))
}

/** What a program inside may do at a path. */
function simulated(mounts: readonly Mount[], path: string): string {
  const mount = covering(mounts, path)
  if (mount?.kind === "host") return mount.access
  return mount === undefined || mount.kind.startsWith("hidden") ? "deny" : "private"
}

/** what it shows; rules; disk; mounts */
const cases = `
a writable project in a read-only world; write /a; /a/f; read /, write /a
a denied directory is hidden, and sealed at the end; write /a, deny /a/s; /a/s/k;
  read /, write /a, hidden-directory /a/s, sealed /a/s
a denied file is hidden; deny /b/k; /b/k; read /, hidden-file /b/k
what is not there is not mounted; write /a, deny /a/no, deny /b/no/x; /a/f; read /, write /a
an exception is mounted before its tree is sealed; deny /b/s, read /b/s/known, write /b/s/x, deny /b/s/x/y;
  /b/s/known, /b/s/x/y/; read /, hidden-directory /b/s, read /b/s/known, write /b/s/x, hidden-directory /b/s/x/y,
  sealed /b/s/x/y, sealed /b/s
directories above a protected place are pinned; write /a, protect /a/d/e/hooks; /a/d/e/hooks/, /a/d/other/;
  read /, write /a, write /a/d, write /a/d/e, read /a/d/e/hooks
nothing is mounted where the answer stays; read /b/c, write /a, write /a/x; /b/c/, /a/x/; read /, write /a
a root that is denied is built anew; deny /, read /usr; /usr/bin/, /etc/; read /usr, sealed /
a denial in a private directory is made there; deny /tmp/x; /a/; read /, hidden-directory /tmp/x, sealed /tmp/x
an exception in a private directory; read /run/r/conf; /run/r/conf; read /, read /run/r/conf
a writable place in a read-only one in a writable one; write /a, read /a/b, write /a/b/c; /a/b/c/;
  read /, write /a, read /a/b, write /a/b/c
a protected file; write /a, protect .envrc; /a/.envrc, /a/d/.envrc; read /, write /a, read /a/.envrc, write /a/d,
  read /a/d/.envrc`
  .trim()
  .split(/\n(?! )/)
  .map(row => row.split(/;\s+/))

describe("by hand", () => {
  test.each(cases)("%s", (_, said = "", disk = "", mounts = "") => {
    const entries = disk.split(/,\s+/)
    const made = plan(said.split(", ").map(say), entries, entries)
    expect(shown(made.mounts)).toBe(mounts.replace(/,\s+/g, ", "))
  })

  test("a git pointer file in a writable tree is never writable", () => {
    const { mounts } = plan([say("write /a")], ["/a/sub/.git", "/a/sub/f"], ["/a/sub/.git"])
    expect(shown(mounts)).toBe("read /, write /a, write /a/sub, read /a/sub/.git")
  })

  test("a person's write rule for what is not there is warned of, a built-in one is not", () => {
    expect(plan([say("write /b/no")], ["/b/"]).warnings).toEqual([
      "user: write /b/no: /b/no does not exist, so it cannot be written inside; make it first",
    ])
    expect(plan([say("write /b/no toolchain"), say("write /a")], ["/a/"]).warnings).toEqual([])
    expect(plan([say("write /a"), say("write /a/no")], ["/a/"]).warnings).toEqual([])
  })

  test.each([
    ["deny /b/s", false],
    ["deny /b/s, read /b/s/pub", true],
    ["deny /b/s, read /b/s/no", false],
  ])("a hidden directory lets pass when something below is visible: %s", (said, expected) => {
    const { mounts } = plan(said.split(", ").map(say), ["/b/s/pub"])
    expect(mounts.find(({ kind }) => kind === "hidden-directory")).toMatchObject({ passable: expected })
  })

  test("a link in a hidden directory that leads to a visible place is made again", () => {
    const disk = ["/b/s/known -> /b/dot/known", "/b/dot/known"]
    const { mounts } = plan(["deny /b/s", "read /b/s/known"].map(say), disk)
    const link = { kind: "link", path: "/b/s/known", target: "/b/dot/known" }
    expect(mounts.find(({ kind }) => kind === "link")).toMatchObject(link)
    expect(shown(plan([say("read /b/s/known")], disk).mounts)).toBe("read /")
  })

  test("each mount names the rule and its source", () => {
    const { mounts } = plan([say("deny /b/k")], ["/b/k"])
    expect(mounts.at(-1)?.why).toBe("deny /b/k (user: deny /b/k)")
  })
})

describe("on any disk, under any rules", () => {
  const name = fc.constantFrom("a", "b", "c", ".git", "hooks", ".env")
  const path = fc
    .tuple(fc.constantFrom("a", "a", "b", "tmp"), fc.array(name, { maxLength: 4 }))
    .map(([top, names]) => `/${[top, ...names].join("/")}`)
  const text = fc.oneof({ weight: 4, arbitrary: path }, fc.constantFrom("/", "/a/**/.env", "/b/**/hooks"))
  const access = fc.constantFrom<Said["does"]>("deny", "deny", "read", "write", "write")
  const names = fc.oneof(path, fc.constantFrom(".git/hooks", ".env", "hooks"))
  const rule = fc.tuple(access, text, fc.constantFrom("base", "user")).map(words => say(words.join(" ")))
  const guard = names.map(place => say(`protect ${place} base`))
  const entry = fc
    .tuple(path, name, fc.constantFrom("", "/", "/"))
    .map(([at, last, end]) => `${at}/${last}${end}`)
  const world = fc
    .tuple(
      fc.array(rule, { maxLength: 6 }),
      fc.array(guard, { maxLength: 3 }),
      fc.array(entry, { maxLength: 9 }),
    )
    .map(([rules, guards, entries]) => {
      const facts = fakeDisk(["/a/", "/b/", ...entries])
      const lineage = (at: string): string[] => (at === "/" ? [] : [...lineage(above(at)), at])
      const all = new Set(["/a", "/b", ...entries.flatMap(at => lineage(at.replace(/\/$/, "")))])
      const existing = [...all].filter(at => facts(at).kind !== "missing")
      const found = existing.filter(at => /\/(\.git|hooks|\.env)$/.test(at))
      const said = [...rules, ...guards].map(({ does, text, layer }) => `${does} ${text} ${layer}`)
      return { said, entries, ...plan([...rules, ...guards], ["/a/", "/b/", ...entries], found), existing }
    })
  type World = typeof world extends fc.Arbitrary<infer T> ? T : never
  const check = (holds: (made: World) => void) => fc.assert(fc.property(world, holds), { numRuns: 3000 })

  test("every existing path has inside the access that the judge gives it", () => {
    check(({ existing, mounts, ...made }) => {
      for (const at of existing) expect([at, simulated(mounts, at)]).toEqual([at, made.nodeAt(at).access])
    })
  })

  test("no mount point is made on the host: it is there, or in a directory of the sandbox's own", () => {
    check(({ mounts, facts }) => {
      for (const [index, mount] of mounts.entries()) {
        const { kind } = facts(mount.path)
        if (mount.kind === "host") expect(kind).not.toBe("missing")
        const ground = covering(mounts.slice(0, index), mount.path)
        if (isSeal(mount) || mount.path === "/" || ground?.kind !== "host") continue
        expect(kind).not.toBe("missing")
        if (mount.kind.startsWith("hidden")) expect(mount.kind).toBe(`hidden-${kind}` as typeof mount.kind)
      }
    })
  })

  test("mounts are shallow first and once each, seals last and deep first, one for each hidden directory", () => {
    check(({ mounts }) => {
      const depth = ({ path: at }: Mount) => at.split("/").filter(Boolean).length
      const [seals, others] = [mounts.filter(isSeal), mounts.filter(mount => !isSeal(mount))]
      expect(mounts).toEqual([...others, ...seals])
      expect(others.map(depth)).toEqual(others.map(depth).sort((a, b) => a - b))
      expect(seals.map(depth)).toEqual(seals.map(depth).sort((a, b) => b - a))
      expect(new Set(others.map(({ path: at }) => at)).size).toBe(others.length)
      const hidden = others.filter(({ kind }) => kind === "hidden-directory").map(({ path: at }) => at)
      const root = others.some(({ path: at }) => at === "/") ? [] : ["/"]
      expect(seals.map(({ path: at }) => at).sort()).toEqual([...root, ...hidden].sort())
    })
  })

  test("no directory above a denied or protected place can be moved away", () => {
    check(({ existing, mounts, nodeAt: node }) => {
      const closed = existing.filter(at => ["deny", "read"].includes(node(at).access))
      for (const place of closed)
        for (let at = above(place); at !== "/"; at = above(at)) {
          const movable = simulated(mounts, at) === "write" && simulated(mounts, above(at)) === "write"
          if (movable) expect([place, at, mounts.some(mount => mount.path === at)]).toEqual([place, at, true])
        }
    })
  })
})
