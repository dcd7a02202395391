/** Links that a launch comes across by their names, and what is said of those that it may miss the next time. */
import { describe, expect, test } from "bun:test"
import { behindFound } from "../../src/plan/found-links.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { fakeDisk, rulesOf, type Said } from "../policy/naive-model.ts"

function say(words: string): Said {
  const [does, text = "", layer = "user"] = words.split(" ")
  return { does: does as Said["does"], text, layer: layer as LayerName, locked: false }
}

const project = "/a"

function behind(said: readonly string[], links: Record<string, string>, home = "/b") {
  const disk = Object.entries(links).map(([link, target]) => `${link} -> ${target}`)
  const facts = fakeDisk(["/a/", ...disk])
  const rules = rulesOf(["read / base", `write ${project} base`, ...said].map(say))
  return behindFound(rules, { project, home, found: Object.keys(links), facts })
}

const textOf = (rule: unknown) => JSON.stringify(rule)

describe("a link below the project's own entries", () => {
  test("to what only its name denies is told of, and its target is denied", () => {
    const { denials, warnings } = behind(["deny **/.env"], { "/a/api/.env": "/a/config/dev.txt" })
    expect(denials.map(({ value }) => value)).toEqual([{ kind: "exact", path: "/a/config/dev.txt" }])
    expect(warnings).toEqual([
      "/a/api/.env leads to /a/config/dev.txt, which is denied only while a launch finds the link: " +
        "name what it leads to in a rule of its own",
    ])
  })

  test("to what only its name protects is told of, and its target is protected", () => {
    const { protections, warnings } = behind(["protect .vscode"], { "/a/api/.vscode": "/a/editor" })
    expect(protections.map(textOf).join()).toContain("/a/editor")
    expect(warnings[0]).toStartWith("/a/api/.vscode leads to /a/editor, which is protected only while")
  })

  test("that has a protected name behind it is told of too", () => {
    const { protections, warnings } = behind(["protect .git/hooks"], { "/a/pkg/.git": "/a/store" })
    expect(protections.map(textOf).join()).toContain("/a/store/hooks")
    expect(warnings[0]).toStartWith("/a/pkg/.git leads to /a/store/hooks, which is protected only while")
  })

  test("is told of once, however many there are", () => {
    const links = Object.fromEntries(
      [1, 2, 3].map(count => [`/a/api${count}/.env`, `/a/config/${count}.txt`]),
    )
    const { denials, warnings } = behind(["deny **/.env"], links)
    expect(denials).toHaveLength(3)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain("finds the link, and 2 more like it: name")
  })

  test("whose target has a rule of its own is nothing to tell of", () => {
    const link = { "/a/api/.env": "/a/config/.env" }
    expect(behind(["deny **/.env"], link).warnings).toEqual([])
    expect(behind(["deny **/.env", "deny /a/config"], link).warnings).toEqual([])
    // It cannot be written anyway.
    expect(behind(["protect .vscode"], { "/a/api/.vscode": "/b/editor" }).warnings).toEqual([])
  })

  test("with a name that nothing is said of is nothing to tell of", () => {
    const { denials, protections, warnings } = behind(["deny **/.env"], {
      "/a/api/plain": "/a/dev.txt",
    })
    expect({ denials, protections, warnings }).toEqual({ denials: [], protections: [], warnings: [] })
  })

  test("is told of without its escapes", () => {
    const { warnings } = behind(["deny **/.env"], { "/a/a\u001b[31m/.env": "/a/config/dev.txt" })
    expect(warnings[0]).toContain("a\\x1b[31m/.env")
  })
})

test("one of the project's own entries, and one outside, is always found", () => {
  for (const link of ["/a/.env", "/b/tools/.env"]) {
    const { denials, warnings } = behind(["deny **/.env", "deny /b/**/.env"], { [link]: "/a/config/dev.txt" })
    expect(denials).toHaveLength(1)
    expect(warnings).toEqual([])
  }
})

test("a link to the home or to the project denies neither, and is nothing to tell of", () => {
  for (const target of ["/b", project]) {
    const { denials, warnings } = behind(["deny **/.env"], { "/a/api/.env": target })
    expect({ denials, warnings }).toEqual({ denials: [], warnings: [] })
  }
})
