/** The policy in the words of system calls, and what moves with a directory. */
import { describe, expect, test } from "bun:test"
import { realpathSync } from "node:fs"
import { basename } from "node:path"
import fc from "fast-check"
import { Gate } from "../../src/live/gate.ts"
import { rulesOf, type Said } from "../policy/naive-model.ts"

const says = (does: Said["does"], text: string): Said => ({ does, text, layer: "base", locked: false })
const said = [
  says("read", "/"),
  says("write", "/p"),
  says("write", "/q"),
  says("deny", "/p/**/.env"),
  says("deny", "/p/secret/*/key"),
  says("read", "/p/kept"),
  says("read", "/p/**/.env.example"),
  ...[".git/hooks", ".git/modules/**/hooks", ".git/worktrees/*/commondir", ".envrc", "*.work"].map(text =>
    says("protect", text),
  ),
  says("protect", "/p/own/settings"),
]
const gate = new Gate(rulesOf(said))
const [allowed, access, readOnly] = [0, -13, -30]

describe("writing", () => {
  test.each([
    ["/p/file", allowed],
    ["/p/.envrc", access],
    ["/p/a/b/.envrc/c", access],
    ["/p/a.work", access],
    ["/p/.git", allowed],
    ["/p/a/.git/hooks", access],
    ["/p/.env", access],
    ["/p/kept", readOnly],
    ["/p/own/settings/x", access],
    // The mounts say it there.
    ["/elsewhere/.envrc", allowed],
  ])("%s → %d", (path, answer) => expect(gate.write(path)).toBe(answer))

  test("what is no directory may not stand where protected names would need one", () => {
    expect(
      ["/p/.git", "/p/a/.git", "/p/.git/modules", "/p/.git/worktrees/x"].map(path => gate.writeFile(path)),
    ).toEqual([access, access, access, access])
    expect(["/p/.git/modules/a/b", "/p/git", "/elsewhere/.git"].map(path => gate.writeFile(path))).toEqual([
      0, 0, 0,
    ])
    expect(["/p/.git/modules/a/b", "/p/.git"].map(path => gate.writeLink(path))).toEqual([access, access])
    expect(["/p/.git/objects", "/p/link", "/elsewhere/.git"].map(path => gate.writeLink(path))).toEqual([
      0, 0, 0,
    ])
  })
})

test("reading", () => {
  expect(["/p/.env", "/p/a/.env", "/p/.env.example", "/p/.envrc", "/x"].map(path => gate.read(path))).toEqual(
    [access, access, allowed, allowed, allowed],
  )
})

describe("a path is judged as it is spelled", () => {
  test.each(["/usr/bin/env", "/etc/passwd"])("%s", path => expect(gate.readAsSpelled(path)).toBe(allowed))
  test.each([
    "/usr",
    "/usr/../p",
    "/usr/./x",
    "/usr//x",
    "/usr/x/..",
    "/usr/x/",
    "/usr/\x01",
    "/p/x",
    "/usrx/y",
    "usr/x",
    // What is not there may be a link when it comes.
    "/usr/bin/no such program",
    // It leads out of the system.
    "/etc/mtab",
  ])("not %j", path => expect(gate.readAsSpelled(path)).toBeUndefined())
  test("by what it leads to, through its directory or as a link itself", () => {
    const real = realpathSync("/etc/os-release")
    expect(real).not.toBe("/etc/os-release")
    const denying = new Gate(rulesOf([...said, says("deny", `/usr/**/${basename(real)}`)]))
    expect(denying.readAsSpelled("/etc/os-release")).toBe(access)
    expect(denying.readAsSpelled(real)).toBe(access)
    expect(denying.readAsSpelled("/etc/passwd")).toBe(allowed)
    const byDirectory = new Gate(rulesOf([...said, says("deny", `${realpathSync("/bin")}/**/en?`)]))
    expect(byDirectory.readAsSpelled("/bin/env")).toBe(access)
    expect(byDirectory.readAsSpelled("/bin/sh")).toBe(allowed)
  })
  test("not where something is writable", () => {
    expect(
      new Gate(rulesOf([...said, says("write", "/usr/local")])).readAsSpelled("/usr/bin/env"),
    ).toBeUndefined()
  })
})

describe("directories that take nothing along", () => {
  test.each([
    ["/p/a", "/p/b"],
    ["/p/a", "/p/deep/er/b"],
    ["/p/x/.git", "/p/y/.git"],
    ["/p/.git/objects", "/p/.git/new"],
  ])("%s → %s", (from, to) => expect(gate.reach.tellsApart(from, to)).toBe(false))
})

