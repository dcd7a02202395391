/** Help that fits the terminal, knows everything, and can be tried as it is printed. */
import { describe, expect, test } from "bun:test"
import { UserError } from "../../src/base/error.ts"
import { parseOptions } from "../../src/cli/arguments.ts"
import { helpText } from "../../src/cli/help.ts"
import { optionSpecs } from "../../src/cli/options.ts"
import { runRequest } from "../../src/cli/request.ts"
import { commands } from "../../src/cli/words.ts"

const topics = commands.map(({ name }) => name)
const texts = [["everything", helpText()] as const, ...topics.map(name => [name, helpText(name)] as const)]
const colour = /\u001b\[\d+m/g

/** Lines of examples: what stands before the remark. */
function examplesIn(text: string): string[] {
  const lines = text.replace(colour, "").split("\n")
  return lines.flatMap(line => /^ {2}((?:cordon|eval) .*?)\s*#/.exec(line)?.[1] ?? [])
}

describe.each(texts)("the help on %s", (_, text) => {
  test("is under 80 columns, with nothing at the ends of lines but what is meant", () => {
    for (const line of text.replace(colour, "").split("\n")) expect(line.length, line).toBeLessThan(80)
    expect(text).not.toMatch(/undefined|\[object|\t/)
  })

  test("has examples that say what they are for, one below the other", () => {
    const remarks = text
      .replaceAll(new RegExp(colour, "g"), "")
      .split("\n")
      .flatMap(line => /^ {2}(?:cordon|eval) .*?(?= #|#)/.exec(line)?.input ?? [])
    for (const line of remarks) expect(line).toMatch(/ {2}# \S/)
    expect(new Set(remarks.map(line => line.indexOf("  # "))).size).toBeLessThan(2)
  })

  test("ends without an empty line, and has no two of them in a row", () => {
    expect(text.replace(colour, "")).not.toMatch(/\n\n\n/)
  })
})

describe("the overview", () => {
  const overview = helpText()
  const lines = overview.replace(colour, "").split("\n")

  test.each(optionSpecs)("has one line for --$name, with its letter and what it is for", spec => {
    const own = lines.filter(line => new RegExp(`^ +(-\\w, )?--${spec.name}( |$)`).test(line))
    expect(own).toHaveLength(1)
    expect(own[0]).toContain(spec.help)
    if (spec.short !== undefined) expect(own[0]).toContain(`-${spec.short}, --${spec.name}`)
    if (spec.value !== undefined) expect(own[0]).toContain(`--${spec.name} ${spec.value}`)
  })

  test.each(commands)("has a line for the command $name", ({ name, help }) => {
    expect(lines.some(line => line.startsWith(`  ${name} `) && line.endsWith(help))).toBe(true)
  })

  test("names the exit codes and where policies lie", () => {
    for (const word of ["125", "126", "127", "128+N", "~/.config/cordon/policy.yaml", ".cordon.yaml"])
      expect(overview).toContain(word)
  })

  test("has examples", () => {
    expect(examplesIn(overview).length).toBeGreaterThan(3)
  })
})

describe("a topic", () => {
  test.each(commands)("begins with how $name is written", ({ name, usage }) => {
    expect(helpText(name).replace(colour, "").split("\n")[0]).toBe(`cordon ${name} ${usage}`.trim())
  })

  test("that nobody knows is refused, with the nearest", () => {
    expect(() => helpText("explian")).toThrow(UserError)
    expect(() => helpText("explian")).toThrow('there is no help on "explian"; did you mean "explain"?')
    expect(() => helpText("a\u001b[31m")).toThrow('"a\\x1b[31m"')
    expect(() => helpText("constructor")).toThrow(UserError)
  })
})

const examples = [...new Set(texts.flatMap(([, text]) => examplesIn(text)))].filter(line =>
  /^cordon /.test(line),
)
test.each(examples)("%s can be written as the help has it", line => {
  const { given, rest } = parseOptions(line.split(/\s+/).slice(1))
  expect(() => runRequest(given, rest, {})).not.toThrow()
  const [first = ""] = rest
  if (!line.includes(" -- ")) expect([...topics, "claude", "--"]).toContain(first as "run")
})
