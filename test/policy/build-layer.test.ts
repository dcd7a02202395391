/** Checked text → a layer: everything expanded, compiled, and with its place in the file. */
import { describe, expect, test } from "bun:test"
import { PolicyError } from "../../src/base/error.ts"
import { buildLayer, type LayerContext } from "../../src/policy/build-layer.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { parsePolicy } from "../../src/policy/parse.ts"
import { type PathVariables, patternText } from "../../src/policy/path-pattern.ts"
import { protectionText } from "../../src/policy/protection.ts"
import { profileFileSchema } from "../../src/policy/schema.ts"

const variables: PathVariables = {
  home: "/home/me",
  project: "/home/me/p",
  user: "me",
  xdg: { XDG_CACHE_HOME: "/home/me/moved" },
}

function build(text: string, context: Partial<LayerContext> = {}): Layer {
  return buildLayer(parsePolicy(text, "f.yaml", profileFileSchema), {
    name: "user",
    variables,
    mayLock: false,
    ...context,
  })
}

function problems(text: string, context: Partial<LayerContext> = {}): string[] {
  try {
    build(text, context)
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    return error.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`)
  }
  return []
}

test("the variables that tell a program where it is are nobody's to set", () => {
  const text = "environment:\n  set:\n    CORDON: '0'\n    CORDON_NET: off\n    CORDON_SESSION: x\n"
  expect(problems(text.replace("off", '"off"'))).toEqual([
    "3:13: Cordon sets CORDON itself; remove it",
    "5:21: Cordon sets CORDON_SESSION itself; remove it",
  ])
})

describe("paths", () => {
  test("are expanded, and know their access, layer and line", () => {
    const layer = build("filesystem:\n  deny: [~/.aws]\n  read:\n    - /etc\n  write: [., $HOME/x, sub]\n")
    const told = layer.paths.map(({ access, value, source }) => [access, patternText(value), source.line])
    expect(told).toEqual([
      ["deny", "/home/me/.aws", 2],
      ["read", "/etc", 4],
      ["write", "/home/me/p", 5],
      ["write", "/home/me/x", 5],
      ["write", "/home/me/p/sub", 5],
    ])
    expect(layer.paths[1]?.source).toEqual({ file: "f.yaml", line: 4, column: 7 })
    expect(layer.paths.every(rule => rule.layer === "user" && !rule.locked && rule.role === "policy")).toBe(
      true,
    )
  })

  test("with wildcards become globs, below the project when they have no slash", () => {
    const { paths } = build('filesystem: { deny: ["*.pem", "a/*.key", "~/x*"] }')
    expect(paths.map(({ value }) => [value.kind, patternText(value)])).toEqual([
      ["glob", "/home/me/p/**/*.pem"],
      ["glob", "/home/me/p/a/*.key"],
      ["glob", "/home/me/x*"],
    ])
  })

  test("of a profile of ours are its own state, of anybody else they are policy", () => {
    const text = "filesystem: { write: [~/.tool] }"
    const roleIn = (name: Layer["name"]) => build(text, { name }).paths[0]?.role
    expect(roleIn("agent")).toBe("state")
    expect(roleIn("toolchain")).toBe("state")
    for (const name of ["base", "preset", "org", "project", "user", "profile", "command line"] as const)
      expect(roleIn(name)).toBe("policy")
  })

  test("may name XDG directories in Cordon's own profiles only", () => {
    const text = "filesystem: { read: [$XDG_CACHE_HOME/x] }"
    for (const name of ["base", "preset", "toolchain", "agent"] as const)
      expect(patternText(build(text, { name }).paths[0]?.value ?? { kind: "exact", path: "" })).toBe(
        "/home/me/moved/x",
      )
    for (const name of ["org", "project", "user", "profile"] as const)
      expect(problems(text, { name })[0]).toContain("$XDG_CACHE_HOME")
  })
})

test("protections and liftings are told apart", () => {
  const { protections } = build("filesystem: { protect: [.git/hooks, ~/bin], unprotect: [.envrc] }")
  expect(protections.map(({ effect, value }) => `${effect} ${value.kind} ${protectionText(value)}`)).toEqual([
    "protect anywhere .git/hooks",
    "protect place /home/me/bin",
    "unprotect anywhere .envrc",
  ])
})

describe("locks", () => {
  const text = "filesystem:\n  deny:\n    - { path: /x, locked: true }\n    - /y\n"

  test("are the org's and Cordon's own", () => {
    const { paths } = build(text, { name: "org", mayLock: true })
    expect(paths.map(({ locked }) => locked)).toEqual([true, false])
    expect(problems(text)).toEqual(["3:27: only the org policy may lock a rule; remove locked"])
  })

  test.each([
    ["filesystem: { locked: true }", "1:23"],
    ["filesystem: { deny: [/x, /y], locked: true }", "1:39"],
    ["limits: { locked: true, time: 5m }", "1:19"],
    ["nested_userns: { value: deny, locked: true }", "1:39"],
    ["optional: { value: [], locked: true }", "1:32"],
    [
      "credentials: [{ name: A, from: { variable: A }, hosts: [a.example], as: bearer, locked: true }]",
      "1:89",
    ],
  ])("of others are refused once, where they stand: %s", (written, place) => {
    expect(problems(written)).toEqual([`${place}: only the org policy may lock a rule; remove locked`])
    expect(problems(written.replace("true", "false"))).toEqual([])
  })

  test("of a section hold for everything in it, and for nothing beside it", () => {
    const org = build(
      [
        "filesystem: { locked: true, deny: [/x], protect: [.y], readonly: true }",
        "network: { mode: open, deny: [a.example] }",
        "environment: { locked: true, mode: clean, remove: [A], set: { B: c } }",
        "limits: { locked: true, memory: 1GB }",
        "commands: { locked: true, deny: [rm] }",
      ].join("\n"),
      { name: "org", mayLock: true },
    )
    const lists = [org.paths, org.protections, org.variables, org.assignments, org.commands]
    expect(lists.flat().map(({ locked }) => locked)).toEqual([true, true, true, true, true])
    const { readonly, environmentMode, memory, networkMode } = org.settings
    expect([readonly?.locked, environmentMode?.locked, memory?.locked]).toEqual([true, true, true])
    expect([networkMode?.locked, org.hosts[0]?.locked]).toEqual([false, false])
  })

  test("of a section in anybody else's file are refused too", () => {
    expect(problems("network: { locked: true, mode: off }\n")[0]).toContain("only the org policy may lock")
    expect(problems("nested_userns: { value: deny, locked: true }\n")[0]).toContain(
      "only the org policy may lock",
    )
    expect(problems("nested_userns: { value: deny }\n")).toEqual([])
    for (const value of ["[]", "[limits]"])
      expect(problems(`optional: { value: ${value}, locked: true }\n`)).toEqual([
        expect.stringContaining("only the org policy may lock"),
      ])
    expect(problems("optional: { value: [limits] }\n")).toEqual([])
  })
})

test("every other part of a policy arrives in its field", () => {
  const layer = build(
    [
      'network: { mode: "off", ask: never, allow: [a.example, "*.b.example:443"], deny: [10.0.0.0/8],',
      "  host_ports: [5432], expose: [3000], unix_sockets: [~/s.sock] }",
      'environment: { mode: scrub, pass: [LANG], remove: ["*_TOKEN"], set: { EDITOR: vim } }',
      'limits: { memory: 8GB, cpus: 4, processes: 10, time: 2h }\ncommands: { deny: ["git push *"] }',
      "optional: [limits]\nnested_userns: allow\nfilesystem: { strict: true, readonly: false, home: deny, live: strict }",
    ].join("\n"),
  )
  expect(
    layer.hosts.map(({ verdict, value }) => `${verdict} ${value.kind} ${value.host}:${value.port}`),
  ).toEqual([
    "allow name a.example:undefined",
    "allow below b.example:443",
    "deny address 10.0.0.0/8:undefined",
  ])
  expect(layer.variables.map(({ verdict, value }) => `${verdict} ${value}`)).toEqual([
    "pass LANG",
    "remove *_TOKEN",
  ])
  expect(layer).toMatchObject({
    hostPorts: [{ value: 5432 }],
    expose: [{ value: 3000 }],
    sockets: [{ value: "/home/me/s.sock" }],
    assignments: [{ name: "EDITOR", value: "vim" }],
    commands: [{ value: "git push *" }],
    optional: [{ value: "limits" }],
  })
  const values = Object.entries(layer.settings).map(([name, { value }]) => [name, value])
  expect(Object.fromEntries(values)).toEqual({
    ...{ strict: true, readonly: false, home: "deny", live: "strict", networkMode: "off", ask: "never" },
    ...{ environmentMode: "scrub", memory: "8GB", cpus: 4, processes: 10, time: "2h", nestedUserns: "allow" },
  })
})

test("state names a place, what moves it and what happens without it", () => {
  const text =
    "state:\n  - { path: ~/.t, variable: T_HOME, below: sub, absent: create }\n  - { path: ~/.u }\n"
  expect(build(text, { name: "agent" }).state).toMatchObject([
    { value: "/home/me/.t", variable: "T_HOME", below: "sub", absent: "create", source: { line: 2 } },
    { value: "/home/me/.u", variable: undefined, below: "", absent: "skip" },
  ])
})

describe("what means nothing is refused where it stands", () => {
  test.each([
    ["filesystem: { deny: [$NOPE/x] }", "1:22:", "uses $NOPE"],
    ["filesystem: { deny: [~other/x] }", "1:22:", "your own home only"],
    ['filesystem: { read: ["a[b"] }', "1:22:", '"[" is never closed'],
    ['filesystem: { write: ["{a,b"] }', "1:23:", '"{" is never closed'],
    ['filesystem: { deny: ["../*.x"] }', "1:22:", "mixes a glob"],
    ['filesystem: { protect: ["a/../b"] }', "1:25:", 'no "." or ".."'],
    ["network: { allow: [https://a.example/x] }", "1:20:", "write the host alone"],
    ["network: { deny: [10.1.2.3/8] }", "1:19:", "host bits set"],
    ['network: { unix_sockets: ["~/*.sock"] }', "1:27:", "is a glob; name one path here"],
    ['state:\n  - { path: "~/*" }', "2:5:", "is a glob; name one path here"],
  ])("%s", (text, place, words) => {
    const found = problems(text)
    expect(found).toHaveLength(1)
    expect(found[0]?.startsWith(place), found[0]).toBe(true)
    expect(found[0]).toContain(words)
  })

  test("all at once", () => {
    const text = "filesystem:\n  deny: [$A, $B]\n  read: [$C]\nnetwork:\n  deny: [a/b]\n"
    expect(problems(text).map(problem => problem.split(":")[0])).toEqual(["2", "2", "3", "5"])
  })
})
