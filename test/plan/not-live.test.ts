/** What mounts cannot carry is listed; what they do carry is not. */
import { describe, expect, test } from "bun:test"
import { type NotLive, notLiveRules } from "../../src/plan/not-live.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { fakeDisk, pathRule, protection } from "../policy/naive-model.ts"

const ground = [
  pathRule("read", "/", { layer: "base" }),
  ...["/tmp", "/run"].map(path => pathRule("private", path, { layer: "base" })),
  pathRule("write", "/a", { layer: "base" }),
]

type Fields = Partial<Record<"denied" | "protect" | "unprotect" | "unseen" | "disk" | "found", string[]>>

function listed({ denied = [], protect = [], unprotect = [], disk = [], ...look }: Fields): NotLive[] {
  const policy = {
    paths: [...ground, ...denied.map(text => pathRule("deny", text))],
    protections: [
      ...protect.map(text => protection("protect", text)),
      ...unprotect.map(text => protection("unprotect", text)),
    ],
  }
  const facts = fakeDisk(["/a/", "/tmp/", "/run/", ...disk])
  const { unseen = [], found = [] } = look
  return notLiveRules({ policy, judge: pathJudge(policy), facts, project: "/a", unseen, found })
}

const rules = (fields: Fields) => listed(fields).map(({ rule }) => rule)

describe("a denied path", () => {
  test("that is not there is listed with its source", () => {
    const [only, ...others] = listed({ denied: ["/b/none"] })
    expect(others).toEqual([])
    expect(only?.rule).toBe("deny /b/none (user: deny /b/none)")
    expect(only?.why).toContain("does not exist")
    expect(only?.source.file).toBe("user: deny /b/none")
  })

  test("that is there is not", () => {
    expect(rules({ denied: ["/b/there"], disk: ["/b/there"] })).toEqual([])
  })

  test("in a directory that is denied or the sandbox's own is covered, existing or not", () => {
    expect(rules({ denied: ["/b/s", "/b/s/none"], disk: ["/b/s/"] })).toEqual([])
    expect(rules({ denied: ["/tmp/none", "/run/x/y"] })).toEqual([])
  })

  test("that another rule opens is no denial", () => {
    const policy = {
      paths: [...ground, pathRule("deny", "/b/x", { layer: "base" }), pathRule("read", "/b/x")],
      protections: [],
    }
    const facts = fakeDisk(["/b/"])
    const request = { policy, judge: pathJudge(policy), facts, project: "/a", unseen: [], found: [] }
    expect(notLiveRules(request)).toEqual([])
  })
})

test("a rule that opens is not told as a denial, even where another one denies", () => {
  const paths = [...ground, pathRule("read", "/b/x", { layer: "base" }), pathRule("deny", "/b/x")]
  const policy = { paths, protections: [] }
  const request = { policy, judge: pathJudge(policy), facts: fakeDisk(["/b/"]), project: "/a" }
  expect(notLiveRules({ ...request, unseen: [], found: [] })).toHaveLength(1)
})

describe("patterns and names", () => {
  test("hold for what exists at launch only, and say so", () => {
    const all = listed({ denied: ["**/*.pem"], protect: [".git/hooks", "/b/bin"], unprotect: [".envrc"] })
    expect(all.map(({ rule }) => rule)).toEqual([
      "deny /a/**/*.pem (user: deny **/*.pem)",
      "protect .git/hooks (user: protect .git/hooks)",
    ])
    expect(all[0]?.why).toContain("a file made later")
    expect(all[1]?.why).toContain("made later is writable")
  })

  test("that open are no promise, so nothing is missing", () => {
    const policy = { paths: [...ground, pathRule("read", "**/x")], protections: [] }
    const request = {
      policy,
      judge: pathJudge(policy),
      facts: fakeDisk([]),
      project: "/a",
      unseen: [],
      found: [],
    }
    expect(notLiveRules(request)).toEqual([])
  })
})

test("a link that is denied or protected by its name can be replaced, and that is said", () => {
  const disk = ["/a/.env -> ../b/env", "/b/env", "/a/.envrc -> ../b/rc", "/b/rc", "/a/free -> ../b/x", "/b/x"]
  const found = ["/a/.env", "/a/.envrc", "/a/free"]
  const all = listed({ denied: ["/a/.env"], protect: ["/a/.envrc"], disk, found })
  expect(all.map(({ rule }) => rule)).toEqual(["/a/.env", "/a/.envrc"])
  expect(all[0]?.why).toContain("symbolic link")
})

describe("what the look left out", () => {
  test("is one line, with how much more there is", () => {
    const [only] = listed({ unseen: ["/a/big", "/a/big/x", "/a/y"] })
    expect(only?.rule).toBe("globs and protected names below /a/big and 2 more directories")
    expect(only?.source).toMatchObject({ file: "the look at the project", line: 0 })
  })

  test("outside the project is nobody's promise", () => {
    expect(rules({ unseen: ["/b/x"] })).toEqual([])
    expect(rules({ unseen: [], found: [] })).toEqual([])
  })
})
