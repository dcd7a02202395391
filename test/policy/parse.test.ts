import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import type * as v from "valibot"
import { PolicyError } from "../../src/base/error.ts"
import { parsePolicy } from "../../src/policy/parse.ts"
import { type PolicyFile, policyFileSchema, profileFileSchema } from "../../src/policy/schema.ts"
import { root } from "../source-code.ts"

const parse = (text: string) => parsePolicy(text, "p.yaml", policyFileSchema)

/** Every problem of a text, as a person sees it, without the name of the file. */
function problemsOf(text: string, schema: v.GenericSchema = policyFileSchema): string[] {
  try {
    parsePolicy(text, "p.yaml", schema)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PolicyError)
    for (const { file } of (thrown as PolicyError).problems) expect(file).toBe("p.yaml")
    return (thrown as PolicyError).problems.map(
      ({ line, column, message }) => `${line}:${column}: ${message}`,
    )
  }
  return []
}

describe("what a text says", () => {
  test.each<[text: string, content: PolicyFile]>([
    ["version: 1", { version: 1 }],
    ["extends: [node, ./team.yaml]", { extends: ["node", "./team.yaml"] }],
    ["filesystem: {deny: [~/.aws]}", { filesystem: { deny: ["~/.aws"] } }],
    ["filesystem:\n  deny:\n    - ~/.aws\n    - '*.pem'", { filesystem: { deny: ["~/.aws", "*.pem"] } }],
    ["filesystem:\n  deny:\n  - a", { filesystem: { deny: ["a"] } }],
    [
      "filesystem: {deny: [{path: a, locked: true}]}",
      { filesystem: { deny: [{ path: "a", locked: true }] } },
    ],
    ["filesystem: {}", { filesystem: {} }],
    ["filesystem: {deny: []}", { filesystem: { deny: [] } }],
    ["network: {mode: off}", { network: { mode: "off" } }],
    ["network: {allow: [github.com, '*']}", { network: { allow: ["github.com", "*"] } }],
    ["network: {allow: [{host: a.b}]}", { network: { allow: [{ host: "a.b" }] } }],
    ["network: {host_ports: [5432, 0x50]}", { network: { host_ports: [5432, 80] } }],
    ["environment: {set: {A: '1', B: x y}}", { environment: { set: { A: "1", B: "x y" } } }],
    ["environment: {pass: [LANG, LC_*]}", { environment: { pass: ["LANG", "LC_*"] } }],
    [
      "limits: {memory: 8GB, cpus: 1.5, processes: 10, time: 1h30m}",
      {
        limits: { memory: "8GB", cpus: 1.5, processes: 10, time: "1h30m" },
      },
    ],
    ["commands: {deny: [git push --force *]}", { commands: { deny: ["git push --force *"] } }],
    [
      "optional: [landlock, limits]\nnested_userns: allow",
      { optional: ["landlock", "limits"], nested_userns: "allow" },
    ],
    ['{"filesystem": {"strict": true}}', { filesystem: { strict: true } }],
    [
      "extends: &a [x]\nfilesystem: {deny: *a}",
      {
        extends: ["x"],
        filesystem: { deny: ["x"] },
      },
    ],
  ])("%j", (text, content) => {
    expect(parse(text).content).toEqual(content)
  })

  test.each(["", " ", "\n\n", "# nothing\n# at all", "---\n", "---\n...\n", "{}", "null", "~", "\ufeff"])(
    "%j says nothing",
    text => {
      expect(parse(text).content).toEqual({})
    },
  )

  test("is the same with other line ends, a mark at the start, and a document start", () => {
    const text = "filesystem:\n  deny:\n    - a # why\n"
    for (const variant of [text, text.replaceAll("\n", "\r\n"), `\ufeff${text}`, `---\n${text}...\n`])
      expect(parse(variant).content).toEqual({ filesystem: { deny: ["a"] } })
  })

  test("of the built-in policies has no problem", () => {
    const files = readdirSync(join(root, "policies"), { recursive: true }).map(String)
    const texts = files.filter(name => name.endsWith(".yaml"))
    expect(texts.length).toBeGreaterThan(10)
    for (const name of texts)
      expect(problemsOf(readFileSync(join(root, "policies", name), "utf8"), profileFileSchema), name).toEqual(
        [],
      )
  })
})

