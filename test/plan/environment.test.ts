/** Which variables the command sees: by name, then by value, then by mode. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { environmentWarnings, judgeVariable, planEnvironment } from "../../src/plan/environment.ts"
import type { EnvironmentMode, Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { layerOf, sourced } from "../policy/naive-model.ts"

/** `user pass LANG`, `org! remove *_KEY`: who, what, of what; `set A=b` too. */
function layerFor(words: string): Layer {
  const [from = "", verdict, text = ""] = words.split(" ")
  const name = from.replace("!", "") as LayerName
  const locked = from.endsWith("!")
  if (verdict !== "set")
    return layerOf(name, { variables: [{ ...sourced(text, name, locked), verdict: verdict as "pass" }] })
  const [variable = "", value = ""] = text.split("=")
  return layerOf(name, { assignments: [{ ...sourced(value, name, locked), name: variable }] })
}

function policyOf(mode: EnvironmentMode, said: readonly string[]) {
  const preset = layerOf("preset", { settings: { environmentMode: mode } })
  return mergeLayers([preset, ...said.map(layerFor)], { home: "/b", otherHomes: [] })
}

function verdict(mode: EnvironmentMode, variable: string, ...said: string[]): string {
  const [name = "", value = "plain"] = variable.split(/=(.*)/)
  return judgeVariable(name, value, policyOf(mode, said)).verdict
}

describe("names", () => {
  test.each<[string, string, string[]]>([
    ["exact beats pattern", "pass", ["base remove *_KEY", "base pass MY_KEY"]],
    ["exact beats pattern of a higher layer", "remove", ["base remove MY_KEY", "user pass MY_*"]],
    ["more letters beat fewer", "pass", ["user remove *_KEY", "base pass MY_KE*"]],
    ["the higher layer decides", "pass", ["base remove MY_KEY", "user pass MY_KEY"]],
    ["in one layer removing decides", "remove", ["user remove MY_KEY", "user pass MY_KEY"]],
    ["case does not matter", "remove", ["base remove my_key"]],
    ["nor in patterns", "remove", ["base remove *_key"]],
    ["? is one letter", "remove", ["base remove MY_KE?"]],
    ["and not two", "pass", ["base remove MY_K?"]],
    ["a pattern is about the whole name", "pass", ["base remove MY", "base remove *_KE"]],
    ["locked away stays away", "remove", ["org! remove *_KEY", "user pass MY_KEY"]],
    ["a locked pass opens, and others may close", "remove", ["org! pass MY_*", "user remove MY_KEY"]],
  ])("%s", (_, expected, said) => {
    expect(verdict("scrub", "MY_KEY", ...said)).toBe(expected)
    expect(verdict("scrub", "my_key", ...said)).toBe(expected)
  })
})

describe("modes", () => {
  test("scrub passes what nobody removes, clean what somebody passes, inherit everything", () => {
    expect(verdict("scrub", "FOO")).toBe("pass")
    expect(verdict("clean", "FOO")).toBe("remove")
    expect(verdict("clean", "FOO", "base pass FOO")).toBe("pass")
    expect(verdict("clean", "FOO", "base pass F*")).toBe("pass")
    expect(verdict("inherit", "MY_KEY", "base remove *_KEY", "agent remove MY_KEY")).toBe("pass")
  })

  test("inherit still hears people", () => {
    for (const layer of ["org", "user", "project"]) {
      expect(verdict("inherit", "MY_KEY", `${layer} remove *_KEY`)).toBe("remove")
    }
  })
})

describe("values", () => {
  const token = "ghp_0123456789abcdef"
  const secrets = [
    "postgres://me:pw@db/x",
    "https://:pw@host",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nx",
    token,
    ...["gho_", "github_pat_", "glpat-", "sk-", "xoxb-", "AKIA", "AIza", "npm_", "pypi-", "hf_"].map(
      start => `${start}0123456789`,
    ),
  ]
  test.each(secrets)("%s is a secret under any name", value => {
    expect(verdict("scrub", `FOO=${value}`)).toBe("remove")
    expect(verdict("scrub", `FOO=${value}`, "user pass F*")).toBe("remove")
    expect(verdict("scrub", `FOO=${value}`, "user pass FOO")).toBe("pass")
    expect(verdict("inherit", `FOO=${value}`)).toBe("pass")
  })

  test.each(["https://host/a@b", "user@host", "skate", "sk-1", "http://localhost:80/x", "AKI", "a:b@c", ""])(
    "%s is none",
    value => {
      expect(verdict("scrub", `FOO=${value}`)).toBe("pass")
    },
  )

  test("the verdict says why", () => {
    const why = (variable: string, ...said: string[]) => {
      const [name = "", value = ""] = variable.split(/=(.*)/)
      return judgeVariable(name, value, policyOf("scrub", said)).why
    }
    expect(why(`FOO=${token}`)).toBe("its value looks like a token")
    expect(why("FOO=1")).toBe("environment.mode is scrub")
    expect(why("FOO=1", "user remove FOO")).toBe("a rule removes it")
    expect(why("FOO=1", "user pass FOO")).toBe("a rule passes it")
  })
})

