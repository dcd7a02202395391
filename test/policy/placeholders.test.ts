/** A launch's built-in layers, filled and pruned, mean the same as the complete ones for everything that exists. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { judgeVariable } from "../../src/plan/environment.ts"
import { builtinLayer, builtinLayers, builtinNames } from "../../src/policy/builtin.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { type PathVariables, patternText } from "../../src/policy/path-pattern.ts"
import { fillPlaceholders, placeholders } from "../../src/policy/placeholders.ts"
import type { Policy } from "../../src/policy/policy.ts"
import type { PresentNames } from "../../src/policy/present.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { layerOf, pathRule, protection, sourced } from "./naive-model.ts"

const home = "/home/me"
const variables: PathVariables = {
  home,
  project: "/home/me/work/p",
  user: "me",
  xdg: {
    XDG_CACHE_HOME: "/home/me/.cache",
    XDG_CONFIG_HOME: "/data/config",
    XDG_DATA_HOME: "/home/me/.local/share",
    XDG_STATE_HOME: "/home/me/.local/state",
  },
}

/** @param presentNames which names of a directory exist; absent = all rules are wanted */
function layers(presentNames?: PresentNames): Layer[] {
  return [
    ...builtinLayers("base", variables, presentNames),
    ...["standard", "codex"].flatMap(name => builtinLayer(name, variables, presentNames) ?? []),
    ...builtinLayers("toolchain", variables, presentNames),
  ]
}

const facts = { home, otherHomes: ["/root"] }
const complete = layers()

/** Paths that the built-in rules speak of, and some beside and below them. */
const known = complete
  .flatMap(({ paths }) => paths.map(({ value }) => patternText(value)))
  .filter(path => !path.includes("*"))
const anyPath = fc
  .tuple(
    fc.constantFrom(...known, home, variables.project, "/data/config", "/usr"),
    fc.array(fc.constantFrom("x", ".git", "hooks", ".env", ".env.example", "credentials", ".vscode"), {
      maxLength: 3,
    }),
  )
  .map(([start, names]) => [start, ...names].join("/"))

/** A disk on which just these paths exist, and what leads to them. */
function namesOn(paths: readonly string[]): PresentNames {
  const start = [...Object.values(variables.xdg), variables.project, ...paths]
  const all = new Set(
    start.flatMap(path => path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"))),
  )
  return (directory, names) => names.filter(name => all.has(`${directory === "/" ? "" : directory}/${name}`))
}

describe("pruned layers", () => {
  test("give the verdict of the complete ones at every path that exists, and above it", () => {
    const whole = pathJudge(mergeLayers(complete, facts))
    fc.assert(
      fc.property(fc.uniqueArray(anyPath, { minLength: 1, maxLength: 12 }), disk => {
        const pruned = pathJudge(mergeLayers(layers(namesOn(disk)), facts))
        for (const path of disk)
          for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
            expect([at, pruned.judge(at).access]).toEqual([at, whole.judge(at).access])
            expect(pruned.judge(at).protection?.source).toEqual(whole.judge(at).protection?.source)
          }
      }),
      { numRuns: 150 },
    )
  })

  test("are far fewer rules on an empty disk, and all of them where nothing can be listed", () => {
    const count = (some: readonly Layer[]) => some.flatMap(({ paths }) => paths).length
    expect(count(layers(namesOn([])))).toBeLessThan(count(complete) / 2)
    expect(count(layers((_, names) => names))).toBe(count(complete))
  })

  test("keep what has no place: globs, names anywhere, settings, state", () => {
    const [left, whole] = [layers(() => []), complete].map(some => mergeLayers(some, facts))
    if (left === undefined || whole === undefined) return expect.unreachable()
    const globs = ({ paths }: Policy) => paths.filter(({ value }) => value.kind === "glob")
    const anywhere = ({ protections }: Policy) => protections.filter(({ value }) => value.kind === "anywhere")
    expect(globs(whole).length).toBeGreaterThan(10)
    expect(globs(left)).toEqual(globs(whole))
    expect(anywhere(whole).length).toBeGreaterThan(100)
    expect(anywhere(left)).toEqual(anywhere(whole))
    for (const name of ["settings", "limits", "state", "variables", "hosts", "sockets"] as const)
      expect([name, left[name]]).toEqual([name, whole[name]])
  })

  test("judge the variables that there are as the complete ones do", () => {
    const [pruned, whole] = [layers(() => []), complete].map(some => mergeLayers(some, facts))
    if (pruned === undefined || whole === undefined) return expect.unreachable()
    for (const name of ["AWS_REGION", "MY_TOKEN"])
      expect(judgeVariable(name, "v", pruned)).toEqual(judgeVariable(name, "v", whole))
  })
})

describe("filling", () => {
  test("leaves no placeholder anywhere", () => {
    for (const { name } of builtinNames())
      expect(JSON.stringify(builtinLayer(name, variables))).not.toContain("\x7f")
  })

  test("puts each directory in its place, in paths, globs, protections, state and sockets", () => {
    const own = { variables: placeholders }
    const layer = layerOf("agent", {
      paths: [
        pathRule("read", "~", own),
        pathRule("read", "~/.x", own),
        pathRule("read", "$PROJECT/y", own),
        pathRule("read", "$XDG_CONFIG_HOME/z*", own),
        pathRule("read", "**/.env", own),
        pathRule("read", "/etc/fixed", own),
      ],
      protections: [protection("protect", "~/bin", own), protection("protect", ".git/hooks", own)],
      state: [
        { ...sourced(`${placeholders.home}/.s`), variable: undefined, below: "", absent: "skip" as const },
      ],
      sockets: [sourced(`${placeholders.home}/sock`)],
    })
    const filled = fillPlaceholders(layer, variables)
    expect(filled.paths.map(({ value }) => patternText(value))).toEqual([
      "/home/me",
      "/home/me/.x",
      "/home/me/work/p/y",
      "/data/config/z*",
      "/home/me/work/p/**/.env",
      "/etc/fixed",
    ])
    expect(filled.protections.map(({ value }) => JSON.stringify(value)).join()).toContain("/home/me/bin")
    expect([filled.state[0]?.value, filled.sockets[0]?.value]).toEqual(["/home/me/.s", "/home/me/sock"])
  })

  test("takes a directory's name as it is, whatever a glob would make of it", () => {
    const odd = { ...variables, project: "/home/me/a[b]{c}*" }
    const judge = pathJudge(mergeLayers(builtinLayers("base", odd), facts))
    expect(judge.judge("/home/me/a[b]{c}*/sub/.env").access).toBe("deny")
    expect(judge.judge("/home/me/abcx/sub/.env").access).toBe("read")
    expect(judge.judge("/home/me/a[b]{c}*/file").access).toBe("write")
  })

  test("every launch gets fresh layers", () => {
    const [first] = builtinLayers("base", variables)
    first?.paths.splice(0)
    expect(builtinLayers("base", variables)[0]?.paths.length).toBeGreaterThan(100)
  })
})
