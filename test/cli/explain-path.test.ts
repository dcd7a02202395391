/** `cordon explain PATH`: the verdict of the judge that builds the sandbox, and what would change it. */
import { describe, expect, test } from "bun:test"
import { explainPath } from "../../src/cli/explain-path.ts"
import type { Access, Layer, Settings } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { fakeDisk, layerOf, pathRule, protection, sourced } from "../policy/naive-model.ts"

const facts = fakeDisk(["/x/y", "/x/l -> y"])

function explained(path: string, ...layers: Layer[]) {
  const policy = mergeLayers(layers, { home: "/b", otherHomes: [] })
  return explainPath(path, { policy, judge: pathJudge(policy), facts })
}

describe("what would open it", () => {
  const org = (access: Access, path: string, locked: boolean) =>
    layerOf("org", { paths: [pathRule(access, path, { layer: "org", locked })] })
  const user = (access: Access, path: string) => layerOf("user", { paths: [pathRule(access, path)] })
  const setting = (settings: Partial<Settings>, locked: boolean): Layer => ({
    ...layerOf("org"),
    settings: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, sourced(value, "org", locked)]),
    ),
  })

  test.each<[string, string, (locked: boolean) => Layer[], string]>([
    ["a denial", "/x/y", locked => [org("deny", "/x", locked)], "to read it: --read /x/y"],
    ["a read", "/x/y", locked => [org("read", "/x", locked)], "to write it: --write /x/y"],
    [
      "a read, below which the user says so too",
      "/x/y",
      locked => [org("read", "/x", locked), user("read", "/x/y")],
      "to write it: --write /x/y",
    ],
    ["readonly", "/x/y", locked => [setting({ readonly: true }, locked)], "to write it: --write /x/y"],
    ["strict", "/", locked => [setting({ strict: true }, locked)], "to read it: --read /"],
    ["home", "/b", locked => [setting({ home: "deny" }, locked)], "to read it: --read /b"],
    [
      "a protection",
      "/x/y",
      locked => [
        user("write", "/x"),
        layerOf("org", { protections: [protection("protect", "/x/y", { layer: "org", locked })] }),
      ],
      "to lift it: --unprotect /x/y",
    ],
  ])("%s, and nothing where the organisation locks it", (_, path, layersOf, opening) => {
    expect(explained(path, ...layersOf(false)).notes).toEqual([opening])
    const [note, ...more] = explained(path, ...layersOf(true)).notes
    expect(note).toMatch(/^the organisation's policy locks that \(org.*\): no option opens it$/)
    expect(more).toEqual([])
  })

  test("a locked rule leaves open what it does not forbid", () => {
    expect(explained("/x/y", org("read", "/x", true), user("deny", "/x/y")).notes).toEqual([
      "to read it: --read /x/y",
    ])
    expect(explained("/x/y", setting({ strict: true, home: "deny" }, true)).notes).toEqual([
      "to read it: --read /x/y",
    ])
  })

  test("is no option where an option says the contrary of the same path", () => {
    const option = (access: Access, path: string) =>
      layerOf("command line", { paths: [pathRule(access, path, { layer: "command line" })] })
    expect(explained("/x/y", option("deny", "/x/y")).notes).toEqual([
      "to read it: leave out command line: deny /x/y",
    ])
    expect(explained("/x/y", option("read", "/x/y")).notes[0]).toStartWith("to write it: leave out")
    expect(explained("/x/y", option("deny", "/x")).notes).toEqual(["to read it: --read /x/y"])
    expect(explained("/x/y", user("deny", "/x/y")).notes).toEqual(["to read it: --read /x/y"])
  })

  test.each([
    ["/x/a b", "'/x/a b'"],
    ["/x/[id].tsx", "'/x/\\[id\\].tsx'"],
    ["/x/a*{b}", "'/x/a\\*\\{b\\}'"],
    ["/x/a$b", "'/x/a?b'"],
    ["/x/a\nb", "'/x/a?b'"],
  ])("is to be pasted, and means this path: %j", (path, pasted) => {
    const closed = [user("read", "/x"), user("deny", "/x/a b")]
    const disk = fakeDisk([path])
    const policy = mergeLayers(closed, { home: "/b", otherHomes: [] })
    const { verdict, notes } = explainPath(path, { policy, judge: pathJudge(policy), facts: disk })
    expect(notes).toEqual([
      verdict === "deny" ? `to read it: --read ${pasted}` : `to write it: --write ${pasted}`,
    ])
  })

  test("says what has to be made first, because nothing can be made beside it", () => {
    const protects = (name: string) => layerOf("base", { protections: [protection("protect", name)] })
    expect(explained("/x/new", user("read", "/x")).notes).toEqual([
      "to write it: make it first, then --write /x/new",
    ])
    expect(explained("/x/new", user("deny", "/x")).notes).toEqual(["to read it: --read /x/new"])
    expect(explained("/x/d/new", user("write", "/x"), protects("/x/d")).notes).toEqual([
      "to lift it: make it first, then --unprotect /x/d/new",
    ])
    expect(explained("/x/new", user("write", "/x"), protects("/x/new")).notes).toEqual([
      "to lift it: --unprotect /x/new",
    ])
  })

  test("of what readonly closes, names readonly", () => {
    const found = explained("/x/y", user("write", "/x"), setting({ readonly: true }, true))
    expect(found).toMatchObject({ verdict: "read", rule: "read /x", source: "org says so" })
  })

  test("Cordon's own locks are not the organisation's", () => {
    const own = layerOf("base", { paths: [pathRule("deny", "/x", { layer: "base", locked: true })] })
    expect(explained("/x/y", own).notes).toEqual([
      "Cordon itself locks that (base: deny /x): no option opens it",
    ])
  })
})

test("a protection that is lifted lost, and what lifts it did not", () => {
  const protect = layerOf("base", { protections: [protection("protect", "/x/y", { layer: "base" })] })
  const unprotect = protection("unprotect", "/x/y", { layer: "user" })
  const user = layerOf("user", { paths: [pathRule("write", "/x")], protections: [unprotect] })
  const { verdict, notes, lost } = explained("/x/y", protect, user)
  expect([verdict, ...notes]).toEqual(["write", "protected no more: unprotect /x/y (user: unprotect /x/y)"])
  expect(lost.map(({ rule }) => rule)).toEqual(["read /", "protect /x/y"])
  expect(explained("/x/y", user).notes).toEqual([])
})

describe("what lost", () => {
  test("is every other rule that matched, closest first", () => {
    const user = layerOf("user", { paths: [pathRule("deny", "/x"), pathRule("write", "/x/y")] })
    expect(explained("/x/l", user)).toMatchObject({
      subject: "/x/l",
      verdict: "write",
      rule: "write /x/y",
      notes: ["leads to /x/y"],
      lost: [{ rule: "deny /x" }, { rule: "read /" }],
    })
  })

  test("names a socket that the organisation's list leaves out, by either name", () => {
    const org = layerOf("org", { none: [sourced("sockets" as const, "org", true)] })
    const lost = { rule: "network.unix_sockets /x/y", layer: "user", source: "user says so" }
    const user = layerOf("user", { sockets: [sourced("/x/y")] })
    expect(explained("/x/y", org, user).lost).toContainEqual(lost)
    expect(explained("/x/l", org, user).lost).toContainEqual(lost)
    expect(explained("/x", org, user).lost).not.toContainEqual(lost)
    expect(explained("/x/y", user).lost).not.toContainEqual(lost)
  })
})