test("what a person writes about a variable that is locked away is warned of", () => {
  const warned = (...said: string[]) => environmentWarnings(policyOf("scrub", said))
  const nothing = "has no effect: the organisation's policy removes the variable"
  expect(warned("org! remove *_KEY", "user set MY_KEY=x", "user pass MY_KEY")).toEqual([
    `user says so: environment.set MY_KEY ${nothing}`,
    `user says so: environment.pass MY_KEY ${nothing}`,
  ])
  expect(warned("org! remove *_KEY", "agent pass MY_KEY", "user pass *_KEY", "user set MY=x")).toEqual([])
  expect(warned("org! remove *_KEY", "org! set MY_KEY=x")).toEqual([])
  expect(warned("org remove *_KEY", "user set MY_KEY=x", "user pass MY_KEY")).toEqual([])
})

describe("the whole environment", () => {
  function planned(
    mode: EnvironmentMode,
    inherited: Record<string, string | undefined>,
    said: string[] = [],
  ) {
    const pointers = ["DISPLAY", "VSCODE_*", "LD_*"]
    return planEnvironment({
      policy: policyOf(mode, said),
      inherited,
      own: { CORDON: "1", PWD: "/a" },
      pointers,
    })
  }

  test("is what passes, then Cordon's own, then what people set, the highest last", () => {
    const said = ["user set A=user", "project set A=project", "user set PWD=/x", "base remove B"]
    expect(planned("scrub", { A: "inherited", B: "b", C: "c", D: undefined, PWD: "/old" }, said)).toEqual({
      ...{ A: "user", C: "c", CORDON: "1", PWD: "/x" },
    })
  })

  test("a locked value stays, whoever sets another", () => {
    expect(planned("scrub", {}, ["org! set A=org", "user set A=mine"]).A).toBe("org")
    expect(planned("scrub", {}, ["org set A=org", "user set A=mine"]).A).toBe("mine")
  })

  test("what is locked away is not set again, but by whoever locks", () => {
    const away = "org! remove *_KEY"
    for (const from of ["user", "project", "org"])
      expect(
        planned("scrub", { MY_KEY: "1" }, [away, `${from} set my_key=x`, `${from} set MY_KEY=x`]),
      ).toEqual({
        ...{ CORDON: "1", PWD: "/a" },
      })
    expect(planned("scrub", {}, [away, "user set MY_KEYS=x"]).MY_KEYS).toBe("x")
    expect(planned("scrub", {}, ["org remove *_KEY", "user set MY_KEY=x"]).MY_KEY).toBe("x")
    expect(planned("scrub", {}, [away, "org! set MY_KEY=org", "user set MY_KEY=x"]).MY_KEY).toBe("org")
  })

  test("pointers to the host's services are taken away, unless they are named or everything is wanted", () => {
    const inherited = { DISPLAY: ":0", vscode_ipc: "/x", LD_PRELOAD: "x.so", FOO: "1" }
    expect(planned("scrub", inherited)).toEqual({ FOO: "1", CORDON: "1", PWD: "/a" })
    expect(planned("clean", inherited, ["base pass L*", "base pass D*", "base pass FOO"])).toEqual({
      ...{ FOO: "1", CORDON: "1", PWD: "/a" },
    })
    expect(planned("clean", inherited, ["user pass DISPLAY"]).DISPLAY).toBe(":0")
    expect(planned("scrub", inherited, ["user pass DISPLAY"]).DISPLAY).toBe(":0")
    expect(planned("inherit", inherited)).toMatchObject(inherited)
  })

  test("holds nothing that was not inherited, Cordon's own or set; and what a locked rule removes never", () => {
    const name = fc.constantFrom("A", "AB", "A_KEY", "B_KEY", "lang", "DISPLAY")
    const words = fc.tuple(
      fc.constantFrom("base", "user", "project", "org", "org!"),
      fc.constantFrom("pass", "remove"),
      fc.constantFrom("A", "A*", "*_KEY", "?_KEY", "LANG", "*"),
    )
    const assignment = fc.tuple(fc.constantFrom("base", "user", "org", "org!"), name)
    fc.assert(
      fc.property(
        fc.constantFrom<EnvironmentMode>("scrub", "clean", "inherit"),
        fc.dictionary(name, fc.constantFrom("v", "ghp_0123456789")),
        fc.array(words, { maxLength: 5 }),
        fc.array(assignment, { maxLength: 3 }),
        (mode, inherited, rules, set) => {
          const said = [
            ...rules.map(parts => parts.join(" ")),
            ...set.map(([from, key]) => `${from} set ${key}=x`),
          ]
          const made = planned(mode, inherited, said)
          const all = Object.fromEntries(set.map(([, key]) => [key, "x"]))
          expect(Object.keys({ ...inherited, ...all, CORDON: "1", PWD: "/a" })).toEqual(
            expect.arrayContaining(Object.keys(made)),
          )
          for (const [key, value] of Object.entries(made))
            expect([all[key], inherited[key], "1", "/a"]).toContain(value)
          const excused = new Set([
            "CORDON",
            "PWD",
            ...set.flatMap(([from, key]) => (from === "org!" ? [key] : [])),
          ])
          for (const [from, verb, pattern] of rules)
            if (from === "org!" && verb === "remove") {
              const shape = new RegExp(`^${pattern.replace("*", ".*").replace("?", ".")}$`, "i")
              expect(Object.keys(made).filter(key => shape.test(key) && !excused.has(key))).toEqual([])
            }
        },
      ),
      { numRuns: 2000 },
    )
  })
})
