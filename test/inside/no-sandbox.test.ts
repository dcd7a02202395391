/**
 * Drives real Node processes that load the preload as they do inside. Browsers are scripts that print their words;
 * one process runs many cases, because a process is what costs time.
 *
 * In tables ◆ marks where the flag belongs; a row without the mark says that nothing changes.
 */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${X} is shell text here
import { afterAll, describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { root } from "../source-code.ts"

const preload = join(root, "src/inside/no-sandbox.cjs")
const directory = mkdtempSync(join(tmpdir(), "cordon-no-sandbox-"))
const bin = join(directory, "bin")
const flag = "--no-sandbox"
afterAll(() => rmSync(directory, { recursive: true }))

const browsers = [
  ..."chrome google-chrome google-chrome-stable google-chrome-beta google-chrome-dev".split(" "),
  ..."google-chrome-unstable google-chrome-canary chromium chromium-browser Chromium".split(" "),
  ..."chrome-headless-shell headless-shell headless_shell brave brave-browser brave-browser-nightly".split(
    " ",
  ),
  ..."msedge microsoft-edge microsoft-edge-beta vivaldi vivaldi-stable opera electron Electron".split(" "),
  ..."CHROME chrome.exe chromium.cmd Electron.exe opera.bat".split(" "),
  ...["Google Chrome", "Google Chrome for Testing", "Brave Browser", "Microsoft Edge"],
]
const others = [
  ..."chromedriver my-chromecast-tool chromecast electron-builder electron-forge operadriver opera-tool".split(
    " ",
  ),
  ..."msedgedriver chrome_crashpad_handler chrome.sh google-chrome-lts notchrome chromium-bsu braver edge".split(
    " ",
  ),
  ..."headless electronic __proto__ constructor toString".split(" "),
]

/** Prints its name and its words, between separators that no case uses. */
const recorder = "#!/bin/sh\nprintf '%s\\037' \"${0##*/}\" \"$@\"\nprintf '\\036'\n"
mkdirSync(bin)
for (const name of [...browsers, ...others, "xvfb-run", "bash-recorder/bash"]) {
  mkdirSync(join(bin, name, ".."), { recursive: true })
  writeFileSync(join(bin, name), recorder)
  chmodSync(join(bin, name), 0o755)
}

/** Evaluates expressions with what they need in scope, one after the other, and reports each value or error. */
const driver = join(directory, "driver.cjs")
writeFileSync(
  driver,
  `"use strict"
const fs = require("fs"), cp = require("child_process"), util = require("util")
const { spawn, spawnSync, execFile, execFileSync, exec, execSync, fork } = cp
const bin = ${JSON.stringify(bin)}, bash = bin + "/bash-recorder/bash"
/** What a started program printed. */
const printed = child => new Promise((resolve, reject) => {
  let text = ""
  child.on("error", reject)
  child.stdout.on("data", data => { text += data })
  child.on("close", () => resolve(text))
})
/** What a function with a callback gave to it. */
const called = start => new Promise((resolve, reject) => start((error, out) => error ? reject(error) : resolve(out)))
/** The words that a program which does not exist would have been given. */
const words = (file, args, options) => {
  const child = spawn("/nowhere/" + file, args, options)
  child.on("error", () => {})
  return child.spawnargs.slice(1).map(word => typeof word === "string" ? word : typeof word)
}
const evaluate = code => eval("(async () => (" + code + "))()")
async function main() {
  const results = []
  for (const code of JSON.parse(fs.readFileSync(process.argv[2], "utf8"))) {
    try {
      const value = await evaluate(code)
      results.push({ value: Buffer.isBuffer(value) ? value.toString() : value })
    } catch (error) {
      results.push({ error: error.code || error.message })
    }
  }
  fs.writeFileSync(process.argv[2], JSON.stringify(results))
}
main()`,
)

type Result = { value?: unknown; error?: string }
type Settings = { cordon?: string; environment?: Record<string, string>; options?: string; program?: string }

/** A program of Node's with the preload, as inside. */
function node(args: readonly string[], settings: Settings = {}) {
  const { cordon = "1", environment = {}, options = `--require=${preload}`, program = "node" } = settings
  const own = {
    PATH: `${bin}:${process.env.PATH ?? ""}`,
    HOME: directory,
    NODE_OPTIONS: options,
    CORDON: cordon,
  }
  const run = spawnSync(program, args, { env: { ...own, ...environment }, encoding: "utf8" })
  expect(run.status, run.stderr).toBe(0)
  return run
}

/** The results of many expressions, and what the process said on standard error. */
function evaluated(codes: readonly string[], settings?: Settings): { results: Result[]; stderr: string } {
  const file = join(directory, "cases.json")
  writeFileSync(file, JSON.stringify(codes))
  const { stderr } = node([driver, file], settings)
  return { results: JSON.parse(readFileSync(file, "utf8")) as Result[], stderr }
}

function valuesOf(codes: readonly string[], settings?: Settings): unknown[] {
  return evaluated(codes, settings).results.map(({ value, error }) => (error ? `error: ${error}` : value))
}

/** What the recorders printed: a list of words for each that ran. */
function recorded(text: unknown): string[][] {
  const records = String(text).split("\x1e").slice(0, -1)
  return records.map(record => record.replace(/^\n+/, "").split("\x1f").slice(0, -1))
}

/** What becomes of words, for each row of words between blanks. */
function wordsAfter(rows: readonly string[], settings?: Settings): unknown[] {
  const codes = rows.map(row => {
    const [file, ...args] = withoutMark(row).split(" ")
    return `words(${quoted(file)}, ${quoted(args)})`
  })
  return valuesOf(codes, settings).map((args, index) =>
    [rows[index]?.split(" ")[0], ...(args as string[])].join(" "),
  )
}

/** What becomes of command strings that are given to a shell. */
function stringsAfter(strings: readonly string[], settings?: Settings): unknown[] {
  return valuesOf(
    strings.map(string => `words("bash", ["-c", ${quoted(string)}])[1]`),
    settings,
  )
}

const quoted = (value: unknown) => JSON.stringify(value)
const withMark = (row: string) => row.replaceAll("◆", flag)
const withoutMark = (row: string) => row.replaceAll(" ◆", "")

describe("names", () => {
  const run = (names: readonly string[]) =>
    valuesOf(names.map(name => `spawnSync(${quoted(name)}, ["x"]).stdout.toString()`)).map(recorded)

  test("of the Chromium family get the flag as their first argument", () => {
    expect(run(browsers)).toEqual(browsers.map(name => [[name, flag, "x"]]))
  })

  test("of others, that only look like it, get nothing", () => {
    expect(run(others)).toEqual(others.map(name => [[name, "x"]]))
  })

  test("may have a path", () => {
    const paths = [
      "./chromium",
      "/opt/google/chrome/chrome",
      "../a b/Google Chrome",
      "/chrome/chromedriver",
      "/chrome/",
    ]
    const after = valuesOf(paths.map(path => `words(${quoted(path)}, ["x"])`))
    expect(after).toEqual([[flag, "x"], [flag, "x"], [flag, "x"], ["x"], ["x"]])
  })
})

describe("every way to start a program", () => {
  /** Expressions whose value is what `chrome` printed, and its words. */
  const overloads: [code: string, words: string[]][] = [
    ['printed(spawn("chrome"))', [flag]],
    ['printed(spawn("chrome", ["a"]))', [flag, "a"]],
    ['printed(spawn("chrome", []))', [flag]],
    ['printed(spawn("chrome", null))', [flag]],
    ['printed(spawn("chrome", undefined, {}))', [flag]],
    ['printed(spawn("chrome", { env: process.env }))', [flag]],
    ['printed(spawn("chrome", ["a"], { argv0: "other" }))', [flag, "a"]],
    ['printed(spawn("chrome", ["a", "b"], { shell: true }))', [flag, "a", "b"]],
    ['printed(spawn("chrome a", { shell: true }))', [flag, "a"]],
    ['printed(spawn("chrome a | cat", { shell: "/bin/bash" }))', [flag, "a"]],
    ['spawnSync("chrome").stdout', [flag]],
    ['spawnSync("chrome", ["a"]).stdout', [flag, "a"]],
    ['spawnSync("chrome", null, { encoding: "utf8" }).stdout', [flag]],
    ['spawnSync("chrome", undefined).stdout', [flag]],
    ['spawnSync("chrome", { encoding: "utf8" }).stdout', [flag]],
    ['spawnSync("chrome", ["a", "b"], { shell: true }).stdout', [flag, "a", "b"]],
    ['spawnSync("chrome a", { shell: true }).stdout', [flag, "a"]],
    ['spawnSync("chrome", null, { shell: "/bin/bash" }).stdout', [flag]],
    ['called(done => execFile("chrome", done))', [flag]],
    ['called(done => execFile("chrome", ["a"], done))', [flag, "a"]],
    ['called(done => execFile("chrome", {}, done))', [flag]],
    ['called(done => execFile("chrome", null, {}, done))', [flag]],
    ['called(done => execFile("chrome", ["a"], { encoding: "buffer" }, done))', [flag, "a"]],
    ['called(done => execFile("chrome", ["a", "b"], { shell: true }, done))', [flag, "a", "b"]],
    ['printed(execFile("chrome", ["a"]))', [flag, "a"]],
    ['execFileSync("chrome")', [flag]],
    ['execFileSync("chrome", ["a"])', [flag, "a"]],
    ['execFileSync("chrome", null, {})', [flag]],
    ['execFileSync("chrome", { encoding: "utf8" })', [flag]],
    ['execFileSync("chrome", ["a", "b"], { shell: true })', [flag, "a", "b"]],
    ['called(done => exec("chrome a", done))', [flag, "a"]],
    ['called(done => exec("chrome a", {}, done))', [flag, "a"]],
    ['called(done => exec("chrome a", null, done))', [flag, "a"]],
    ['called(done => exec("chrome a", { shell: "/bin/bash" }, done))', [flag, "a"]],
    ['printed(exec("chrome"))', [flag]],
    ['execSync("chrome a")', [flag, "a"]],
    ['execSync("chrome a", { encoding: "utf8" })', [flag, "a"]],
    ['execSync("chrome a", { shell: "/bin/bash" })', [flag, "a"]],
    ['util.promisify(exec)("chrome a").then(({ stdout }) => stdout)', [flag, "a"]],
    ['util.promisify(exec)("chrome a", {}).then(({ stdout }) => stdout)', [flag, "a"]],
    ['util.promisify(execFile)("chrome").then(({ stdout }) => stdout)', [flag]],
    ['util.promisify(execFile)("chrome", ["a"]).then(({ stdout }) => stdout)', [flag, "a"]],
    ['util.promisify(execFile)("chrome", ["a"], {}).then(({ stdout }) => stdout)', [flag, "a"]],
  ]

  test("reaches the browser with one flag, whatever the overload", () => {
    const { results, stderr } = evaluated(overloads.map(([code]) => code))
    const ran = results.map(({ value, error }, index) => [overloads[index]?.[0], error, recorded(value)])
    expect(ran).toEqual(overloads.map(([code, words]) => [code, undefined, [["chrome", ...words]]]))
    expect(stderr.replace(/.*DEP0190.*\n|.*--trace-deprecation.*\n/g, "")).toBe("")
  })

  test("of an ES module as well, by name, by namespace and by import()", () => {
    const module = join(directory, "module.mjs")
    writeFileSync(
      module,
      `import { spawn, spawnSync, execFileSync as run } from "node:child_process"
       import * as all from "child_process"
       import whole from "node:child_process"
       const late = await import("node:child_process")
       const write = text => process.stdout.write(text)
       write(spawnSync("chrome", ["1"]).stdout)
       write(run("chrome", ["2"]))
       write(all.execSync("chrome 3"))
       write(whole.spawnSync("chrome", ["4"]).stdout)
       write(late.execFileSync("chrome", ["5"]))
       await new Promise(done => spawn("chrome", ["6"], { stdio: "inherit" }).on("close", done))
       await new Promise(done => all.exec("chrome 7", (_, out) => done(write(out))))`,
    )
    const words = ["1", "2", "3", "4", "5", "6", "7"].map(word => ["chrome", flag, word])
    expect(recorded(node([module]).stdout)).toEqual(words)
  })

  test("of a worker thread as well", () => {
    const code =
      'require("child_process").execFileSync("chrome", ["a"], { stdio: ["ignore", "pipe", "inherit"] }).toString()'
    const inWorker = `called(done => new (require("worker_threads").Worker)(
      'require("worker_threads").parentPort.postMessage(' + ${quoted(code)} + ')', { eval: true }
    ).on("message", text => done(null, text)).on("error", done))`
    expect(valuesOf([inWorker]).map(recorded)).toEqual([[["chrome", flag, "a"]]])
  })

  test("but fork, which starts Node whatever its name", () => {
    const codes = [
      'printed(fork("a.js", ["b"], { execPath: bin + "/chrome", silent: true }))',
      'printed(fork("a.js", { execPath: bin + "/electron", silent: true }))',
    ]
    expect(valuesOf(codes).map(recorded)).toEqual([[["chrome", "a.js", "b"]], [["electron", "a.js"]]])
  })

  test("looks the same from outside", () => {
    const shape = `[spawn, spawnSync, execFile, execFileSync, exec, execSync, fork, cp.ChildProcess.prototype.spawn].map(
      f => [f.name, f.length, Object.keys(f), typeof f[util.promisify.custom], Object.keys(cp).length])`
    const [inside, outside] = [valuesOf([shape]), valuesOf([shape], { cordon: "0" })]
    expect(inside).toEqual(outside)
  })

  test("leaves what the caller handed over as it was", () => {
    const codes = [
      '(args => (spawnSync("chrome", args), args))(["a"])',
      '(args => (words("chrome", args), args))(["a"])',
      '(options => (spawnSync("chrome", options), Object.keys(options)))({ cwd: "/" })',
      '(options => (spawnSync("chrome", [], Object.freeze(options)), options))({ cwd: "/" })',
    ]
    expect(valuesOf(codes)).toEqual([["a"], ["a"], ["cwd"], { cwd: "/" }])
  })

  test("shows in spawnargs", () => {
    expect(valuesOf(['words("chrome", ["a"])'])).toEqual([[flag, "a"]])
  })
})

describe("a flag that is there already", () => {
  const rows = [
    "chrome --no-sandbox",
    "chrome --headless --no-sandbox x",
    "electron . --no-sandbox",
    "env A=b chrome --no-sandbox",
    "chrome ◆ --no-sandboxed",
    "chrome ◆ --no-sandbox=1",
    "chrome ◆ -- --no-sandbox",
    "chrome ◆ --no-Sandbox",
    "env --no-sandbox chrome ◆",
  ]

  test("is not added again", () => {
    expect(wordsAfter(rows)).toEqual(rows.map(withMark))
  })

  test("is not added again to command strings", () => {
    const strings = ["chrome --no-sandbox; chromium ◆ x", "chrome '--no-sandbox'", 'chrome "$X" --no-sandbox']
    expect(stringsAfter(strings.map(withoutMark))).toEqual(strings.map(withMark))
  })

  test("stays one when a result goes through again", () => {
    const once = stringsAfter(["chrome && bash -c 'chromium; env -S \"opera x\"'"])
    expect(stringsAfter(once.map(String))).toEqual(once)
    expect(String(once[0]).split(flag)).toHaveLength(4)
  })
})

describe("wrappers", () => {
  const table: [wrapper: string, rows: string[]][] = [
    ["env", ["env chrome ◆ x", "env -i A=b C= chrome ◆", "env - chrome ◆", "env -u X -C /d -a n chrome ◆"]],
    [
      "env, long",
      [
        "env --unset X --chdir=/ --argv0 n chrome ◆",
        "env --uns X chrome ◆",
        "env --ignore-environment chrome ◆",
      ],
    ],
    [
      "env, joined",
      [
        "env -uX -i0v chrome ◆",
        "env -iu X chrome ◆",
        "env -- A=b chrome ◆",
        "env --block-signal=INT chrome ◆",
      ],
    ],
    ["env, other", ["env -u chrome chromium ◆", "env -u chrome", "env A=chrome", "env echo chrome", "env"]],
    [
      "nice",
      ["nice chrome ◆", "nice -n 5 chrome ◆", "nice -n5 chrome ◆", "nice -5 chrome ◆", "nice --5 chrome ◆"],
    ],
    ["nice, long", ["nice --adjustment 5 chrome ◆", "nice --adjustment=5 chrome ◆", "nice -n -5 chrome ◆"]],
    [
      "timeout",
      [
        "timeout 5 chrome ◆",
        "timeout 1.5m chrome ◆",
        "timeout -k 5 -s KILL 30 chrome ◆",
        "timeout inf chrome ◆",
      ],
    ],
    [
      "timeout, long",
      ["timeout --signal=KILL --kill-after 5 30 chrome ◆", "timeout --foreground -v 3 chrome ◆"],
    ],
    ["timeout, ended", ["timeout -- 30 chrome ◆", "timeout 30 echo chrome", "timeout chrome"]],
    ["stdbuf", ["stdbuf -i 0 -oL -e L chrome ◆", "stdbuf --output=L --error L chrome ◆"]],
    [
      "ionice",
      [
        "ionice -c 3 chrome ◆",
        "ionice -c2 -n 0 chrome ◆",
        "ionice -t chrome ◆",
        "ionice -p 5 chrome",
        "ionice -u chrome",
      ],
    ],
    [
      "taskset",
      [
        "taskset 0x3 chrome ◆",
        "taskset -c 0-3,5 chrome ◆",
        "taskset -a 1 chrome ◆",
        "taskset -p 1 chrome",
        "taskset -cp 1 chrome",
      ],
    ],
    [
      "chrt",
      ["chrt 10 chrome ◆", "chrt -f 10 chrome ◆", "chrt -d -T 1 -P 2 -D 3 0 chrome ◆", "chrt -p 10 chrome"],
    ],
    [
      "command",
      [
        "command chrome ◆",
        "command -p chrome ◆",
        "command -v chrome",
        "command -V chrome",
        "command -pv chrome",
      ],
    ],
    ["exec", ["exec chrome ◆", "exec -a name chrome ◆", "exec -cl chrome ◆", "exec -ca name chrome ◆"]],
    [
      "time",
      ["time chrome ◆", "time -p chrome ◆", "time -f %e -o file chrome ◆", "time --format=%e -av chrome ◆"],
    ],
    [
      "those without values",
      ["nohup chrome ◆", "setsid -f -w chrome ◆", "unbuffer -p chrome ◆", "winpty chrome ◆"],
    ],
    ["caffeinate", ["caffeinate -dims chrome ◆", "caffeinate -t 5 -w 1 chrome ◆"]],
    [
      "xvfb-run",
      [
        "xvfb-run chrome ◆",
        "xvfb-run -a -e log -n 9 chrome ◆",
        "xvfb-run --server-num=9 --auto-servernum chrome ◆",
      ],
    ],
    [
      "tracers",
      [
        "strace -f -e open -o out chrome ◆",
        "strace -c chrome ◆",
        "ltrace -S chrome chromium ◆",
        "strace --output=o chrome ◆",
      ],
    ],
    [
      "sudo",
      [
        "sudo chrome ◆",
        "sudo -u me -E A=b chrome ◆",
        "sudo -nu me -- chrome ◆",
        "sudo -l chrome",
        "sudo --user=me chrome ◆",
      ],
    ],
    [
      "its kin",
      [
        "doas -u me chrome ◆",
        "pkexec --user me chrome ◆",
        "runuser -u me -- chrome ◆",
        "dbus-run-session -- chrome ◆",
      ],
    ],
    [
      "nested ones",
      [
        "env A=b nice -n 3 timeout 5 nohup chrome ◆ x",
        "sudo env -i sudo chrome ◆",
        "/usr/bin/env /bin/nice chrome ◆",
      ],
    ],
    [
      "what is no wrapper",
      [
        "xargs chrome",
        "ssh host chrome",
        "docker run chrome",
        "script chrome",
        "flock f chrome",
        "unshare chrome",
        "su chrome",
      ],
    ],
    [
      "names in arguments",
      ["echo chrome", "grep chrome f", "node chrome", "npx electron .", "open -a chrome"],
    ],
  ]
  const after = wordsAfter(table.flatMap(([, rows]) => rows))
  const starts = table.map((_, index) => table.slice(0, index).flatMap(([, rows]) => rows).length)

  test.each(table.map(([wrapper, rows], index) => [wrapper, rows, starts[index] ?? 0] as const))(
    "%s",
    (_, rows, start) => {
      expect(after.slice(start, start + rows.length)).toEqual(rows.map(withMark))
    },
  )

  test("end without a command, or with a value missing", () => {
    const rows = [
      "env",
      "env -u",
      "timeout",
      "timeout 5",
      "timeout --",
      "nice -n",
      "env -S",
      "sh",
      "sh -c",
      "bash -o",
    ]
    expect(wordsAfter(rows.map(row => `env CHROME=1 ${row}`))).toEqual(rows.map(row => `env CHROME=1 ${row}`))
  })

  test("run what they should with real programs", () => {
    const codes = [
      'execFileSync("env", ["-u", "X", "A=b", "chrome", "a"])',
      'execFileSync("nice", ["-n", "1", "nohup", "chrome", "a"])',
      'execSync("env A=b nice -n 1 chrome a")',
      'execFileSync("xvfb-run", ["-s", "-screen 0 1x1x24", "chrome", "a"])',
    ]
    const chrome = [["chrome", flag, "a"]]
    const xvfb = [["xvfb-run", "-s", "-screen 0 1x1x24", "chrome", flag, "a"]]
    expect(valuesOf(codes).map(recorded)).toEqual([chrome, chrome, chrome, xvfb])
  })
})

describe("env -S", () => {
  const table: [args: string[], after: string[]][] = [
    [
      ["-S", "chrome x"],
      ["-S", "chrome --no-sandbox x"],
    ],
    [
      ["-S", "A=b chrome", "x"],
      ["-S", "A=b chrome --no-sandbox", "x"],
    ],
    [["-Schrome x"], ["-Schrome --no-sandbox x"]],
    [
      ["-vS", "chrome"],
      ["-vS", "chrome --no-sandbox"],
    ],
    [
      ["-i", "-S", "-u X 'chrome' x"],
      ["-i", "-S", "-u X 'chrome' --no-sandbox x"],
    ],
    [
      ["--split-string", "chrome x"],
      ["--split-string", "chrome --no-sandbox x"],
    ],
    [["--split-string=chrome x"], ["--split-string=chrome --no-sandbox x"]],
    [["--split-string=chrome"], ["--split-string=chrome --no-sandbox"]],
    [
      ["-S", "nice -n 3", "chrome", "x"],
      ["-S", "nice -n 3", "chrome", flag, "x"],
    ],
    [
      ["-S", "nice -n", "3", "chrome", "x"],
      ["-S", "nice -n", "3", "chrome", flag, "x"],
    ],
    [
      ["-S", "bash -c 'chrome x'"],
      ["-S", "bash -c 'chrome --no-sandbox x'"],
    ],
    [
      ["-S", "bash -c", "chrome x"],
      ["-S", "bash -c", "chrome --no-sandbox x"],
    ],
    [
      ["-S", "env -S 'chrome x'"],
      ["-S", "env -S 'chrome --no-sandbox x'"],
    ],
    [
      ["-S", "chrome;x"],
      ["-S", "chrome;x"],
    ],
    [
      ["-S", "chrome\tx\n"],
      ["-S", "chrome --no-sandbox\tx\n"],
    ],
    [
      ["-S", "${CHROME} chrome"],
      ["-S", "${CHROME} chrome"],
    ],
    [
      ["-S", "A=${X} chrome"],
      ["-S", "A=${X} chrome --no-sandbox"],
    ],
    [
      ["-S", "chrome x", flag],
      ["-S", "chrome x", flag],
    ],
    [
      ["-S", "$(chrome x"],
      ["-S", "$(chrome x"],
    ],
    [
      ["-S", ""],
      ["-S", ""],
    ],
    [
      ["-uS", "chrome"],
      ["-uS", "chrome", flag],
    ],
    [
      ["echo", "-S", "chrome"],
      ["echo", "-S", "chrome"],
    ],
  ]
  const results = valuesOf(table.map(([args]) => `words("env", ${quoted(args)})`))

  test.each(table.map((row, index) => [...row, results[index]] as const))("%j", (_, after, result) => {
    expect(result).toEqual(after)
  })

  test("as env itself splits it", () => {
    const code = `execFileSync("env", ["-S", "-u X A=b 'chrome' 'a b' c", "d"])`
    expect(valuesOf([code]).map(recorded)).toEqual([[["chrome", flag, "a b", "c", "d"]]])
  })
})

describe("command strings", () => {
  const strings = [
    "chrome ◆",
    "chrome ◆ x",
    "  chrome ◆  x",
    "chrome ◆ a; chromium ◆ b & opera ◆ c\nelectron ◆ d && chrome ◆ e || chrome ◆ f | chrome ◆ g |& chrome ◆",
    "(chrome ◆)",
    "( (chrome ◆ x); chrome ◆ )",
    "{ chrome ◆; }",
    "if chrome ◆ x; then chrome ◆; elif ! chrome ◆; then chrome ◆; else chrome ◆; fi && chrome ◆",
    "while chrome ◆; do chrome ◆; break; done; until (chrome ◆); do break; done",
    "for x in chrome chromium; do chrome ◆ $x; done",
    "A=b C='d e' chrome ◆ x",
    "A+=b chrome ◆",
    "A=$(chrome ◆ --version) B=`uname` chromium ◆",
    'echo "$(chrome ◆ "x y")" $(echo $(chromium ◆))',
    "cat <(chrome ◆ x) > >(chromium ◆)",
    "chrome ◆ $(uname) ${X:-y} `uname` $'it\\'s' $((1 + (2 * 3))) ; chromium ◆",
    "> log chrome ◆ x 2>&1 </dev/null; 2>x chrome ◆; chrome ◆&>x; &>y chrome ◆; chrome ◆>|x; chrome ◆ <<<word",
    "'chrome' ◆ x",
    "\"Google Chrome\" ◆ x; Google\\ Chrome ◆ x; '/Applications/Google Chrome' ◆",
    'chro"mi"um ◆; ch\\rome ◆; "/opt/a b"/chrome ◆',
    "~/chrome ◆; ./chrome ◆; ../x/chrome ◆",
    "chrome ◆ \\\n  --headless \\\n  x",
    "\\\nchrome ◆",
    "echo x # chrome\nchrome ◆ # chrome",
    "echo x#chrome; chrome ◆ x#y",
    "env -i A=b nice -n $N timeout $T chrome ◆ x; time -p chrome ◆; exec -a name chrome ◆",
    "sudo -u $USER chrome ◆ & command chrome ◆ & command -v chrome",
    "env 'A=b c' chrome ◆; env \"A=$B\" chrome ◆; env A=$B chrome ◆",
    "chrome ◆ \u{1f600} é; echo '\u{1f600}' && chrome ◆",
    "ELECTRON_RUN_AS_NODE= electron ◆ x",
    "cd x && electron ◆ . | tee log",
    "chrome ◆ && cat <<END\nchrome\nEND",
  ]

  const untouched = [
    "",
    " ",
    ";",
    "echo chrome; echo 'chrome'; echo \"; chrome\"",
    "echo ';' chrome '&&' chrome \\; chrome",
    "chromedriver; my-chromecast-tool x | electron-builder",
    "$CHROME x; $X chrome; `which chrome` x; $(which chrome) x; ${X}chrome; $X/chrome; chrome$X",
    "env $X chrome; nice $X chrome; env -u",
    "cat > chrome; cat < chrome; cat >>chrome 2>chrome",
    "cat <<chrome\nchrome\nchrome",
    "cat <<-'END' > x\n\tchrome\n\tEND\nchrome",
    "chrome() { echo x; }",
    "chrome () { echo x; }; x",
    "function chrome { x; }",
    "case $x in\n  chrome) echo a;;\n  chromium|opera) echo b;;\nesac",
    "case $x in (chrome) chrome;; esac",
    "if [[ $a && chrome == $b ]]; then x; fi",
    "[[ $x =~ ^(chrome|opera)$ ]]",
    "((chrome | opera)); x",
    "A=(chrome opera); x",
    "rm -- !(chrome|opera)",
    "select x in chrome; do x; done",
    "alias c=chrome; trap chrome EXIT",
    "ELECTRON_RUN_AS_NODE=1 electron x; env ELECTRON_RUN_AS_NODE=1 electron x",
    "echo 'chrome",
    'echo "chrome; chrome',
    "echo `chrome",
    "echo ${chrome chrome",
    "echo $'chrome; chrome",
    "sh chrome",
    "bash script -c chrome",
    "eval 'chrome'",
  ]

  const after = stringsAfter(strings.map(withoutMark))
  const same = stringsAfter(untouched)

  test.each(strings.map((string, index) => [string, after[index]] as const))("%j", (string, result) => {
    expect(result).toBe(withMark(string))
  })

  test.each(untouched.map((string, index) => [string, same[index]] as const))(
    "%j stays",
    (string, result) => {
      expect(result).toBe(string)
    },
  )

  test("in strings are quoted again", () => {
    const table: [string: string, after: string][] = [
      ["bash -c chrome", "bash -c 'chrome --no-sandbox'"],
      ['sh -c "chrome x && chromium"', "sh -c 'chrome --no-sandbox x && chromium --no-sandbox'"],
      ["sh -c 'chrome \"a b\"'", "sh -c 'chrome --no-sandbox \"a b\"'"],
      ["sh -c \"chrome 'a b'\" name arg", "sh -c 'chrome --no-sandbox '\\''a b'\\''' name arg"],
      ["sh -c chrome\\ x", "sh -c 'chrome --no-sandbox x'"],
      ["nice bash -lc chrome >log", "nice bash -lc 'chrome --no-sandbox' >log"],
      ["bash -c 'nice sh -c chrome'", "bash -c 'nice sh -c '\\''chrome --no-sandbox'\\'''"],
      ["env -S 'A=b chrome x' y", "env -S 'A=b chrome --no-sandbox x' y"],
      ["env -S'chrome x'", "env '-Schrome --no-sandbox x'"],
      ['sh -c "echo $(chrome)"', 'sh -c "echo $(chrome --no-sandbox)"'],
      ['sh -c "chrome $X"', 'sh -c "chrome $X"'],
      [
        "ELECTRON_RUN_AS_NODE=1 sh -c 'electron; chrome'",
        "ELECTRON_RUN_AS_NODE=1 sh -c 'electron; chrome --no-sandbox'",
      ],
    ]
    expect(stringsAfter(table.map(([string]) => string))).toEqual(table.map(([, after]) => after))
  })

  test("run as they would without us, but for the flag", () => {
    const runnable = [
      ...strings.filter(string => !/sudo|while|Applications|~|\.\/|\/opt|exec -a|[|]| & |<\(/.test(string)),
      "bash -c 'chrome \"it'\\''s\"' ◆",
      "sh -c \"chrome 'a b' \\\\\\$X; chromium\" ◆",
      "env -S 'A=b chrome x' y ◆",
      "case chrome in opera) x;; chrome) echo;; esac; cat <<END\nchrome\nEND",
    ]
    const run = (cordon: string) =>
      valuesOf(
        runnable.map(string => {
          const command = `cd "$(mktemp -d -p ${directory})"; N=1 T=5\n${withoutMark(string)}`
          return `spawnSync("bash", ["-c", ${quoted(command)}]).stdout.toString()`
        }),
        { cordon },
      ).map(recorded)
    const [inside, outside] = [run("1"), run("0")]
    const isMissing = ([name = "", ...words]: string[]) => browsers.includes(name) && words[0] !== flag
    expect(inside.flat().length).toBeGreaterThan(30)
    expect(inside.filter(ran => ran.some(isMissing))).toEqual([])
    expect(inside.map(ran => ran.map(words => words.filter(word => word !== flag)).sort())).toEqual(
      outside.map(ran => ran.sort()),
    )
  })
})

describe("shells", () => {
  const chrome = "chrome ◆"
  const table: [file: string, args: string[]][] = [
    ["sh", ["-c", chrome]],
    ["bash", ["-lc", chrome]],
    ["zsh", ["-xec", chrome]],
    ["/bin/dash", ["-e", "-c", chrome]],
    ["ksh", ["-c", "-x", chrome]],
    ["fish", ["-c", chrome]],
    ["ash", ["-c", chrome, "name", "chromium"]],
    ["bash", ["-c", "--", chrome]],
    ["bash", ["-euo", "pipefail", "-c", chrome]],
    ["bash", ["-ceuo", "pipefail", chrome]],
    ["bash", ["-o", "pipefail", "-O", "extglob", "+x", "+o", "posix", "-c", chrome]],
    ["bash", ["--norc", "--rcfile", "chrome", "--init-file", "-c", "-c", chrome]],
    ["env", ["A=b", "bash", "-c", chrome]],
    ["bash", ["-o", "-c", "chrome"]],
    ["bash", ["--", "-c", "chrome"]],
    ["bash", ["chrome", "-c", "chrome"]],
    ["bash", ["-x", "chrome"]],
    ["bash", ["-c"]],
    ["bash", ["-c", "--"]],
    ["python3", ["-c", "chrome"]],
    ["node", ["-e", "chrome"]],
  ]
  const after = valuesOf(
    table.map(([file, args]) => `words(${quoted(file)}, ${quoted(args.map(withoutMark))})`),
  )

  test.each(table.map((row, index) => [...row, after[index]] as const))("%s %j", (_, args, result) => {
    expect(result).toEqual(args.map(withMark))
  })

  test("of the machine agree about options before the string", () => {
    const options = [["-c"], ["-c", "--"], ["-c", "-e"], ["-ec"], ["-c", "+e"], ["-o", "noglob", "-c"]]
    const codes = ["sh", "bash"].flatMap(file =>
      options.map(given => `spawnSync(${quoted(file)}, ${quoted([...given, "chrome a"])}).stdout.toString()`),
    )
    expect(valuesOf(codes).map(recorded)).toEqual(codes.map(() => [["chrome", flag, "a"]]))
  })

  test("named by the option shell get the string", () => {
    const codes = [
      'execSync("chrome a", { shell: bash })',
      'spawnSync("chrome", ["a"], { shell: bash }).stdout',
      'called(done => exec("chrome a", { shell: bash }, done))',
      'execSync("chrome a", { shell: bin + "/chromedriver" })',
    ]
    const ours = [["bash", "-c", `chrome ${flag} a`]]
    expect(valuesOf(codes).map(recorded)).toEqual([ours, ours, ours, [["chromedriver", "-c", "chrome a"]]])
  })
})

describe("Electron as Node", () => {
  test("gets no flag, which it would refuse", () => {
    const codes = [
      'execFileSync("electron", ["a.js"])',
      'util.promisify(exec)("electron a.js; chrome a.js").then(({ stdout }) => stdout)',
      'execFileSync("electron", ["a.js"], { env: { PATH: process.env.PATH } })',
      'printed(spawn("electron", ["a.js"], { env: { PATH: process.env.PATH } }))',
      'printed(spawn("electron", ["a.js"], { env: { ...process.env, ELECTRON_RUN_AS_NODE: "" } }))',
    ]
    const plain = ["electron", "a.js"]
    const added = ["electron", flag, "a.js"]
    expect(valuesOf(codes, { environment: { ELECTRON_RUN_AS_NODE: "1" } }).map(recorded)).toEqual([
      [plain],
      [plain, ["chrome", flag, "a.js"]],
      [added],
      [added],
      [added],
    ])
  })

  test("is seen in the child's own environment too", () => {
    const codes = [
      'printed(spawn("electron", ["a.js"], { env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" } }))',
      'spawnSync("env", ["ELECTRON_RUN_AS_NODE=1", "electron", "a.js"]).stdout.toString()',
    ]
    expect(valuesOf(codes).map(recorded)).toEqual([[["electron", "a.js"]], [["electron", "a.js"]]])
  })
})

describe("what is not a text", () => {
  test("ends in Node's own error", () => {
    const codes = [
      'spawn(Buffer.from("chrome"))',
      'spawnSync(new URL("file:///chrome"))',
      'execFileSync(Buffer.from("chrome"), [])',
      'execSync(Buffer.from("chrome"))',
      'exec(new URL("file:///chrome"))',
      'spawnSync("chrome", "a")',
      'spawnSync("chrome", ["\\0"])',
      'execSync("chrome \\0")',
      'spawnSync("chrome", [], "a")',
      "spawnSync()",
      "execSync()",
      "spawn(undefined, {})",
      'spawnSync("chrome", [Symbol()])',
      'spawnSync("chrome", [{ toString() { throw new Error("mine") } }])',
    ]
    const [inside, outside] = [evaluated(codes), evaluated(codes, { cordon: "0" })]
    expect(inside.results).toEqual(outside.results)
    expect(inside.results.every(({ error }) => error !== undefined)).toBe(true)
  })

  test("keeps its place among the arguments", () => {
    const codes = [
      'spawnSync("chrome", [Buffer.from("a b"), new URL("file:///x"), 3, true]).stdout.toString()',
      'spawnSync("env", [Buffer.from("chrome"), "a"]).stdout.toString()',
      'spawnSync("chrome", ["a"], { cwd: require("url").pathToFileURL("/") }).stdout.toString()',
    ]
    expect(valuesOf(codes).map(recorded)).toEqual([
      [["chrome", flag, "a b", "file:///x", "3", "true"]],
      [["chrome", flag, "a"]],
      [["chrome", flag, "a"]],
    ])
    expect(valuesOf(['words("chrome", [Buffer.from("a"), 3])'])).toEqual([[flag, "object", "number"]])
  })
})

describe("an error of ours", () => {
  const deep = '("( ".repeat(50000) + "chrome")'
  const warnings = (stderr: string) => stderr.split("\n").filter(line => /CordonWarning/.test(line))

  test("lets the call through unchanged, with one warning for the process", () => {
    const codes = [
      `words("bash", ["-c", ${deep}])[1] === ${deep}`,
      `execFileSync(bash, ["-c", ${deep}]).toString().includes("( chrome\\x1f")`,
      'spawnSync("chrome", ["a"]).stdout.toString()',
    ]
    const { results, stderr } = evaluated(codes)
    expect(results.slice(0, 2)).toEqual([{ value: true }, { value: true }])
    expect(recorded(results[2]?.value)).toEqual([["chrome", flag, "a"]])
    expect(warnings(stderr)).toHaveLength(1)
    expect(stderr).toContain(flag)
  })

  test("leaves an error of the caller's as it is", () => {
    const code = 'spawnSync("env", [{ toString() { throw new Error("mine") } }])'
    const { results, stderr } = evaluated([code, code])
    expect(results).toEqual([{ error: "mine" }, { error: "mine" }])
    expect(warnings(stderr)).toHaveLength(1)
  })

  test("in loading stops nothing either", () => {
    const earlier = join(directory, "earlier.cjs")
    writeFileSync(earlier, 'Object.freeze(require("child_process").ChildProcess.prototype)')
    const options = `--require=${earlier} --require=${preload}`
    const { results, stderr } = evaluated(['spawnSync("chrome", ["a"]).status'], { options })
    expect(results).toEqual([{ value: 0 }])
    expect(warnings(stderr)).toHaveLength(1)
  })
})

describe("loading", () => {
  test.each(["", "0", "true", "11", " 1"])("does nothing where CORDON is %j", cordon => {
    const codes = ['execFileSync("chrome", ["a"]).toString()', 'execSync("chrome a").toString()']
    expect(valuesOf(codes, { cordon }).map(recorded)).toEqual([[["chrome", "a"]], [["chrome", "a"]]])
  })

  test("loads child_process and nothing else, and not even that outside", () => {
    const list = (settings: Settings) =>
      node(["-p", "process.moduleLoadList.join('\\n')"], settings).stdout.split("\n").sort()
    const plain = join(directory, "plain.cjs")
    writeFileSync(plain, 'require("child_process")')
    expect(list({})).toEqual(list({ options: `--require=${plain}` }))
    expect(list({ cordon: "0" }).some(name => name.includes("child_process"))).toBe(false)
  })

  test("twice, and from a second place, hooks once", () => {
    const copy = join(directory, "copy.cjs")
    copyFileSync(preload, copy)
    const codes = [
      `(before => (require(${quoted(copy)}), before === cp.spawnSync))(cp.spawnSync)`,
      'execFileSync("chrome", ["a"]).toString()',
    ]
    const options = `--require=${preload} --require=${preload} --require=${copy}`
    const [same, ran] = valuesOf(codes, { options })
    expect(same).toBe(true)
    expect(recorded(ran)).toEqual([["chrome", flag, "a"]])
  })

  test("is inherited by the Node processes of Node processes", () => {
    const inner = 'process.stdout.write(require("child_process").execFileSync("chrome", ["a"]))'
    const code = `execFileSync(process.execPath, ["-e", ${quoted(inner)}]).toString()`
    expect(valuesOf([code]).map(recorded)).toEqual([[["chrome", flag, "a"]]])
  })

  test("by Bun does no harm", () => {
    const script = join(directory, "bun.ts")
    writeFileSync(
      script,
      `import { execFileSync, execSync, spawn, spawnSync } from "node:child_process"
       process.stdout.write(execFileSync("chrome", ["1"]))
       process.stdout.write(execSync("chrome 2"))
       process.stdout.write(spawnSync("chrome", ["3"]).stdout)
       await new Promise(done => spawn("chrome", ["4"], { stdio: "inherit" }).on("close", done))
       process.stdout.write(Bun.spawnSync(["chromedriver", "5"]).stdout)`,
    )
    const { stdout, stderr } = node(["--preload", preload, script], { program: process.execPath })
    const ran = recorded(stdout).map(words => words.filter(word => word !== flag).join(" "))
    expect(ran).toEqual(["chrome 1", "chrome 2", "chrome 3", "chrome 4", "chromedriver 5"])
    expect(stderr).toBe("")
  })

  test("by Node 14 finds no syntax and no function that is younger", () => {
    const code = readFileSync(preload, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")
    expect(code).not.toMatch(
      /\.replaceAll\(|\.at\(|hasOwn\(|structuredClone|(\?\?|\|\||&&)=|"node:\w|static \{/,
    )
    expect(code.startsWith('"use strict"')).toBe(true)
  })
})

describe("any string", () => {
  const words = ["chrome", "electron ", "bash -c ", "env -S ", "case ", "[[ ", "then ", "A=", "x"]
  const signs = [..."|&;()<>\"'`${}\\#!\n\t =-é\u{1f600}", "<<", "$(", "$((", ">(", "\ud800"]
  const pieces = fc.oneof(fc.constantFrom(...words), fc.constantFrom(...signs))
  const string = fc.array(pieces, { maxLength: 24 }).map(parts => parts.join("").replaceAll("\ud800", "?"))
  const strings = fc.sample(string, { seed: 20, numRuns: 800 })

  test("is read to its end, without a warning, and loses nothing", () => {
    const plain = strings.filter(string => !/bash|env/.test(string))
    const { results, stderr } = evaluated(plain.map(string => `words("bash", ["-c", ${quoted(string)}])[1]`))
    const restored = results.map(({ value }) => String(value).replaceAll(` ${flag}`, ""))
    expect(restored).toEqual(plain)
    expect(results.filter(({ value }) => String(value).includes(flag)).length).toBeGreaterThan(30)
    expect(stderr).toBe("")
  })

  test("with strings inside strings is read to its end too", () => {
    const { results, stderr } = evaluated(
      strings.map(string => `words("bash", ["-c", ${quoted(`bash -c chrome;${string}`)}])[1]`),
    )
    const start = `bash -c 'chrome ${flag}'`
    expect(results.filter(({ value }) => String(value).startsWith(start)).length).toBeGreaterThan(500)
    expect(results.filter(({ error }) => error !== undefined)).toEqual([])
    expect(stderr).toBe("")
  })

  test("of signs that are never closed comes to an end", () => {
    const repeated = [
      "`",
      "$(",
      "${",
      "((",
      "'",
      '"',
      "$'",
      "<(",
      "a ",
      ";",
      "env ",
      "env -S ",
      "nice ",
      "A=",
    ]
    const codes = repeated.map(
      piece => `words("bash", ["-c", "chrome; " + ${quoted(piece)}.repeat(1500)])[1].length > 1500`,
    )
    expect(valuesOf(codes)).toEqual(codes.map(() => true))
  })
})
