/** Where agents keep what is theirs, and what happens when it is not there. */
import { describe, expect, test } from "bun:test"
import { UserError } from "../../src/base/error.ts"
import { planState, type StatePlan } from "../../src/plan/state.ts"
import type { StateEntry } from "../../src/policy/layer.ts"
import { patternText } from "../../src/policy/path-pattern.ts"
import { fakeDisk, sourced } from "../policy/naive-model.ts"

const disk = ["/b/.there/", "/b/.file.json", "/data/moved/sub/", "/b/p/"]

type Entry = Partial<StateEntry> & { value: string }

function plan(entries: readonly Entry[], environment: Record<string, string> = {}): StatePlan {
  const full = entries.map(entry => ({
    ...sourced(entry.value, "agent"),
    ...{ variable: undefined, below: "", absent: "skip" as const },
    ...entry,
  }))
  return planState(full, {
    environment,
    home: "/b",
    facts: fakeDisk(disk),
    accessOf: path => (path.startsWith("/denied") ? "deny" : "read"),
    denials: ["/denied", "/data/secret"],
  })
}

const writable = ({ rules }: StatePlan) => rules.map(({ access, value }) => `${access} ${patternText(value)}`)

describe("state that is there", () => {
  test("becomes writable, directories as files, in the voice of its profile", () => {
    const made = plan([{ value: "/b/.there" }, { value: "/b/.file.json" }])
    expect(writable(made)).toEqual(["write /b/.there", "write /b/.file.json"])
    expect(made.rules.map(({ role, layer }) => [role, layer])).toEqual([
      ["state", "agent"],
      ["state", "agent"],
    ])
    expect([made.create, made.redirect, made.moved]).toEqual([[], {}, []])
  })
})

describe("state that is not there", () => {
  test("is made when its profile says so", () => {
    const made = plan([{ value: "/b/.new", absent: "create" }])
    expect(made.create).toEqual(["/b/.new"])
    expect(writable(made)).toEqual(["write /b/.new"])
  })

  test("is not made when it is there, nor when it may be left out", () => {
    expect(plan([{ value: "/b/.there", absent: "create" }]).create).toEqual([])
    expect(plan([{ value: "/b/.new", absent: "skip" }]).create).toEqual([])
  })

  test("is redirected into private temp by its variable, and opens nothing on the host", () => {
    const made = plan([{ value: "/b/.cache/x", variable: "X_CACHE", absent: "redirect" }])
    expect(made.redirect).toEqual({ X_CACHE: "/tmp/cordon-caches/X_CACHE" })
    expect(made.rules).toEqual([])
    expect(made.create).toEqual([])
  })

  test("is not redirected when it is there, or when there is no variable to say so", () => {
    expect(plan([{ value: "/b/.there", variable: "X", absent: "redirect" }]).redirect).toEqual({})
    const without = plan([{ value: "/b/.new", absent: "redirect" }])
    expect([without.redirect, writable(without)]).toEqual([{}, ["write /b/.new"]])
  })
})

describe("a variable", () => {
  const entry: Entry = { value: "/b/.there", variable: "X_HOME" }

  test("moves the state, and says from where to where", () => {
    const made = plan([entry], { X_HOME: "/data/moved" })
    expect(writable(made)).toEqual(["write /data/moved"])
    expect(made.moved).toEqual([{ from: "/b/.there", to: "/data/moved" }])
  })

  test("moves only what of it is meant", () => {
    const made = plan([{ ...entry, below: "sub" }], { X_HOME: "/data/moved/" })
    expect(writable(made)).toEqual(["write /data/moved/sub"])
  })

  test("that says the same place moves nothing", () => {
    expect(plan([entry], { X_HOME: "/b/.there/" }).moved).toEqual([])
  })

  test("of another entry, or without a directory in it, moves nothing", () => {
    for (const environment of [
      { Y_HOME: "/data/moved" },
      { X_HOME: "" },
      { X_HOME: "0" },
      { X_HOME: "relative/dir" },
      { X_HOME: "/a:/b" },
    ])
      expect(writable(plan([entry], environment as Record<string, string>))).toEqual(["write /b/.there"])
  })

  test("that names a missing directory is created or redirected there", () => {
    const created = plan([{ ...entry, absent: "create" }], { X_HOME: "/data/none" })
    expect([created.create, writable(created)]).toEqual([["/data/none"], ["write /data/none"]])
    const redirected = plan([{ ...entry, absent: "redirect" }], { X_HOME: "/data/none" })
    expect(redirected.redirect).toEqual({ X_HOME: "/tmp/cordon-caches/X_HOME" })
  })

  test.each(["/b", "/", "/b/", "/b/../b", "/b/x/.."])("may not open the home: %s", value => {
    expect(() => plan([entry], { X_HOME: value })).toThrow(UserError)
    expect(() => plan([entry], { X_HOME: value })).toThrow("would make your home directory writable")
  })

  test("may name a directory beside the home", () => {
    expect(writable(plan([entry], { X_HOME: "/bb" }))).toEqual(["write /bb"])
  })
})
