/** The numbers and habits of the house, so that nobody has to point them out in a review. */
import { describe, expect, test } from "bun:test"
import { dirname } from "node:path"
import { blankText, importsOf, readSources } from "./source-code.ts"

const sources = await readSources("src")
const tests = await readSources("test")
const programs = [...(await readSources("scripts")), ...(await readSources("bench"))]
const rows = [...sources.map(file => [`src/${file.path}`, file] as const)]

const lineCountMax = 200
const testLinesPerSourceLine = 1.5

/** Type positions of `any`: after a colon, a bracket, an operator of types, or `as`; never a word in prose. */
const anyType = /(?:[:<,|&]|=>|\bas|\bextends)\s*any\b|\bany\[\]/

test("there is something to check", () => {
  expect(sources.length).toBeGreaterThan(0)
  expect(tests.length).toBeGreaterThan(0)
})

describe("source files", () => {
  test.each(rows)("%s is short, or says at its head that it is a table of facts", (_, { text }) => {
    const head = text.split("\n").find(line => /^\s*(\/\/|\/?\*+) *\w/.test(line)) ?? ""
    if (head.includes("table of facts")) return expect(text.split("\n").length).toBeGreaterThan(1)
    return expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(lineCountMax)
  })

  test.each(rows)("%s is named after an idea", name => {
    expect(name).not.toMatch(/\b(utils?|helpers?|managers?|misc|common)\b/i)
  })

  test.each(rows)("%s has no any and no reminder", (_, { text, code }) => {
    expect(code).not.toMatch(anyType)
    expect(text).not.toMatch(/\b(TODO|FIXME|XXX|HACK)\b/)
  })
})

const functionLinesMax = 50

