/** Completions: bash's are asked in a real bash; zsh's and fish's are read by their shells where there are any. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { UserError } from "../../src/base/error.ts"
import { parseOptions } from "../../src/cli/arguments.ts"
import { completionScript } from "../../src/cli/completion.ts"
import { refuseFix, refuseMeaningless } from "../../src/cli/meaningful.ts"
import { optionSpecs } from "../../src/cli/options.ts"
import { type CommandName, commands, shells } from "../../src/cli/words.ts"
import { root } from "../source-code.ts"

const bash = completionScript("bash")

/** What bash offers for the last of the words, sorted. */
function offered(...words: string[]): string[] {
  const script = [
    bash,
    'COMP_WORDS=(cordon "$@")',
    "COMP_CWORD=$#",
    "_cordon",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join("\n")
  const { stdout, stderr, exitCode } = Bun.spawnSync(["bash", "--norc", "-c", script, "bash", ...words], {
    cwd: root,
    env: { PATH: "/usr/bin:/bin", HOME: root },
  })
  expect([exitCode, stderr.toString()]).toEqual([0, ""])
  return stdout
    .toString()
    .split("\n")
    .filter(line => line !== "")
    .sort()
}

/** Whether the program lets an option through to the command. */
function takes(command: CommandName, option: string): boolean {
  const spec = optionSpecs.find(({ name }) => `--${name}` === option)
  const value = spec?.value === undefined ? [] : [spec.choices?.[0] ?? "x"]
  const parsed = parseOptions([option, ...value])
  try {
    refuseMeaningless(command, parsed)
    if (command !== "doctor") refuseFix(parsed)
    return true
  } catch (refusal) {
    if (refusal instanceof UserError) return false
    throw refusal
  }
}

const long = optionSpecs.map(({ name }) => `--${name}`)

describe("bash, for a command with own options", () => {
  test.each([
    [["log", "--f"], ["--follow"]],
    [["log", "--l"], ["--list"]],
    [["approve", "--a"], ["--always"]],
    [["approve", "x.com", "--s"], ["--session"]],
    [["deny", "--s"], ["--session"]],
    [["log", "--once"], []],
    [["approve", "--ro"], []],
  ])("%j offers %j", (words, expected) => {
    expect(offered(...words)).toEqual(expected)
  })

  test("offers these to no other", () => {
    expect(offered("check", "--fol")).toEqual([])
    expect(offered("--alw")).toEqual([])
  })
})

describe("bash, for a command that refuses some options", () => {
  test.each(["verify", "explain", "check", "policy", "doctor"] as const)(
    "offers %s what it takes",
    command => {
      const tried = offered(command, "--")
      expect(tried).toEqual(expect.arrayContaining(["--cwd", "--deny", "--profile", "--json", "--help"]))
      for (const option of long)
        expect([option, tried.includes(option)]).toEqual([option, takes(command, option)])
      expect(tried).not.toContain("--dry-run")
    },
  )

  test("offers values, files and other commands' options as ever", () => {
    expect(offered("verify", "--net", "")).toEqual(["filtered", "off", "open"])
    expect(offered("check", "package-lock")).toEqual(["package-lock.json"])
    expect(offered("run", "--dry")).toEqual(["--dry-run"])
    expect(offered("verify", "--dry")).toEqual([])
  })
})

describe("fish and zsh", () => {
  test("offer --dry-run for a launch, not for verify", () => {
    const [fish, zsh] = [completionScript("fish"), completionScript("zsh")]
    const about = (name: string) => fish.split("\n").filter(line => line.includes(`'__cordon_at ${name}'`))
    expect(about("verify").some(line => line.includes("-l cwd"))).toBe(true)
    expect(about("verify").filter(line => line.includes("dry-run"))).toEqual([])
    const [, verify = ""] = /^ {4}verify\)(.*?)return ;;/ms.exec(zsh) ?? []
    expect(verify).toContain("--cwd[")
    expect(verify).not.toContain("--dry-run[")
    for (const script of [fish, zsh]) expect(script).toContain("dry-run")
  })
})

