/** `--timeout`, `--memory`, `--cpus`, `--processes`: what they may be, and what is said of what they may not. */
import { describe, expect, test } from "bun:test"
import { UserError } from "../../src/base/error.ts"
import { parseOptions } from "../../src/cli/arguments.ts"
import { runRequest } from "../../src/cli/request.ts"

function request(...words: string[]) {
  const { given, rest } = parseOptions([...words, "--", "true"])
  return runRequest(given, rest, {}).commandLine
}

function refusal(...words: string[]): string {
  try {
    request(...words)
  } catch (error) {
    if (error instanceof UserError) return `${error.message}\n${error.hint}`
    throw error
  }
  return ""
}

test("none are given unless somebody gives one", () => {
  expect(request().content.limits).toEqual({})
})

test("they say what a policy file would, with their own words as the source", () => {
  const { content, words } = request("--timeout", "1h30m", "--memory=8GB", "--cpus", "0.5", "--processes=100")
  expect(content.limits).toEqual({ time: "1h30m", memory: "8GB", cpus: 0.5, processes: 100 })
  expect(words).toMatchObject({
    "limits.time": "--timeout 1h30m",
    "limits.memory": "--memory 8GB",
    "limits.cpus": "--cpus 0.5",
    "limits.processes": "--processes 100",
  })
})

describe("what means something", () => {
  test.each([
    ["--timeout", ["1s", "90s", "2m", "2h", "3d", "1h30m", "0.5s", "1.5h"]],
    ["--memory", ["1", "4096", "512KB", "512MiB", "8GB", "8g", "1.5GB", "8 GB", "2T"]],
    ["--cpus", ["1", "0.5", "16", "1.25"]],
    ["--processes", ["1", "100000"]],
  ])("%s takes %j", (option, values) => {
    for (const value of values) expect(refusal(option, value), value).toBe("")
  })
})

describe("what means nothing is refused with an example", () => {
  test.each([
    [
      "--timeout",
      ["0s", "0h0m", "5", "s", "1 h", "1h 30m", "-1s", "500ms", "1w", "forever", "1s;", "∞"],
      "1h30m",
    ],
    ["--memory", ["0", "0GB", "GB", "-1GB", "8XB", "8GBs", "lots", "1e9", "8,5GB", "50%"], "8GB"],
    ["--cpus", ["0", "0.0", "-1", "two", "1.", ".5", "1e3", "1,5", "Infinity", "0x10"], "0.5"],
    ["--processes", ["0", "-5", "1.5", "many", "1e3", "99999999999999999999", "0x10"], "512"],
  ])("%s: %j", (option, values, example) => {
    for (const value of values) {
      const said = refusal(`${option}=${value}`)
      expect(said, value).toStartWith(`${option}${value.startsWith("-") ? "=" : " "}${value}: `)
      expect(said, value).toEndWith(`write ${option} ${example}`)
    }
  })

  test.each([
    ["--timeout", "0s", "a duration is a number with s, m, h or d, more than 0"],
    ["--memory", "0", "a size is a number of bytes, or one with KB, MB, GB or TB, more than 0"],
    ["--cpus", ".5", "the number of processors is more than 0, in digits"],
  ])("the sentence is not true of %s %s", (option, value, sentence) => {
    expect(refusal(option, value)).toStartWith(`${option} ${value}: ${sentence}\n`)
  })

  test("the example is right", () => {
    for (const words of ["--timeout 1h30m", "--memory 8GB", "--cpus 0.5", "--processes 512"])
      expect(refusal(...words.split(" "))).toBe("")
  })

  test("nothing from outside reaches the terminal as it is", () => {
    expect(refusal("--memory", "8GB\u001b[31m")).not.toContain("\u001b")
  })

  test("two of one option are one too many", () => {
    expect(() => parseOptions(["--cpus", "1", "--cpus", "2"])).toThrow(UserError)
  })
})
