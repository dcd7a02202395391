/** Words → options and the rest: options end at the first word that is not one. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { UserError } from "../../src/base/error.ts"
import { parseOptions } from "../../src/cli/arguments.ts"
import { optionSpecs } from "../../src/cli/options.ts"

/** `deny=~/.aws no-net | npm test`: the options with their values, then the rest. */
function read(line: string): string {
  const { given, rest } = parseOptions(line.split(" ").filter(word => word !== ""))
  const options = given.map(({ name, value }) => (value === "" ? name : `${name}=${value}`))
  return `${options.join(" ")} | ${rest.join(" ")}`.trim()
}

function refusal(...words: string[]): string {
  try {
    parseOptions(words)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    expect(error.hint).not.toBe("")
    return error.message
  }
  return ""
}

describe("options", () => {
  test.each([
    ["", "|"],
    ["claude", "| claude"],
    ["-n claude -n", "no-net | claude -n"],
    ["-nv ls", "no-net verbose | ls"],
    ["-nvq ls", "no-net verbose quiet | ls"],
    ["-C /x ls", "cwd=/x | ls"],
    ["-C/x ls", "cwd=/x | ls"],
    ["-CDIR ls", "cwd=DIR | ls"],
    ["-nC /x ls", "no-net cwd=/x | ls"],
    ["-nC/x ls", "no-net cwd=/x | ls"],
    ["--cwd /x ls", "cwd=/x | ls"],
    ["--cwd=/x ls", "cwd=/x | ls"],
    ["--deny=a=b ls", "deny=a=b | ls"],
    ["--block ~/.aws --allow out ls", "deny=~/.aws write=out | ls"],
    ["--deny a --deny b ls", "deny=a deny=b | ls"],
    ["--deny=-x ls", "deny=-x | ls"],
    ["--deny=--ro ls", "deny=--ro | ls"],
    ["--deny=-- ls", "deny=-- | ls"],
    ["-C-x ls", "cwd=-x | ls"],
    ["--log - ls", "log=- | ls"],
    ["-- ls -n", "| ls -n"],
    ["-n -- --deny x", "no-net | --deny x"],
    ["-- -- x", "| -- x"],
    ["--", "|"],
    ["- x", "| - x"],
    ["-v -v ls", "verbose verbose | ls"],
    ["--net off --strict ls --net open", "net=off strict | ls --net open"],
    ["grep -c --version x", "| grep -c --version x"],
    ["-h", "help |"],
  ])("%s", (line, expected) => {
    expect(read(line)).toBe(expected)
  })

  test("remember how they were written, for messages", () => {
    const { given } = parseOptions(["--block", "~/.aws", "--write=out", "-n", "-Cx", "ls"])
    expect(given.map(({ words }) => words)).toEqual(["--block ~/.aws", "--write out", "-n", "-C x"])
    expect(parseOptions(["--deny=-x"]).given[0]?.words).toBe("--deny=-x")
  })

  test("an empty word is the command's", () => {
    expect(parseOptions(["", "-n"]).rest).toEqual(["", "-n"])
  })
})