describe("bash", () => {
  test("offers the options that begin so, aliases too", () => {
    expect(offered("--de")).toEqual(["--deny", "--deny-host"])
    expect(offered("--bl")).toEqual(["--block"])
    expect(offered("--zz")).toEqual([])
  })

  test("offers every option after a dash", () => {
    expect(offered("-")).toEqual(expect.arrayContaining([...long, "-n", "-C", "-v", "-h"]))
    expect(offered("--strict", "--")).toEqual(expect.arrayContaining(long))
  })

  test.each(["--net", "--trust", "--backend"])("offers the values of %s and nothing else", option => {
    const spec = optionSpecs.find(({ name }) => `--${name}` === option)
    expect(offered(option, "")).toEqual([...(spec?.choices ?? [])].sort())
  })

  test("offers values that begin so", () => {
    expect(offered("--net", "o")).toEqual(["off", "open"])
    expect(offered("-n", "--trust", "un")).toEqual(["untrusted"])
  })

  test.each(["--deny", "--block", "--read", "--write", "-C", "--cwd", "--config", "--profile"])(
    "offers files after %s",
    option => {
      expect(offered(option, "package.js")).toEqual(["package.json"])
      expect(offered(option, "package-lock")).toEqual(["package-lock.json"])
    },
  )

  test("offers profiles besides files after --profile, and nowhere else", () => {
    expect(offered("--profile", "g")).toEqual(["gemini", "git", "go", "goose"])
    expect(offered("--config", "g")).toEqual([])
  })

  test("offers nothing where only the person knows", () => {
    for (const option of ["--allow-host", "--host-port", "--env", "--timeout"])
      expect(offered(option, "")).toEqual([])
  })

  test("offers Cordon's commands and programs as the first word", () => {
    expect(offered("")).toEqual(expect.arrayContaining([...commands.map(({ name }) => name), "ls"]))
    expect(offered("expl")).toContain("explain")
  })

  test("offers what follows a command, and files after it", () => {
    expect(offered("policy", "")).toEqual(["init", "schema", "show", "trust"])
    expect(offered("completion", "z")).toEqual(["zsh"])
    expect(offered("check", "tsconf")).toEqual(["tsconfig.json"])
  })

  test("finds the command behind options, and what it takes", () => {
    expect(offered("-n", "-C", "/etc", "expl")).toEqual(["explain"])
    expect(offered("-n", "policy", "s")).toEqual(["schema", "show"])
    expect(offered("-n", "log", "--f")).toEqual(["--follow"])
    expect(offered("help", "ex")).toEqual(["explain"])
    expect(offered("policy", "show", "")).toEqual([])
    expect(offered("deny", "pack")).toEqual([])
  })

  test("leaves what follows a program to the program", () => {
    for (const words of [["ls"], ["--", "ls"], ["run", "ls"], ["-n", "run", "--", "log"], ["run", "run"]])
      expect([words, offered(...words, "--")]).toEqual([words, []])
    expect(offered("ls", "package-lock")).toEqual(["package-lock.json"])
    expect(offered("run", "expl")).toEqual([])
    expect(offered("run", "--dry")).toEqual(["--dry-run"])
  })

  test("offers values after =, which is a word of its own to bash", () => {
    expect(offered("--net", "=", "o")).toEqual(["off", "open"])
    expect(offered("--net", "=")).toEqual(["filtered", "off", "open"])
    expect(offered("--net", "=", "off", "expl")).toEqual(["explain"])
  })

  test("offers a file whose name has spaces as one", () => {
    const directory = mkdtempSync(join(tmpdir(), "cordon-completion-"))
    try {
      writeFileSync(join(directory, "two words"), "")
      expect(offered("check", `${directory}/tw`)).toEqual([`${directory}/two words`])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test("registers itself, and is valid as a whole", () => {
    const check = Bun.spawnSync(["bash", "--norc", "-c", `${bash}\ncomplete -p cordon`])
    expect(check.exitCode).toBe(0)
    expect(check.stdout.toString()).toContain("-F _cordon cordon")
  })
})

/** Reads a script without running it. */
function syntax(words: string[], script: string) {
  const { exitCode, stderr } = Bun.spawnSync(words, { stdin: Buffer.from(script) })
  return [exitCode, stderr.toString()]
}

const absent = (shell: string) => Bun.which(shell) === null

test.skipIf(absent("zsh"))("zsh can read its completions [skipped when there is no zsh]", () => {
  expect(syntax(["zsh", "-n"], completionScript("zsh"))).toEqual([0, ""])
})

/** What a person at a terminal sees of zsh when the line is completed (zshmodules(1), zpty). */
function completedByZsh(load: string, line: string, expected: string) {
  const session = `zmodload zsh/zpty
zpty z 'TERM=dumb zsh -f -i'
zpty -w z 'cd ${root}; ${load}; echo READ""Y'
zpty -r z seen $'*READY\\r\\n*'
zpty -n -w z $'${line}\\t'
zpty -r z seen '*${expected} *' && print -r -- completed
zpty -d z`
  const { stdout } = Bun.spawnSync(["zsh", "-f", "-c", session], { timeout: 30_000 })
  return stdout.toString()
}

describe.skipIf(absent("zsh"))("zsh [skipped when there is no zsh]", () => {
  const directory = join(tmpdir(), `cordon-completion-zsh-${process.pid}`)
  beforeAll(() => {
    mkdirSync(directory)
    writeFileSync(join(directory, "_cordon"), completionScript("zsh"))
  })
  afterAll(() => rmSync(directory, { recursive: true }))
  const initialised = "autoload -U compinit; compinit -D -u"

  test.each([
    ["in a directory of functions", `fpath=(${directory} $fpath); ${initialised}`],
    ["evaluated", `${initialised}; eval "$(<${directory}/_cordon)"`],
  ])("%s it completes options, their values, profiles, files and commands", (_, load) => {
    for (const [line, expected] of [
      ["cordon --allow-h", "--allow-host"],
      ["cordon --net of", "--net off"],
      ["cordon --profile cla", "--profile claude"],
      ["cordon --profile package-l", "--profile package-lock.json"],
      ["cordon expl", "cordon explain"],
    ] as const)
      expect([line, completedByZsh(load, line, expected)]).toEqual([line, "completed\n"])
  })
})

test.skipIf(absent("fish"))("fish can read its completions [skipped when there is no fish]", () => {
  expect(syntax(["fish", "--no-execute"], completionScript("fish"))).toEqual([0, ""])
})

describe.skipIf(absent("fish"))("fish [skipped when there is no fish]", () => {
  test.each([
    ["cordon expl", "explain"],
    ["cordon -n -C /etc expl", "explain"],
    ["cordon policy sh", "show"],
    ["cordon help expl", "explain"],
    ["cordon completion z", "zsh"],
    ["cordon --net o", "off open"],
    ["cordon --profile gem", "gemini"],
    ["cordon --profile package-lock", "package-lock.json"],
    ["cordon log --fol", "--follow"],
    ["cordon run --dry", "--dry-run"],
    ["cordon verify --dry", ""],
    ["cordon no-such-program --dry", ""],
    ["cordon run -n -- log --fol", ""],
    ["cordon deny package-lock", ""],
    ["cordon check package-lock", "package-lock.json"],
  ])("%j is completed by %j", (line, expected) => {
    const script = `${completionScript("fish")}\ncomplete -C '${line}'`
    const { stdout, stderr } = Bun.spawnSync(["fish", "--no-config", "-c", script], { cwd: root })
    const words = stdout
      .toString()
      .split("\n")
      .map(row => row.split("\t")[0])
    expect([words.join(" ").trim(), stderr.toString()]).toEqual([expected, ""])
  })
})

describe.each(shells)("the script for %s", shell => {
  const script = completionScript(shell)

  test("names every option, every letter and every command", () => {
    for (const spec of optionSpecs) {
      expect(script).toContain(spec.name)
      if (spec.alias !== undefined) expect(script).toContain(spec.alias)
      for (const choice of spec.choices ?? []) expect(script).toContain(choice)
    }
    for (const { name } of commands) expect(script).toContain(name)
  })

  test("says at its head how it is used", () => {
    expect(script).toContain(`cordon completion ${shell}`)
  })

  test("leaves no template or missing value behind", () => {
    expect(script).not.toMatch(/undefined|\[object|NaN/)
    expect(script.endsWith("\n")).toBe(true)
  })
})

test("the scripts quote their shell's special characters in help texts", () => {
  const helps = optionSpecs.map(({ help }) => help)
  const fish = completionScript("fish")
  for (const help of helps) expect(fish).toContain(`-d '${help.replace(/[\\']/g, "\\$&")}'`)
  const zsh = completionScript("zsh")
  for (const help of helps)
    expect(zsh).toContain(`[${help.replace(/'/g, "'\\''").replace(/[[\]:]/g, "\\$&")}]`)
})