describe("directories that may take something along", () => {
  test.each([
    ["/p/a", "/p/.git"],
    ["/p/.git", "/p/a"],
    ["/p/.git/modules/a/b", "/p/c"],
    ["/p/c", "/p/.git/modules/a/b/c"],
    ["/p/a", "/p/secret"],
    ["/p/own", "/p/other"],
    ["/p/a", "/q/a"],
    ["/q/a", "/p/a"],
  ])("%s → %s", (from, to) => expect(gate.reach.tellsApart(from, to)).toBe(true))
})

test("whatever lies below directories that are not told apart is judged alike", () => {
  const name = fc.constantFrom(
    "a",
    "b",
    ".git",
    "hooks",
    "modules",
    "worktrees",
    "commondir",
    ".env",
    ".envrc",
    "secret",
    "key",
    "own",
    "settings",
  )
  const names = fc.array(name, { minLength: 1, maxLength: 4 }).map(list => list.join("/"))
  const tree = fc.constantFrom("/p", "/q")
  const place = fc.tuple(tree, names).map(list => list.join("/"))
  fc.assert(
    fc.property(place, place, names, (from, to, below) => {
      const movable = gate.write(from) === 0 && gate.write(to) === 0
      if (!movable || gate.reach.tellsApart(from, to)) return
      expect(gate.write(`${to}/${below}`)).toBe(gate.write(`${from}/${below}`))
      expect(gate.read(`${to}/${below}`)).toBe(gate.read(`${from}/${below}`))
    }),
    { numRuns: 20_000 },
  )
})

test("what was answered for one name is the answer for no other that a rule can tell from it", () => {
  const ruled = ["a", "b", "*", "?", "**", "a*", "*.b", "[ab]c", "{x,y}", "q?"]
  const component = fc.constantFrom(...ruled)
  const text = fc.array(component, { minLength: 1, maxLength: 4 }).map(list => list.join("/"))
  const rule = fc.record({
    does: fc.constantFrom<Said["does"]>("deny", "read", "write", "protect", "unprotect"),
    text: text.map(pattern => `/w/${pattern}`),
    layer: fc.constantFrom<Said["layer"]>("base", "user"),
    locked: fc.boolean(),
  })
  const anywhere = fc.record({
    does: fc.constantFrom<Said["does"]>("protect", "unprotect"),
    text: text.filter(pattern => !pattern.startsWith("*") && !pattern.endsWith("*")),
    layer: fc.constantFrom<Said["layer"]>("base", "user"),
    locked: fc.boolean(),
  })
  const name = fc.constantFrom("a", "b", "c", "ab", "x.b", "ac", "x", "q1", "one", "other", "further")
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map(list => `/w/${list.join("/")}`)
  const ask = (gate: Gate, path: string) =>
    [gate.read(path), gate.write(path), gate.writeFile(path), gate.writeLink(path)].join()
  fc.assert(
    fc.property(
      fc.array(fc.oneof(rule, anywhere), { maxLength: 6 }),
      fc.array(path, { minLength: 2, maxLength: 12 }),
      (more, paths) => {
        const rules = rulesOf([says("read", "/"), says("write", "/w"), ...more])
        const asked = experienced(new Gate(rules))
        expect(paths.map(path => ask(asked, path))).toEqual(paths.map(path => ask(new Gate(rules), path)))
      },
    ),
    { numRuns: 5_000 },
  )
})

test("its memory has an end: paths without number, long ones too", () => {
  const many = new Gate(rulesOf(said))
  const before = process.memoryUsage().rss
  for (let at = 0; at < 150_000; at++) many.write(`/p/directory-${at}/file-${at}`)
  for (let at = 0; at < 300; at++) many.write(`/p/${"a/".repeat(1000)}${at}`)
  expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000)
})

test("the root has no name, and shares no answer with the names in it", () => {
  const all = rulesOf([says("read", "/"), says("deny", "/*"), says("read", "/usr")])
  for (const prepare of [(gate: Gate) => gate, experienced]) {
    const [rootFirst, nameFirst] = [prepare(new Gate(all)), prepare(new Gate(all))]
    expect([rootFirst.read("/"), rootFirst.read("/new")]).toEqual([allowed, access])
    expect([nameFirst.read("/new"), nameFirst.read("/")]).toEqual([access, allowed])
  }
})

/** One that has judged so many paths that names which no rule can tell apart share an answer. */
function experienced(gate: Gate): Gate {
  for (let at = 0; at < 100; at++) gate.read(`/elsewhere/${at}/below`)
  return gate
}

test("answers are the same before and after names share them", () => {
  const paths = ["/p/a/.env", "/p/a/file", "/p/a/.envrc", "/p/secret/x/key", "/p/secret/x/other", "/p/x.work"]
  const [fresh, later] = [new Gate(rulesOf(said)), experienced(new Gate(rulesOf(said)))]
  const ask = (gate: Gate) => paths.map(path => [gate.read(path), gate.write(path), gate.writeFile(path)])
  const before = ask(fresh)
  expect(ask(later)).toEqual(before)
  expect(ask(experienced(fresh))).toEqual(before)
})
