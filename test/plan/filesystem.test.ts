/** Rules → mounts, on made-up disks: what the mounts give at each path is what the judge says of it. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { PathFacts } from "../../src/host/path-facts.ts"
import { planFilesystem } from "../../src/plan/filesystem.ts"
import type { Mount } from "../../src/plan/launch-plan.ts"
import { resolveRules } from "../../src/plan/links.ts"
import { linksOf, nodeAt, placesOf } from "../../src/plan/nodes.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { type PathJudge, pathJudge } from "../../src/policy/verdict.ts"
import { fakeDisk, rulesOf, type Said } from "../policy/naive-model.ts"

const ground: Said[] = [
  { does: "read", text: "/", layer: "base", locked: false },
  ...["/tmp", "/run", "/proc", "/dev"].map(text => ({
    ...{ does: "private" as const, text, layer: "base" as const, locked: false },
  })),
]
const system = ["/tmp/", "/run/", "/proc/", "/dev/"]

type Planned = { mounts: Mount[]; warnings: string[]; judge: PathJudge; facts: PathFacts }

/** @param found what a look at the disk reported */
function plan(said: readonly Said[], disk: readonly string[], found: readonly string[] = []): Planned {
  const facts = fakeDisk([...system, ...disk])
  const resolved = resolveRules(rulesOf([...ground, ...said]), { project: "/a", found, facts })
  const judge = pathJudge(resolved)
  const places = placesOf({ ...resolved, found, facts })
  const links = linksOf(resolved.paths, facts)
  return { ...planFilesystem({ judge: judge.judge, facts, places, links }), judge, facts }
}

const say = (words: string): Said => {
  const [does, text = "", layer = "user"] = words.split(" ")
  return { does: does as Said["does"], text, layer: layer as LayerName, locked: false }
}

/** `bind-write /a`, in order. */
function shown({ mounts }: { mounts: readonly Mount[] }): string[] {
  return mounts
    .filter(({ path }) => !["/tmp", "/run", "/proc", "/dev"].includes(path))
    .map(mount => `${mount.kind === "host" ? mount.access : mount.kind} ${mount.path}`)
}

const inside = (path: string, tree: string) => tree === "/" || path === tree || path.startsWith(`${tree}/`)
const parent = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/"

/** What a program inside may do at a path: the last mount that covers it decides, as in the kernel. */
function simulated(mounts: readonly Mount[], path: string): string {
  let access = "deny"
  for (const mount of mounts) {
    if (!inside(path, mount.path)) continue
    if (mount.kind === "host") access = mount.access
    else if (mount.kind === "hidden-directory" || mount.kind === "hidden-file") access = "deny"
    else if (["private", "proc", "dev"].includes(mount.kind)) access = "private"
  }
  return access
}

describe("by hand", () => {
  test.each<[string, string[], string[], string[]]>([
    ["a writable project in a read-only world", ["write /a"], ["/a/f"], ["read /", "write /a"]],
    [
      "a denied directory is hidden, and sealed at the end",
      ["write /a", "deny /a/s"],
      ["/a/s/k"],
      ["read /", "write /a", "hidden-directory /a/s", "sealed /a/s"],
    ],
    ["a denied file is hidden", ["deny /b/k"], ["/b/k"], ["read /", "hidden-file /b/k"]],
    [
      "what is not there is not mounted",
      ["write /a", "deny /a/no", "deny /b/no/x"],
      ["/a/f"],
      ["read /", "write /a"],
    ],
    [
      "an exception in a denied tree is mounted before the tree is sealed",
      ["deny /b/.ssh", "read /b/.ssh/known", "deny /b/.ssh/x/y", "write /b/.ssh/x"],
      ["/b/.ssh/known", "/b/.ssh/x/y/", "/b/.ssh/id"],
      [
        "read /",
        "hidden-directory /b/.ssh",
        "read /b/.ssh/known",
        "write /b/.ssh/x",
        "hidden-directory /b/.ssh/x/y",
        "sealed /b/.ssh/x/y",
        "sealed /b/.ssh",
      ],
    ],
    [
      "directories above a protected place are pinned",
      ["write /a", "protect /a/d/e/hooks"],
      ["/a/d/e/hooks/", "/a/d/other/"],
      ["read /", "write /a", "write /a/d", "write /a/d/e", "read /a/d/e/hooks"],
    ],
    [
      "nothing is mounted where the answer stays",
      ["read /b", "read /b/c", "write /a", "write /a/x"],
      ["/b/c/", "/a/x/"],
      ["read /", "write /a"],
    ],
    [
      "strict: a root that is denied is built anew",
      ["deny / user", "read /usr"],
      ["/usr/bin/", "/etc/"],
      ["read /usr", "sealed /"],
    ],
    [
      "a denied place in a private directory is made there",
      ["deny /tmp/x"],
      [],
      ["read /", "hidden-directory /tmp/x", "sealed /tmp/x"],
    ],
    [
      "an exception in a private directory",
      ["read /run/r/conf"],
      ["/run/r/conf"],
      ["read /", "read /run/r/conf"],
    ],
  ])("%s", (_, said, disk, expected) => {
    expect(shown(plan(said.map(say), disk))).toEqual(expected)
  })

  test("a git pointer file in a writable tree is never writable", () => {
    const { mounts } = plan([say("write /a")], ["/a/sub/.git", "/a/sub/f"], ["/a/sub/.git"])
    expect(shown({ mounts })).toEqual(["read /", "write /a", "write /a/sub", "read /a/sub/.git"])
  })

  test("a person's write rule for what is not there is warned of, a built-in one is not", () => {
    expect(plan([say("write /b/no")], ["/b/"]).warnings).toEqual([
      "user: write /b/no: /b/no does not exist, so it cannot be written inside; make it first",
    ])
    expect(plan([say("write /b/no toolchain"), say("write /a")], ["/a/"]).warnings).toEqual([])
    expect(plan([say("write /a"), say("write /a/no")], ["/a/"]).warnings).toEqual([])
  })

  test("a hidden directory lets pass when something below it is visible", () => {
    const passable = (said: string[]) =>
      plan(said.map(say), ["/b/s/pub"]).mounts.flatMap(mount =>
        mount.kind === "hidden-directory" ? mount.passable : [],
      )
    expect(passable(["deny /b/s"])).toEqual([false])
    expect(passable(["deny /b/s", "read /b/s/pub"])).toEqual([true])
    expect(passable(["deny /b/s", "read /b/s/no"])).toEqual([false])
  })

  test("a link in a hidden directory that leads to a visible place is made again", () => {
    const disk = ["/b/.ssh/known -> /b/dot/known", "/b/dot/known"]
    const { mounts } = plan(["deny /b/.ssh", "read /b/.ssh/known"].map(say), disk)
    expect(mounts.find(({ kind }) => kind === "link")).toMatchObject({
      path: "/b/.ssh/known",
      target: "/b/dot/known",
    })
    expect(shown(plan([say("read /b/.ssh/known")], disk))).toEqual(["read /"])
  })
})