describe("what is refused", () => {
  test.each([
    [["--denny", "x"], 'unknown option --denny; did you mean "--deny"?'],
    [["--blok=x"], 'unknown option --blok; did you mean "--block"?'],
    [["--verbos"], 'unknown option --verbos; did you mean "--verbose"?'],
    [["--zzzzzzzzzz"], "unknown option --zzzzzzzzzz"],
    [["-x"], "unknown option -x"],
    [["-nx"], "unknown option -x"],
    [["-n", "--=x"], "unknown option --"],
    [["--a\u001b[31mb"], "unknown option --a\\x1b[31mb"],
    [["--no-net=yes"], "--no-net takes no value"],
    [["-n=yes"], "-n takes no value"],
    [["-vn=1"], "-n takes no value"],
    [["-="], "unknown option -="],
    [["--deny"], "--deny needs a value"],
    [["--deny="], "--deny needs a value"],
    [["--deny", ""], "--deny needs a value"],
    [["-C"], "-C needs a value"],
    [["--deny", "--ro", "ls"], "--deny needs a value, and --ro looks like an option"],
    [["--deny", "-x", "ls"], "--deny needs a value, and -x looks like an option"],
    [["--deny", "--", "ls"], "--deny needs a value, and -- looks like an option"],
    [["--block", "-n", "ls"], "--block needs a value, and -n looks like an option"],
    [["--net", "--ro", "ls"], "--net needs a value, and --ro looks like an option"],
    [["-nC", "-v", "ls"], "-C needs a value, and -v looks like an option"],
    [["--deny", "a\0b"], "--deny: a NUL byte cannot be part of a value"],
    [["--read", "a\nb"], "--read a\\nb: a path of a rule cannot contain a line break"],
    [["--allow=a\rb"], "--allow a\\rb: a path of a rule cannot contain a line break"],
    [["--unprotect", "\n"], "--unprotect \\n: a path of a rule cannot contain a line break"],
    [["--net", "of"], '--net cannot be "of"; did you mean "off"?'],
    [["--trust=standart"], '--trust cannot be "standart"; did you mean "standard"?'],
    [["--backend", "xen"], '--backend cannot be "xen"'],
    [["--cwd", "a", "--cwd", "b"], '--cwd is given twice: "--cwd a" and "--cwd b"'],
    [["-Ca", "--cwd=b", "ls"], '--cwd is given twice: "-C a" and "--cwd b"'],
    [["--net", "off", "--net", "off", "--", "ls"], '--net is given twice: "--net off" and "--net off"'],
  ])("%j", (words, message) => {
    expect(refusal(...words)).toBe(message)
  })

  test("is no line break where a file is named, and no other control character in a path", () => {
    for (const words of [
      ["--config", "a\nb"],
      ["-C", "a\nb"],
      ["--deny", "a\tb"],
      ["--read", "a\u001bb"],
    ])
      expect(parseOptions(words).given[0]?.value).toBe(words[1] ?? "")
  })

  test("names the next step, which means the same file", () => {
    const hint = (words: readonly string[]) => {
      try {
        return parseOptions(words)
      } catch (error) {
        if (error instanceof UserError) return error.hint
        throw error
      }
    }
    expect(hint(["--deny", "it's\na.txt"])).toBe("write ? in its place: --deny 'it'\\''s?a.txt'")
  })

  test("is not what comes after the command", () => {
    expect(refusal("ls", "--denny", "--net", "--net")).toBe("")
    expect(refusal("--", "--denny")).toBe("")
  })

  test("an unknown one after a command of Cordon's, with the help on that command", () => {
    expect(() => parseOptions(["--folow"], "log")).toThrow('unknown option --folow; did you mean "--follow"?')
    expect(() => parseOptions(["--follow"], "check")).toThrow("unknown option --follow")
    const hintOf = (command?: "log") => {
      try {
        return String(parseOptions(["--zz"], command))
      } catch (error) {
        if (error instanceof UserError) return error.hint
        throw error
      }
    }
    expect(hintOf("log")).toBe("see `cordon help log`")
    expect(hintOf()).toStartWith("options of the command come after its name")
  })
})

describe("for every option", () => {
  const repeats = optionSpecs.filter(({ value, repeats }) => value !== undefined && repeats === true)
  const once = optionSpecs.filter(({ value, repeats }) => value !== undefined && repeats !== true)

  test("names, aliases and letters are all different", () => {
    const long = optionSpecs.flatMap(({ name, alias }) => [name, ...(alias === undefined ? [] : [alias])])
    const short = optionSpecs.flatMap(spec => ("short" in spec ? spec.short : undefined) ?? [])
    expect(new Set(long).size).toBe(long.length)
    expect(new Set(short).size).toBe(short.length)
  })

  test.each(repeats)("--$name adds up", ({ name, choices }) => {
    const value = choices?.[0] ?? "x"
    expect(parseOptions([`--${name}`, value, `--${name}=${value}`, "ls"]).given).toHaveLength(2)
  })

  test.each(once)("--$name means one value", ({ name, choices }) => {
    const value = choices?.[0] ?? "x"
    expect(parseOptions([`--${name}`, value, "ls"]).rest).toEqual(["ls"])
    expect(refusal(`--${name}`, value, `--${name}`, value)).toContain("is given twice")
  })

  test("no word of the command is ever taken, whatever it looks like", () => {
    const own = fc.constantFrom("-n", "--strict", "--deny=x", "-v")
    const word = fc.oneof(fc.string(), fc.constantFrom("-n", "--deny", "--", "--net=off", "-C", "--help"))
    fc.assert(
      fc.property(fc.array(own, { maxLength: 3 }), fc.array(word, { maxLength: 5 }), (options, command) => {
        expect(parseOptions([...options, "--", ...command]).rest).toEqual(command)
        expect(parseOptions([...options, "prog", ...command]).rest).toEqual(["prog", ...command])
      }),
    )
  })
})
