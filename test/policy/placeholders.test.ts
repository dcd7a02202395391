/** Placeholders of built-in layers are filled with the directories of a launch. */
import { describe, expect, test } from "bun:test"
import { builtinLayer, builtinLayers, builtinNames } from "../../src/policy/builtin.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { type PathVariables, patternText } from "../../src/policy/path-pattern.ts"
import { fillPlaceholders, placeholders } from "../../src/policy/placeholders.ts"
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
    const judge = pathJudge(mergeLayers(builtinLayers("base", odd), { home, otherHomes: ["/root"] }))
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