describe("on any disk, under any rules", () => {
  const name = fc.constantFrom("a", "b", "c", ".git", "hooks", ".env")
  const path = fc
    .tuple(fc.constantFrom("a", "a", "b", "tmp"), fc.array(name, { maxLength: 4 }))
    .map(([top, names]) => `/${[top, ...names].join("/")}`)
  const text = fc.oneof({ weight: 4, arbitrary: path }, fc.constantFrom("/a/**/.env", "/a/*", "/b/**/hooks"))
  const rule = fc.record<Said>({
    does: fc.constantFrom("deny", "deny", "read", "write", "write"),
    text,
    layer: fc.constantFrom<LayerName>("base", "user"),
    locked: fc.constant(false),
  })
  const guard = fc.record<Said>({
    does: fc.constant("protect" as const),
    text: fc.oneof(path, fc.constantFrom(".git/hooks", ".env", "hooks")),
    layer: fc.constant("base"),
    locked: fc.constant(false),
  })
  const disk = fc
    .array(fc.tuple(path, fc.boolean()), { maxLength: 10 })
    .map(entries => ["/a/", "/b/", ...entries.map(([at, file]) => (file ? at : `${at}/`))])
  const world = fc.tuple(fc.array(rule, { maxLength: 6 }), fc.array(guard, { maxLength: 3 }), disk)

  /** A plan for a disk of which the look found everything. */
  function planned([rules, guards, entries]: [Said[], Said[], string[]]) {
    const own = entries.filter(entry => !entry.startsWith("/tmp/"))
    const facts = fakeDisk([...system, ...own])
    const trimmed = own.map(entry => entry.replace(/\/$/, ""))
    const all = [
      ...new Set(trimmed.flatMap(at => at.split("/").map((_, i, parts) => parts.slice(0, i + 1).join("/")))),
    ]
    const existing = all.filter(at => at !== "" && facts(at).kind !== "missing")
    return { ...plan([...rules, ...guards], own, existing), existing }
  }

  test("mounts are shallow first, each once, and seals are last and deep first", () => {
    fc.assert(
      fc.property(world, made => {
        const { mounts } = planned(made)
        const depth = ({ path: at }: Mount) => at.split("/").filter(Boolean).length
        const seals = mounts.filter(({ kind }) => kind === "sealed")
        const others = mounts.filter(({ kind }) => kind !== "sealed")
        expect(mounts).toEqual([...others, ...seals])
        expect(others.map(depth)).toEqual(others.map(depth).sort((a, b) => a - b))
        expect(seals.map(depth)).toEqual(seals.map(depth).sort((a, b) => b - a))
        expect(new Set(others.map(({ path: at }) => at)).size).toBe(others.length)
        const hidden = others.filter(({ kind }) => kind === "hidden-directory").map(({ path: at }) => at)
        expect(seals.map(({ path: at }) => at).sort()).toEqual(hidden.sort())
      }),
      { numRuns: 1000 },
    )
  })
})
