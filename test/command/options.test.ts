import { describe, expect, test } from "bun:test"
import { type OptionTable, parseOptions, type Word } from "../../src/command/options.ts"

const table: OptionTable = {
  valued: "nu",
  flags: "iv",
  longValued: ["adjustment", "unset"],
  longFlags: ["verbose", "block-signal"],
}

/** The options in short: `n=5`, `i`. */
function given(words: readonly Word[], options: OptionTable = table): string | undefined {
  return parseOptions(words, options)
    ?.given.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`))
    .join(" ")
}

function rest(words: readonly Word[], options: OptionTable = table): readonly Word[] | undefined {
  return parseOptions(words, options)?.rest
}

describe("options", () => {
  test.each([
    ["x", "", "x"],
    ["-i x", "i", "x"],
    ["-iv x", "i v", "x"],
    ["-i -v x", "i v", "x"],
    ["-n 5 x", "n=5", "x"],
    ["-n5 x", "n=5", "x"],
    ["-in5 x", "i n=5", "x"],
    ["-in 5 x", "i n=5", "x"],
    ["-vin 5 -u A x", "v i n=5 u=A", "x"],
    ["-nn x", "n=n", "x"],
    ["-n -5 x", "n=-5", "x"],
    ["-n -- x", "n=--", "x"],
    ["-n=5 x", "n==5", "x"],
    ["--adjustment 5 x", "adjustment=5", "x"],
    ["--adjustment=5 x", "adjustment=5", "x"],
    ["--adjustment= x", "adjustment=", "x"],
    ["--adjustment=a=b x", "adjustment=a=b", "x"],
    ["--adjustment -- x", "adjustment=--", "x"],
    ["--verbose x", "verbose", "x"],
    ["--block-signal=HUP x", "block-signal", "x"],
    ["-- x", "", "x"],
    ["-i -- x", "i", "x"],
    ["-- -i x", "", "-i x"],
    ["-- -- x", "", "-- x"],
    ["x -i", "", "x -i"],
    ["- x", "", "- x"],
    ["-i - x", "i", "- x"],
    ["x --", "", "x --"],
  ])("%s", (line, options, words) => {
    expect(given(line.split(" "))).toBe(options)
    expect(rest(line.split(" "))).toEqual(words.split(" "))
  })

  test.each([
    [[], []],
    [["-i"], []],
    [["--"], []],
    [["-n", "5"], []],
    [["--unset=A"], []],
    [[""], [""]],
    [
      ["-i", "", "x"],
      ["", "x"],
    ],
  ])("of %j leave %j", (words, left) => {
    expect(rest(words)).toEqual(left)
  })
})

describe("unreadable options", () => {
  test.each([
    ["an unknown letter", ["-z", "x"]],
    ["an unknown letter in a bundle", ["-iz", "x"]],
    ["an unknown long option", ["--other", "x"]],
    ["an unknown long option with a value", ["--other=1", "x"]],
    ["no value", ["-n"]],
    ["no value after a bundle", ["-in"]],
    ["no value of a long option", ["--adjustment"]],
    ["a word that needs expansion", [undefined, "x"]],
    ["a word that needs expansion, later", ["-i", undefined, "x"]],
    ["an abbreviation", ["--adj=5", "x"]],
    ["a letter outside of ASCII", ["-é", "x"]],
    ["an empty long name", ["--=5", "x"]],
  ])("%s", (_, words) => {
    expect(parseOptions(words, table)).toBeUndefined()
  })

  test("a value may be unknown", () => {
    expect(rest(["-n", undefined, "x"])).toEqual(["x"])
  })

  test("what follows the first word does not matter", () => {
    expect(rest(["x", "-z", undefined])).toEqual(["x", "-z", undefined])
  })
})

describe("a lenient table", () => {
  const lenient: OptionTable = { valued: "p", longValued: ["package"], lenient: true }

  test.each([
    ["-y x", "y", "x"],
    ["--yes x", "yes", "x"],
    ["--yes=1 x", "yes", "x"],
    ["-yp a x", "y p=a", "x"],
    ["--package a --quiet x", "package=a quiet", "x"],
    ["-z9 x", "z 9", "x"],
  ])("takes what it does not know for a flag: %s", (line, options, words) => {
    expect(given(line.split(" "), lenient)).toBe(options)
    expect(rest(line.split(" "), lenient)).toEqual(words.split(" "))
  })

  test("still refuses a missing value", () => {
    expect(parseOptions(["-p"], lenient)).toBeUndefined()
  })
})

describe("numbers as options", () => {
  const nice: OptionTable = { valued: "n", numbers: true }

  test.each([
    ["-5 x", "x"],
    ["--5 x", "x"],
    ["-+5 x", "x"],
    ["-19 -5 x", "x"],
    ["-n 5 -5 x", "x"],
    ["5 x", "5 x"],
  ])("%s", (line, words) => {
    expect(rest(line.split(" "), nice)).toEqual(words.split(" "))
  })

  test.each(["-5a x", "---5 x", "-5.5 x", "- 5"])("not %s", line => {
    expect(rest(line.split(" "), nice)).not.toEqual(["x"])
  })

  test("only where the table says so", () => {
    expect(parseOptions(["-5", "x"], table)).toBeUndefined()
  })
})

describe("a last option", () => {
  const env: OptionTable = { valued: "uS", flags: "iv", longValued: ["split"], last: ["S", "split"] }

  test.each([
    ["-S a -i x", "S=a", "-i x"],
    ["-vS a -i x", "v S=a", "-i x"],
    ["-Sa -i x", "S=a", "-i x"],
    ["--split=a -- x", "split=a", "-- x"],
    ["--split a -z", "split=a", "-z"],
    ["-u S -i x", "u=S i", "x"],
  ])("ends them: %s", (line, options, words) => {
    expect(given(line.split(" "), env)).toBe(options)
    expect(rest(line.split(" "), env)).toEqual(words.split(" "))
  })
})

test("a very long line is read in no time", () => {
  const words = [...Array<string>(50_000).fill("-i"), "x"]
  expect(rest(words)).toEqual(["x"])
  expect(rest([`-${"i".repeat(100_000)}`, "x"])).toEqual(["x"])
})