describe("unknown keys", () => {
  test.each([
    ["netwrok: {}", '1:1: unknown key "netwrok" in the policy; did you mean "network"?'],
    [
      "version: 1\nfilesytem:\n  deny: []",
      '2:1: unknown key "filesytem" in the policy; did you mean "filesystem"?',
    ],
    ["sandbox: 1", '1:1: unknown key "sandbox" in the policy'],
    ["Network: {}", '1:1: unknown key "Network" in the policy; did you mean "network"?'],
    ["filesystem:\n  dney: [a]", '2:3: unknown key "dney" in filesystem; did you mean "deny"?'],
    ["filesystem: {protekt: []}", '1:14: unknown key "protekt" in filesystem; did you mean "protect"?'],
    ["network:\n  mode: off\n  allows: []", '3:3: unknown key "allows" in network; did you mean "allow"?'],
    ["network: {host-ports: [1]}", '1:11: unknown key "host-ports" in network; did you mean "host_ports"?'],
    ["environment: {sett: {}}", '1:15: unknown key "sett" in environment; did you mean "set"?'],
    ["limits: {memroy: 1GB}", '1:10: unknown key "memroy" in limits; did you mean "memory"?'],
    ["commands: {denyy: []}", '1:12: unknown key "denyy" in commands; did you mean "deny"?'],
    ["commands: {allow: []}", '1:12: unknown key "allow" in commands'],
    ["agent: {binaries: [x]}", '1:1: unknown key "agent" in the policy'],
    ["  \n# c\n  netwrok: 1", '3:3: unknown key "netwrok" in the policy; did you mean "network"?'],
    ['"netwrok": 1', '1:1: unknown key "netwrok" in the policy; did you mean "network"?'],
    ["? netwrok\n: 1", '1:3: unknown key "netwrok" in the policy; did you mean "network"?'],
    ["1: x", '1:1: unknown key "1" in the policy'],
    ["true: x", '1:1: unknown key "true" in the policy'],
    ["'': x", '1:1: unknown key "" in the policy'],
    ["<<: {version: 1}", '1:1: unknown key "<<" in the policy'],
    ["constructor: 1", '1:1: unknown key "constructor" in the policy'],
    ["__proto__: {version: 1}", '1:1: a key cannot be "__proto__"'],
    ["filesystem: {toString: [a]}", '1:14: unknown key "toString" in filesystem'],
    ["filesystem: {__proto__: {deny: [a]}}", '1:14: a key cannot be "__proto__"'],
    ["limits: {valueOf: 1}", '1:10: unknown key "valueOf" in limits'],
  ])("%j", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  test("in the list of a profile are named with their place", () => {
    expect(problemsOf("state:\n  - path: a\n  - path: b\n    absnt: skip", profileFileSchema)).toEqual([
      '4:5: unknown key "absnt" in state[1]; did you mean "absent"?',
    ])
    expect(problemsOf("agent: {binaries: [x], packages: [], binary: y}", profileFileSchema)).toEqual([
      '1:38: unknown key "binary" in agent',
    ])
  })

  test("behind an alias are found where the key stands first", () => {
    expect(problemsOf("filesystem: &f {read: [a]}\nnetwork: *f")).toEqual([
      '2:10: unknown key "read" in network',
    ])
  })
})

describe("wrong values, at the place of the value", () => {
  test.each([
    ["version: 2", "1:10: version must be 1, the only version there is"],
    ["version: '1'", "1:10: version must be 1, the only version there is"],
    ["extends: node", "1:10: extends must be a list: write [node, ./team.yaml]"],
    ["extends: [1]", "1:11: extends[0] must be a path"],
    ["filesystem: {deny: ~/.aws}", "1:20: filesystem.deny must be a list: write [~/.aws]"],
    ["filesystem:\n  deny:\n    - a\n    - 1", "4:7: filesystem.deny[1] must be a path"],
    ["filesystem:\n  deny:\n    - a\n    -", "4:6: filesystem.deny[1] must be a path"],
    ["filesystem: {deny: [true]}", "1:21: filesystem.deny[0] must be a path"],
    ["filesystem: {deny: [[a]]}", "1:21: filesystem.deny[0] must be a path"],
    ["filesystem: {write: {a: b}}", "1:21: filesystem.write must be a list: write [., ~/.cache/pip]"],
    ["filesystem: {strict: yes}", "1:22: filesystem.strict must be true or false"],
    ["filesystem: {home: none}", "1:20: filesystem.home must be deny, read or write"],
    ["filesystem: {live: fast}", "1:20: filesystem.live must be standard or strict"],
    ["filesystem: {locked: 1}", "1:22: filesystem.locked must be true or false"],
    ["network:\n  mode: opne", "2:9: network.mode must be off, filtered or open"],
    ["network: {ask: always}", "1:16: network.ask must be never or unlisted"],
    ["network: {host_ports: [0]}", "1:24: network.host_ports[0] must be a port from 1 to 65535"],
    ["network: {host_ports: [65536]}", "1:24: network.host_ports[0] must be a port from 1 to 65535"],
    ["network: {expose: [1.5]}", "1:20: network.expose[0] must be a whole number"],
    ["network: {expose: ['80']}", "1:20: network.expose[0] must be a port number"],
    ["network: {expose: 80}", "1:19: network.expose must be a list: write [3000]"],
    ["environment: {mode: none}", "1:21: environment.mode must be inherit, scrub or clean"],
    [
      "environment: {set: {A: 1}}",
      "1:24: environment.set.A must be a text; put numbers and true/false in quotes",
    ],
    [
      "environment: {set: {A: true}}",
      "1:24: environment.set.A must be a text; put numbers and true/false in quotes",
    ],
    ["environment: {set: x}", "1:20: environment.set must be a map: write { EDITOR: vim }"],
    ["environment:\n  set:\n    1A: x", "3:5: environment.set.1A is not the name of a variable"],
    ["environment: {set: {'A B': x}}", "1:21: environment.set.A B is not the name of a variable"],
    ["environment: {set: {'A=B': x}}", "1:21: environment.set.A=B is not the name of a variable"],
    [
      "environment: {pass: ['a b']}",
      "1:22: environment.pass[0] must be the name of a variable; * and ? may stand for letters",
    ],
    ["limits: {memory: 8}", '1:18: limits.memory must be a size, such as "8GB"'],
    ["limits: {memory: 8 apples}", '1:18: limits.memory must be a size, such as "8GB"'],
    ["limits: {memory: -1GB}", '1:18: limits.memory must be a size, such as "8GB"'],
    ["limits: {cpus: 0}", "1:16: limits.cpus must be more than 0"],
    ["limits: {cpus: .nan}", "1:16: limits.cpus must be a number"],
    ["limits: {processes: 1.5}", "1:21: limits.processes must be a whole number"],
    ["limits: {processes: .inf}", "1:21: limits.processes must be a whole number"],
    ["limits: {time: 2 hours}", '1:16: limits.time must be a duration, such as "2h" or "90m"'],
    ["limits: {time: 2}", '1:16: limits.time must be a duration, such as "2h"'],
    [
      "optional: [selinux]",
      "1:12: optional[0] must be one of abstract-sockets, landlock, limits, live-names, seccomp",
    ],
    [
      "optional: { value: [limits, selinux], locked: true }",
      "1:29: optional.value[1] must be one of abstract-sockets, landlock, limits, live-names, seccomp",
    ],
    ["optional: limits", "1:11: optional must be a list: write [landlock]"],
    ["optional: { locked: true }", "1:11: optional must be a list: write [landlock]"],
    ["optional: { value: limits }", "1:11: optional must be a list: write [landlock]"],
    ["optional: { names: [limits] }", '1:13: unknown key "names" in optional'],
    ["nested_userns: maybe", "1:16: nested_userns must be deny or allow"],
    ["nested_userns: { value: maybe }", "1:16: nested_userns must be deny or allow"],
    ["nested_userns: { valu: deny }", '1:18: unknown key "valu" in nested_userns; did you mean "value"?'],
    ["nested_userns: { locked: true }", "1:16: nested_userns must be deny or allow"],
    ["nested_userns: [deny]", "1:16: nested_userns must be deny or allow"],
    ["commands: {deny: ['']}", "1:19: commands.deny[0] must not be empty"],
  ])("%j", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  test.each([
    ['filesystem: {deny: ["a\\0b"]}', "1:21: filesystem.deny[0] must not contain a NUL byte"],
    ['filesystem: {deny: ["a\\nb"]}', "1:21: filesystem.deny[0] must not contain a line break"],
    ['filesystem: {deny: ["a\\r"]}', "1:21: filesystem.deny[0] must not contain a line break"],
    ["filesystem:\n  deny:\n  - |\n    a\n    b", "3:5: filesystem.deny[0] must not contain a line break"],
    ["filesystem: {deny: ['']}", "1:21: filesystem.deny[0] must not be empty"],
    ['extends: ["a\\0"]', "1:11: extends[0] must not contain a NUL byte"],
    ['network: {unix_sockets: ["\\n"]}', "1:26: network.unix_sockets[0] must not contain a line break"],
    ['environment: {set: {A: "a\\0"}}', "1:24: environment.set.A must not contain a NUL byte"],
  ])("that hide: %j", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  test.each(["filesystem", "network", "environment", "limits", "commands"])(
    "%s is a map or nothing",
    section => {
      const problem = `1:1: ${section} must be a map of keys and values`
      for (const value of ["x", "1", "true", "null", ""])
        expect(problemsOf(`${section}: ${value}`)).toEqual([problem])
    },
  )

  test.each(["x", "42", "true", "'a: b'", "1.5", "|\n  text"])("the document %j is no map", text => {
    expect(problemsOf(text)).toEqual(["1:1: the policy must be a map of keys and values"])
  })
})

describe("several problems", () => {
  test("are all there, in the order of the text", () => {
    const text = [
      "version: 3",
      "netwrok: {}",
      "filesystem:",
      "  deny: [1, a, '']",
      "  strict: maybe",
      "limits:",
      "  cpus: 0",
      "  memroy: 1GB",
      "network: {mode: opn, host_ports: [0, 80, x]}",
    ].join("\n")
    expect(problemsOf(text)).toEqual([
      "1:10: version must be 1, the only version there is",
      '2:1: unknown key "netwrok" in the policy; did you mean "network"?',
      "4:10: filesystem.deny[0] must be a path",
      "4:16: filesystem.deny[2] must not be empty",
      "5:11: filesystem.strict must be true or false",
      "7:9: limits.cpus must be more than 0",
      '8:3: unknown key "memroy" in limits; did you mean "memory"?',
      "9:17: network.mode must be off, filtered or open",
      "9:35: network.host_ports[0] must be a port from 1 to 65535",
      "9:42: network.host_ports[2] must be a port number",
    ])
  })

  test("are one error whose message has a line for each", () => {
    expect(() => parsePolicy("a1: 1\nversion: 2", "dir/p.yaml", policyFileSchema)).toThrow(
      new PolicyError([
        { file: "dir/p.yaml", line: 1, column: 1, message: 'unknown key "a1" in the policy' },
        {
          file: "dir/p.yaml",
          line: 2,
          column: 10,
          message: "version must be 1, the only version there is",
        },
      ]),
    )
  })

  test("of YAML come before those of the policy", () => {
    const problems = problemsOf("netwrok: 1\nversion: 1\nversion: 1")
    expect(problems).toEqual(["3:1: this key stands here twice; keep one"])
  })
})

describe("what is no YAML", () => {
  test.each([
    ["version: 1\nversion: 1", "2:1: this key stands here twice; keep one"],
    ["filesystem:\n  deny: []\n  read: []\n  deny: []", "4:3: this key stands here twice; keep one"],
    ["filesystem: {deny: [], deny: []}", "1:24: this key stands here twice; keep one"],
    ["version: 1\n'version': 1", "2:1: this key stands here twice; keep one"],
    ["version: 1\n---\nversion: 1", "2:1: a policy is one document; remove the second one"],
    ["filesystem:\n\tdeny: [a]", "2:1: not valid YAML: tabs are not allowed as indentation"],
  ])("%j", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  test.each([
    "filesystem: {deny: [a]",
    "filesystem: {deny: [a}",
    "filesystem: [",
    "deny: 'a",
    'deny: "a',
    'deny: "\\q"',
    "a: b: c",
    "a:\n  b: 1\n c: 2",
    "- a\nb: c",
    "@a: 1",
    "`a`: 1",
    "a: %b",
    "filesystem: !secret {deny: [a]}",
    "version: !!js/function 'x'",
    "filesystem:\n  deny:\n  - a\n - b",
    "%TAG ! x\n%FOO bar\n---\nversion: 1",
    "a: &",
    "a: *",
    "{a: 1}}",
    "\0",
    "a: 1\n\u0001: 2",
  ])("%j has a problem with a place", text => {
    const problems = problemsOf(text)
    expect(problems.length).toBeGreaterThan(0)
    for (const problem of problems) expect(problem).toMatch(/^\d+:\d+: \S/)
  })

  test.each([
    ["!!set {filesystem, network}", "1:7: a policy has no values of the kind !!set"],
    ["!!omap [filesystem: {deny: [a]}]", "1:8: a policy has no values of the kind !!omap"],
    ["filesystem: !!omap [deny: [a]]", "1:20: a policy has no values of the kind !!omap"],
    ["environment:\n  set: !!omap [A: b]", "2:15: a policy has no values of the kind !!omap"],
    ["!!binary aGk=", "1:10: a policy has no values of the kind !!binary"],
    ["!!binary ", "1:10: a policy has no values of the kind !!binary"],
    ["extends: [!!timestamp 2001-01-01]", "1:23: a policy has no values of the kind !!timestamp"],
  ])("%j would say nothing, and is refused", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  test("may name the kinds of value that a policy has", () => {
    const text = "!!map {version: !!int '1', filesystem: {deny: !!seq [!!str a], strict: !!bool 'true'}}"
    expect(parse(text).content).toEqual({ version: 1, filesystem: { deny: ["a"], strict: true } })
  })

  test("has its problems in the right line, whatever was misread before", () => {
    expect(problemsOf("*]1\ns:").at(-1)).toMatch(/^2:2: /)
  })

  test("is shown in one line each, with lines and columns from 1", () => {
    for (const text of ["{", "a: [", "\n\n  'x", "a: b: c\nd: e: f"])
      for (const problem of problemsOf(text))
        expect(problem).toMatch(/^[1-9]\d*:[1-9]\d*: not valid YAML: .*$/)
  })
})

describe("documents that explode", () => {
  /** Each line says the line before ten times over. */
  const laughs = (depth: number) =>
    ["extends: &l0 [lol]"]
      .concat(
        Array.from(
          { length: depth },
          (_, index) => `k${index}: &l${index + 1} [${`*l${index},`.repeat(10)}]`,
        ),
      )
      .join("\n")

  test("are refused before they do", () => {
    for (const depth of [4, 9, 50])
      expect(problemsOf(laughs(depth))).toEqual(["1:1: its aliases expand to more than 100 values"])
  })

  test("may use a few aliases", () => {
    const text = `extends: &e [a]\nfilesystem: {deny: *e, read: *e, write: *e}`
    expect(parse(text).content.filesystem).toEqual({ deny: ["a"], read: ["a"], write: ["a"] })
  })

  test("by being deep or wide come to an end, in problems", () => {
    const texts = [
      "[".repeat(3000),
      "{a: ".repeat(3000),
      `${"{a: ".repeat(1000)}1${"}".repeat(1000)}`,
      "- ".repeat(2000),
      "a: ".repeat(2000),
      "&a ".repeat(2000),
      "!!str ".repeat(2000),
      "? ".repeat(5000),
      `${"[".repeat(60)}${"]".repeat(60)}`,
      `filesystem: {deny: [${"1,".repeat(3000)}]}`,
      Array.from({ length: 1000 }, (_, index) => `k${index}: 1`).join("\n"),
      `${"x".repeat(100_000)}: 1`,
      `limits: {time: ${"1".repeat(50_000)}}`,
      `limits: {time: "${"1h".repeat(20_000)}x"}`,
    ]
    for (const text of texts) expect(problemsOf(text).length, text.slice(0, 20)).toBeGreaterThan(0)
  })

  test.each([
    ["brackets", "["],
    ["dashes", "- "],
  ])("that the parser gives up on are one problem: %s", (_, deeper) => {
    const problems = problemsOf(deeper.repeat(100_000))
    expect(problems.length).toBe(1)
    expect(problems[0]).toEndWith(": values stand in each other more than 50 deep")
  })

  test.each([
    ["extends: &a [*a]", "1:14"],
    ["network: {allow: &a [*a]}", "1:22"],
    ["filesystem:\n  deny: &a [b, *a]", "2:16"],
    ["filesystem: &f {deny: *f}", "1:23"],
    ["environment: &e {set: {A: *e}}", "1:27"],
    ["&p {limits: *p}", "1:13"],
    ["filesystem: {read: [{path: &p {path: *p}}]}", "1:38"],
    ["filesystem: {read: &a [x], deny: &a [*a]}", "1:38"],
  ])("without end are refused where the alias stands: %s", (text, place) => {
    expect(problemsOf(text)).toEqual([
      `${place}: an alias (*name) stands inside what it names; write the values out`,
    ])
  })

  test("in all of which aliases stand inside what they name have each of them named", () => {
    expect(problemsOf("extends: &a [*a, &b [*b, *a]]").map(problem => problem.slice(0, 4))).toEqual([
      "1:14",
      "1:22",
      "1:26",
    ])
  })

  test("end where an alias names what stands before it, or the last of two anchors", () => {
    const text = "filesystem: {read: &a [x], deny: &b [&a y, *a, &c z], write: [*c]}"
    expect(parse(text).content.filesystem).toEqual({ read: ["x"], deny: ["y", "y", "z"], write: ["z"] })
    expect(parse("extends: &a [&a b, *a]").content.extends).toEqual(["b", "b"])
  })
})

describe("where things are written", () => {
  const text = [
    "# comment",
    "version: 1",
    "filesystem:",
    "  deny: [a, bb, 'c']",
    "  read:",
    "    - path: d",
    "      locked: true",
    "environment:",
    "  set: { A: x,",
    "         B: y }",
    "network: &n {mode: off}",
  ].join("\n")

  test.each<[steps: (string | number)[], place: string]>([
    [[], "2:1"],
    [["version"], "2:10"],
    [["filesystem"], "4:3"],
    [["filesystem", "deny"], "4:9"],
    [["filesystem", "deny", 0], "4:10"],
    [["filesystem", "deny", 1], "4:13"],
    [["filesystem", "deny", 2], "4:17"],
    [["filesystem", "read", 0], "6:7"],
    [["filesystem", "read", 0, "locked"], "7:15"],
    [["environment", "set", "A"], "9:13"],
    [["environment", "set", "B"], "10:13"],
    [["network", "mode"], "11:20"],
    [["filesystem", "deny", 9], "4:9"],
    [["filesystem", "nothing", "here"], "4:3"],
    [["nothing"], "2:1"],
    [["version", "below"], "2:10"],
  ])("%j is at %s", (steps, place) => {
    const { file, line, column } = parse(text).locate(steps)
    expect(`${line}:${column}`).toBe(place)
    expect(file).toBe("p.yaml")
  })

  test("an item that an alias brought in is where the alias stands", () => {
    const { locate } = parse("extends: &e [a, b]\nfilesystem:\n  deny: *e")
    expect(locate(["filesystem", "deny", 1])).toEqual({ file: "p.yaml", line: 3, column: 9 })
  })

  test("columns count from 1 after letters of any width", () => {
    expect(
      parse("environment: {set: {A: é\u{1f600}, B: y}}").locate(["environment", "set", "A"]),
    ).toMatchObject({
      line: 1,
      column: 24,
    })
    expect(parse("version: 1\r\nextends: [a]\r\n").locate(["extends", 0])).toMatchObject({
      line: 2,
      column: 11,
    })
    expect(parse("").locate(["x"])).toEqual({ file: "p.yaml", line: 1, column: 1 })
  })
})

describe("any text", () => {
  const words = [
    "version",
    "filesystem",
    "deny",
    "network",
    "mode",
    "off",
    "extends",
    "a",
    "1",
    "true",
    "~",
    "set",
  ]
  const signs = [
    ": ",
    "\n",
    "\n  ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "'",
    '"',
    "#",
    "|",
    ">",
    "!",
    "?",
    "\t",
  ]
  const text = fc.array(fc.constantFrom(...words, ...signs), { maxLength: 20 }).map(parts => parts.join(""))

  test("is a policy or a list of problems with places in the text", () => {
    fc.assert(
      fc.property(text, text => {
        for (const problem of problemsOf(text)) {
          const [, line, column] = /^(\d+):(\d+): \S/.exec(problem) ?? []
          expect(Number(line)).toBeWithin(1, text.split("\n").length + 1)
          expect(Number(column)).toBeWithin(1, text.length + 2)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test("that is JSON of a policy is that policy", () => {
    const path = fc.string({ unit: fc.constantFrom(..."ab/.~ '\"#:é-*&!|>%@`{}[]?,\\"), minLength: 1 })
    const policy = fc.record(
      {
        version: fc.constant(1),
        extends: fc.array(path),
        filesystem: fc.record(
          {
            deny: fc.array(path),
            read: fc.array(fc.record({ path, locked: fc.boolean() })),
            strict: fc.boolean(),
          },
          { requiredKeys: [] },
        ),
        environment: fc.record(
          { set: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,4}$/), path) },
          { requiredKeys: [] },
        ),
        limits: fc.record({ cpus: fc.integer({ min: 1 }) }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(policy, policy => {
        expect(parse(JSON.stringify(policy)).content).toEqual(JSON.parse(JSON.stringify(policy)))
      }),
    )
  })
})