/** Functions and methods of more lines, as `name: lines`. */
function longFunctions(code: string): string[] {
  const found: string[] = []
  const opening = /^(?:(?:export )?(?:async )?function\*? | {2}(?:static |async |get |set )*(?=#?\w+\(.*\{$))/
  let begun: { name: string; at: number; end: string } | undefined
  for (const [at, line] of code.split("\n").entries()) {
    const start = opening.exec(line)?.[0]
    if (begun === undefined && start !== undefined && !line.endsWith("}"))
      begun = { name: line.slice(start.length), at, end: start.startsWith(" ") ? "  }" : "}" }
    if (begun === undefined || line !== begun.end) continue
    if (at - begun.at + 1 > functionLinesMax) found.push(`${begun.name}: ${at - begun.at + 1}`)
    begun = undefined
  }
  return found
}

describe("functions", () => {
  test.each(rows)("of %s are short", (_, { code }) => {
    expect(longFunctions(code)).toEqual([])
  })

  test("that are long are noticed, methods too", () => {
    const body = (lines: number, indent = "") => `${indent}  a()\n`.repeat(lines)
    expect(longFunctions(`export async function f(): void {\n${body(48)}}`)).toEqual([])
    expect(longFunctions(`function g() {\n${body(49)}}`)).toEqual(["g() {: 51"])
    expect(longFunctions(`class A {\n  async #h(x) {\n${body(49, "  ")}  }\n}`)).toEqual(["#h(x) {: 51"])
  })
})

describe("exports", () => {
  const readers = [...sources, ...tests, ...programs].map(({ path, text }) => ({
    path,
    words: new Set(text.match(/\w+/g)),
  }))
  const entries = ["src/index.ts", "src/main.ts"]

  test.each(rows.filter(([path]) => !entries.includes(path)))("of %s are used elsewhere", (_, file) => {
    const names = [...file.code.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)]
    const unused = names.filter(
      ([, name = ""]) => !readers.some(({ path, words }) => path !== file.path && words.has(name)),
    )
    expect(unused.map(([, name]) => name)).toEqual([])
  })
})

describe("the rule against any", () => {
  test.each(["x: any", "as any", "Array<any>", "any[]", "Record<string, any>", "() => any", "a | any"])(
    "sees %s",
    code => {
      expect(blankText(code)).toMatch(anyType)
    },
  )

  test.each(["// of: any kind", 'const a = "off, any host"', "x.any()", "const company = 1", "`: any`"])(
    "leaves %s alone",
    code => {
      expect(blankText(code)).not.toMatch(anyType)
    },
  )
})

/** Pairs of folders that import each other; a folder and the one it lies in count as one. */
function mutualImports(files: readonly { path: string; text: string }[]): string[] {
  const edges = new Set(
    files.flatMap(file =>
      importsOf(file).flatMap(({ path }) => (path ? [`${dirname(file.path)} ${dirname(path)}`] : [])),
    ),
  )
  const isWithin = (inner: string, outer: string) => outer === "." || `${inner}/`.startsWith(`${outer}/`)
  return [...edges].filter(edge => {
    const [from = "", to = ""] = edge.split(" ")
    return from < to && !isWithin(from, to) && !isWithin(to, from) && edges.has(`${to} ${from}`)
  })
}

describe("folders", () => {
  test("never import each other both ways", () => {
    expect(mutualImports(sources)).toEqual([])
  })

  test("that do are noticed, a folder and its own subfolder are not", () => {
    const imports = (path: string, target: string) => ({ path, text: `import { x } from "${target}"` })
    expect(mutualImports([imports("a/x.ts", "../b/y.ts"), imports("b/z.ts", "../a/w.ts")])).toEqual(["a b"])
    expect(mutualImports([imports("a/x.ts", "../b/y.ts"), imports("b/z.ts", "../c/w.ts")])).toEqual([])
    expect(mutualImports([imports("a/x.ts", "./b/y.ts"), imports("a/b/z.ts", "../w.ts")])).toEqual([])
  })
})

test(`there are ${testLinesPerSourceLine} lines of test for each line of source`, () => {
  const count = (files: typeof sources) =>
    files.flatMap(({ text }) => text.split("\n")).filter(line => line.trim()).length
  expect(count(sources)).toBeGreaterThan(0)
  expect(count(tests) / count(sources)).toBeGreaterThanOrEqual(testLinesPerSourceLine)
})

/** How a name tells why its test is skipped. */
const reasonMark = /\[skipped when |\(skipped: /

/**
 * Tests that are left out without saying why. The one form allowed is
 * ``test.skipIf(condition)(`does this [skipped when ${reason}]`, …)``, or the title in a `const`, so that the reason
 * is in the name that the report prints.
 */
function silentSkips(text: string): string[] {
  const code = blankText(text)
  const banned = /\b(?:test|describe|it)(?:\.\w+)*\.(?:skip|only|todo)\b|\.(?:todoIf|if)\((?=.*\)\()/g
  const conditional = [...code.matchAll(/[.]skipIf(?=[(])/g)].filter(match => {
    let at = closing(code, match.index + match[0].length) + 1
    const each = /^\s*\.(?:each|concurrent|serial)(?=\()/.exec(code.slice(at))
    if (each) at = closing(code, at + each[0].length) + 1
    if (code[at] !== "(") return true
    const title = text.slice(at, at + firstComma(code.slice(at + 1, closing(code, at))) + 1)
    const variable = /^\(\s*([a-z]\w*)\s*,?$/i.exec(title)?.[1]
    return !reasonMark.test(variable === undefined ? title : definitionOf(variable, text))
  })
  return [...code.matchAll(banned), ...conditional].map(match => text.slice(match.index, match.index + 60))
}

/** What a variable is set to, down to the next statement at the same depth. */
function definitionOf(variable: string, text: string): string {
  return new RegExp(`^( *)const ${variable} =.*(?:\\n\\1 +.*)*`, "m").exec(text)?.[0] ?? ""
}

/** The index of the bracket that closes the one at `start`. */
function closing(code: string, start: number): number {
  let depth = 0
  for (let at = start; at < code.length; at++) {
    if ("([{".includes(code[at] ?? "")) depth++
    if (")]}".includes(code[at] ?? "") && --depth === 0) return at
  }
  return code.length
}

/** The length of the first argument of a call. */
function firstComma(words: string): number {
  let depth = 0
  for (let at = 0; at < words.length; at++) {
    if ("([{".includes(words[at] ?? "")) depth++
    if (")]}".includes(words[at] ?? "")) depth--
    if (depth === 0 && words[at] === ",") return at + 1
  }
  return words.length + 1
}

describe("tests that are left out", () => {
  test.each(tests.map(file => [`test/${file.path}`, file] as const))(
    "%s gives the reasons in their names",
    (_, file) => {
      expect(silentSkips(file.text)).toEqual([])
    },
  )

  test.each([
    'test.skip("a", () => {})',
    'describe.only("a [skipped when never]", () => {})',
    'test.todo("a")',
    'test.if(x)("a", () => {})',
    'test.skipIf(x)("a", () => {})',
    'test.skipIf(f(x, y))("a", () => note("[skipped when ]"))',
    "const later = test.skipIf(x)",
    'test.skipIf(x).each([1])("a", () => {})',
    'const title = "a"\ntest.skipIf(x)(title, () => note("[skipped when ]"))',
  ])("silence is noticed: %s", code => {
    expect(silentSkips(code)).toHaveLength(1)
  })

  test.each([
    "test.skipIf(x)(`a [skipped when $reason]`, () => {})",
    'test.skipIf(f(x, ")"))("a [skipped when not root]", () => {})',
    'test.skipIf(x)(why ? `a (skipped: $why)` : "a", () => {})',
    'const title = why\n  ? `a [skipped when $why]` : "a"\ntest.skipIf(why)(title, () => {})',
    'test.skipIf(x).each([1])("a %d [skipped when not root]", () => {})',
    'expect("test.only(").toBe(skip)',
  ])("a reason is enough: %s", code => {
    expect(silentSkips(code)).toEqual([])
  })
})
