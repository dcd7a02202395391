/** What a launch adds to the rules for sockets: those that are named are shown and kept, the others hidden. */
import { describe, expect, test } from "bun:test"
import type { PathFacts, PathKind } from "../../src/host/path-facts.ts"
import { sessionSockets, socketLayer } from "../../src/plan/system.ts"
import { sourced } from "../policy/naive-model.ts"

/** Path → what stands there, and where it leads when that is somewhere else. */
type Disk = Readonly<Record<string, PathKind | { to: string; kind: PathKind }>>

function factsOf(disk: Disk): PathFacts {
  return path => {
    const entry = disk[path] ?? "missing"
    if (typeof entry === "string") return { canonical: path, kind: entry, links: [] }
    return { canonical: entry.to, kind: entry.kind, links: [{ path, target: entry.to }] }
  }
}

const disk: Disk = {
  "/home/u/named": "other",
  "/home/u/link": { to: "/real/named", kind: "other" },
  "/home/u/bound": "other",
  "/home/u/directory": "directory",
  "/run/user/7": "directory",
}
const facts = factsOf(disk)

function layer(named: readonly string[], seen: { bound?: string[]; session?: string[] } = {}) {
  const { bound = [], session = [] } = seen
  const { paths, protections } = socketLayer(
    named.map(path => sourced(path)),
    { bound, session },
    facts,
  )
  const said = paths.map(({ access, value }) => `${access} ${value.kind === "exact" ? value.path : "?"}`)
  const kept = protections.map(({ effect, value }) =>
    value.kind === "place" && value.pattern.kind === "exact" ? `${effect} ${value.pattern.path}` : "?",
  )
  return { said, kept }
}

describe("a named socket", () => {
  test("is shown where it is, and nothing inside may take its name", () => {
    expect(layer(["/home/u/named"])).toEqual({
      said: ["read /home/u/named"],
      kept: ["protect /home/u/named"],
    })
  })
  test("that is not there yet is not shown, and its name is kept for the host", () => {
    expect(layer(["/home/u/later"])).toEqual({ said: [], kept: ["protect /home/u/later"] })
  })
  test("behind a link is kept under both names", () => {
    expect(layer(["/home/u/link"])).toEqual({
      said: ["read /real/named"],
      kept: ["protect /home/u/link", "protect /real/named"],
    })
  })
  test("keeps the word of whoever named it", () => {
    const { protections } = socketLayer(
      [sourced("/home/u/named", "org", true)],
      { bound: [], session: [] },
      facts,
    )
    expect(protections[0]).toMatchObject({ layer: "org", locked: true })
  })
})

describe("other sockets of the host", () => {
  test("are hidden, and so is the session's own directory", () => {
    const seen = { bound: ["/home/u/bound", "/home/u/named"], session: ["/run/user/7"] }
    expect(layer(["/home/u/named"], seen)).toEqual({
      said: ["read /home/u/named", "deny /home/u/bound", "deny /run/user/7"],
      kept: ["protect /home/u/named"],
    })
  })
  test("what is a directory by now, or gone, is left alone", () => {
    expect(layer([], { bound: ["/home/u/directory", "/home/u/gone"] })).toEqual({ said: [], kept: [] })
  })
})

describe("where the session keeps its sockets", () => {
  const environment = { XDG_RUNTIME_DIR: "/home/u/directory", SSH_AUTH_SOCK: "/home/u/bound" }
  test("is what its variables name", () => {
    expect(sessionSockets(environment, [], facts)).toEqual(["/home/u/bound", "/home/u/directory"])
  })
  test("is nothing that the sandbox is about, nothing that is private anyway, and nothing that is missing", () => {
    expect(sessionSockets(environment, ["/home/u/directory/project"], facts)).toEqual(["/home/u/bound"])
    expect(sessionSockets({ XDG_RUNTIME_DIR: "/run/user/7" }, [], facts)).toEqual([])
    expect(sessionSockets({ SSH_AUTH_SOCK: "/home/u/later" }, [], facts)).toEqual([])
    expect(sessionSockets({}, [], facts)).toEqual([])
  })
})
