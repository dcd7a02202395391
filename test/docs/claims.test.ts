/** What the pages for people name, exists: files, links, headings, commands, lines of policies, numbers. */
import { describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { parseOptions } from "../../src/cli/arguments.ts"
import { runRequest } from "../../src/cli/request.ts"
import { commands } from "../../src/cli/words.ts"
import { root } from "../source-code.ts"

const names = [
  "README.md",
  "ARCHITECTURE.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "docs/launches.md",
  "docs/limitations.md",
  "docs/policy.md",
  "docs/system-calls.md",
]
const pages = names.map(name => ({ name, text: read(name) }))
const security = read("SECURITY.md")
const readme = read("README.md")

function read(path: string): string {
  return readFileSync(join(root, path), "utf8")
}

/** Everything that a pattern's first group matches, each once. */
function all(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, found]) => found ?? ""))]
}

/** The text without its blocks of code. */
function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "").replace(/^ {4}.*$/gm, "")
}

/** What GitHub makes of a heading for links. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-")
}

describe.each(pages)("$name", ({ name, text }) => {
  test("names only files of this repository that exist", () => {
    const files = all(prose(text), /`((?:src|test|scripts|policies|docs|bench|dist)\/[\w./*-]*)`/g)
    const missing = files.filter(file => !file.startsWith("dist/") && !existsSync(join(root, file)))
    expect(missing).toEqual([])
  })

  test("links only to what exists, headings included", () => {
    const links = all(prose(text), /\]\(([^)]+)\)/g).filter(link => !/^https?:/.test(link))
    const broken = links.filter(link => {
      const [path = "", anchor] = link.split("#")
      const target = path === "" ? join(root, name) : join(root, dirname(name), path)
      if (!existsSync(target)) return true
      if (anchor === undefined) return false
      return !all(readFileSync(target, "utf8"), /^#+ (.*)$/gm)
        .map(anchorOf)
        .includes(anchor)
    })
    expect(broken).toEqual([])
  })

  test("names only npm scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    const named = all(text, /npm (?:run )?(test(?::\w+)?|(?<=run )[\w:]+)/g)
    expect(named.filter(script => !(script in scripts))).toEqual([])
  })

  test("quotes lines of built-in policies as they are", () => {
    const quotes = [...text.matchAll(/(\S+) {2}\w+, built-in:([\w.-]+):(\d+)/g)]
    const wrong = quotes.filter(([, rule = "", file = "", line]) => {
      const path = [...new Bun.Glob(`**/${file}`).scanSync(join(root, "policies"))][0] ?? ""
      const written = read(`policies/${path}`).split("\n")[Number(line) - 1] ?? ""
      // The rule for the home itself is the setting `home`.
      return !written.includes(rule.slice(rule.lastIndexOf("/") + 1)) && !written.includes("home:")
    })
    expect(wrong.map(([quote]) => quote)).toEqual([])
  })
})

describe("SECURITY.md", () => {
  const rows = [...security.matchAll(/^\| (.+) \| (`test\/.+`) \| (.+) \|$/gm)].map(
    ([, guarantee = "", tests = "", line = ""]) => ({ guarantee, tests, line }),
  )

  test("has a row for each file of test/escape", () => {
    const files = [...new Bun.Glob("*.test.ts").scanSync(join(root, "test/escape"))].map(
      file => `test/escape/${file}`,
    )
    expect(files.length).toBeGreaterThan(0)
    expect(files.filter(file => !rows.some(({ tests }) => tests.includes(`\`${file}\``)))).toEqual([])
  })

  test.each(rows)("quotes what cordon verify prints: $guarantee", ({ line }) => {
    if (line === "—") return
    const texts = ["checks", "calls", "names", "network"]
      .map(part => read(`src/cli/verify-${part}.ts`))
      .join("")
    const quoted = all(line, /`([^`]+)`/g)
    expect(quoted.length).toBeGreaterThan(0)
    const fragments = quoted.flatMap(words => words.split("…").map(part => part.trim()))
    expect(fragments.filter(fragment => !texts.includes(fragment))).toEqual([])
  })
})

describe("commands of README.md", () => {
  const lines = [...all(readme, /^(?:\$ )?(cordon .*)$/gm), ...all(readme, /`(cordon [^`]+)`/g)]

  test("there are some", () => {
    expect(lines.length).toBeGreaterThan(10)
  })

  test.each(lines)("%s", line => {
    const words = [...line.replace(/ # .*/, "").matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, plain]) => quoted ?? plain ?? "",
    )
    const { given, rest } = parseOptions(words.slice(1))
    runRequest(given, rest, {})
    // A command of Cordon's own that does not exist would be run as a program of that name.
    expect(rest.length + given.length).toBeGreaterThan(0)
    const own = commands.some(({ name }) => name === rest[0])
    expect(own || words.includes("--") || rest[0] === "claude").toBe(true)
  })
})

test("docs/limitations.md gives the bounds of the look as they are", () => {
  const look = read("src/host/look.ts") + read("src/host/directory.ts")
  const bound = (name: string) => Number(new RegExp(`${name} = (\\d+)`).exec(look)?.[1]).toLocaleString("en")
  const text = read("docs/limitations.md").replace(/\s+/g, " ")
  expect(text).toContain(`${bound("directoriesMax")} directories or ${bound("entriesMax")} entries`)
  expect(text).toContain(`a directory of more than ${bound("directoryMax")} entries`)
})

test("what is refused as not there yet, a key or a command, stands in SECURITY.md", () => {
  const [, absent = ""] = security.split("## What is not in this version")
  const [list = ""] = absent.split("\n## ")
  const keys = all(read("docs/policy.md"), /^\| `([\w.]+)` \|.*\| refused \|$/gm)
  const later = commands.filter(({ help }) => help.includes("(not yet)")).map(({ name }) => `cordon ${name}`)
  const missing = [...keys, ...later].filter(each => !list.includes(`\`${each}\``))
  expect({ missing, some: keys.length > 0 }).toEqual({ missing: [], some: true })
})
