/** The sections network and credentials as people write them, mistakes and their places included. */
import { describe, expect, test } from "bun:test"
import { PolicyError } from "../../src/base/error.ts"
import { buildLayer } from "../../src/policy/build-layer.ts"
import { credentialText } from "../../src/policy/credential.ts"
import { hostText } from "../../src/policy/host-pattern.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { parsePolicy, SchemaError } from "../../src/policy/parse.ts"
import { type ProfileFile, policyFileSchema } from "../../src/policy/schema.ts"
import type { LayerName } from "../../src/policy/source.ts"

const variables = { home: "/home/u", project: "/home/u/p", user: "u", xdg: {} }

function layer(text: string, name: LayerName = "user"): Layer {
  return buildLayer(parsePolicy(text, "p.yaml", policyFileSchema), {
    name,
    variables,
    mayLock: name === "org",
  })
}

/** Every problem of the text: of its shape, and of what else can be read. */
function problems(text: string, name: LayerName = "user"): string[] {
  const context = { name, variables, mayLock: name === "org" }
  const from = (cause: unknown): string[] => {
    if (!(cause instanceof PolicyError)) throw cause
    const own = cause.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`)
    if (!(cause instanceof SchemaError)) return own
    try {
      buildLayer(cause.rest as Parameters<typeof buildLayer>[0], context)
      return own
    } catch (rest) {
      return [...own, ...from(rest)]
    }
  }
  try {
    buildLayer(
      parsePolicy(text, "p.yaml", policyFileSchema) as { content: ProfileFile; locate: never },
      context,
    )
    return []
  } catch (cause) {
    return from(cause)
  }
}

describe("network", () => {
  test("allow, deny, ask and its timeout", () => {
    const { hosts, settings } = layer(`
network:
  allow: [GitHub.com, "*.npmjs.org:443", "api.github.com get /repos/**"]
  deny: ["*.pastebin.com", 127.0.0.1, localhost]
  ask: unlisted
  ask_timeout: 2m
`)
    expect(hosts.map(({ verdict, value }) => `${verdict} ${hostText(value)}`)).toEqual([
      "allow github.com",
      "allow *.npmjs.org:443",
      "allow api.github.com GET /repos/**",
      "deny *.pastebin.com",
      "deny 127.0.0.1",
      "deny localhost",
    ])
    expect(hosts[2]?.source).toEqual({ file: "p.yaml", line: 3, column: 42 })
    expect(settings.ask?.value).toBe("unlisted")
    expect(settings.askTimeout?.value).toBe("2m")
  })

  test.each([
    ["localhost", 3000],
    ["LOCALHOST:5432", 5432],
    ["db.localhost", 3000],
    ["0.0.0.0:80", 80],
    ["::", 3000],
  ])("allow: [%s] is refused: no connection would ever be held against it", (host, port) => {
    expect(problems(`network: { allow: ["${host}"] }`)).toEqual([
      `1:20: "${host}" is the sandbox itself when it is used inside; for ports of this machine write host_ports: [${port}]`,
    ])
  })

  test.each(["127.0.0.1:5432", "localhost.example.com", "0.0.0.0/0", "::/0"])("allow: [%s] is not", host => {
    expect(problems(`network: { allow: ["${host}"] }`)).toEqual([])
  })

  test("every wrong pattern is refused in its place", () => {
    const text = `
network:
  allow:
    - https://github.com/a
    - github.com/a
    - { host: "foo.*.com" }
    - 10.0.0.1/8
    - github.com:70000
  deny: ["a..b", "0x7f.1"]
  ask_timeout: soon
  ask: always
`
    expect(problems(text)).toEqual([
      '10:16: network.ask_timeout must be a duration, such as "2h" or "90m"',
      "11:8: network.ask must be never or unlisted",
      '4:7: "https://github.com/a" is a URL; write the host alone: "github.com"',
      '5:7: "github.com/a" has a path; write the host alone: "github.com", or with a method: "github.com GET /a"',
      '6:7: "foo.*.com": * stands alone or as the first label; write "*.foo.com"',
      '7:7: "10.0.0.1/8" has host bits set; write "10.0.0.0/8"',
      '8:7: "github.com:70000": a port is a number from 1 to 65535',
      '9:10: "a..b" is no host name',
      '9:18: "0x7f.1" is no host name; write the address as "127.0.0.1"',
    ])
  })
})

describe("locks", () => {
  test("of a section and of one host are the organisation's", () => {
    const locked = layer(
      `network: { locked: true, mode: filtered, allow: [a.example], host_ports: [80] }`,
      "org",
    )
    expect([
      locked.hosts[0]?.locked,
      locked.hostPorts[0]?.locked,
      locked.settings.networkMode?.locked,
    ]).toEqual([true, true, true])
    const one = layer(`network: { allow: [{ host: a.example, locked: true }, b.example] }`, "org")
    expect(one.hosts.map(rule => rule.locked)).toEqual([true, false])
    expect(problems(`network: { allow: [{ host: a.example, locked: true }] }`)).toEqual([
      "1:47: only the org policy may lock a rule; remove locked",
    ])
  })

  test("an empty locked list says nothing, and shall say what it means", () => {
    expect(problems(`network: { locked: true, allow: [] }`, "org")).toEqual([
      '1:33: a locked list of no hosts says nothing; write mode: "off"',
    ])
    expect(problems(`network: { allow: [] }`)).toEqual([])
    expect(problems(`network: { locked: true, mode: filtered }`, "org")).toEqual([])
  })

  test("an empty locked list of ports or sockets means none, in the place where it stands", () => {
    const text = "network:\n  locked: true\n  host_ports: []\n  expose: []\n  unix_sockets: []\n"
    const { none } = layer(text, "org")
    expect(none.map(({ value, source: { line }, locked }) => [value, line, locked])).toEqual([
      ["hostPorts", 3, true],
      ["expose", 4, true],
      ["sockets", 5, true],
    ])
    expect(layer("network: { locked: true, mode: filtered, expose: [80] }", "org").none).toEqual([])
    expect(layer("network: { host_ports: [], expose: [] }", "org").none).toEqual([])
    expect(problems("network: { locked: true, host_ports: [] }")).toEqual([
      "1:20: only the org policy may lock a rule; remove locked",
    ])
  })
})

describe("credentials", () => {
  const written = (fields: string) =>
    `credentials: [{ name: TOKEN, hosts: [a.example], as: bearer, ${fields} }]`

  test("come from a variable, a file or a command", () => {
    const {
      credentials,
      paths,
      variables: rules,
    } = layer(`
credentials:
  - { name: A, from: { variable: GH_TOKEN }, hosts: [api.github.com, "*.Corp.example:8443"], as: bearer }
  - { name: B, from: { file: ~/.config/token }, hosts: [b.example], as: { header: x-api-key } }
  - { name: C, from: { command: [gh, auth, token] }, hosts: [c.example], as: { basic: git } }
  - { name: D, from: { file: token }, hosts: [d.example], as: { query: key } }
`)
    expect(credentials.map(({ value }) => value.from)).toEqual([
      { kind: "variable", name: "GH_TOKEN" },
      { kind: "file", path: "/home/u/.config/token" },
      { kind: "command", words: ["gh", "auth", "token"] },
      { kind: "file", path: "/home/u/p/token" },
    ])
    expect(credentials.map(({ value }) => value.as)).toEqual([
      { kind: "bearer" },
      { kind: "header", name: "x-api-key" },
      { kind: "basic", user: "git" },
      { kind: "query", name: "key" },
    ])
    expect(credentials[0]?.source).toMatchObject({ line: 3 })
    expect(credentials[0]?.value.hosts.map(hostText)).toEqual(["api.github.com", "*.corp.example:8443"])
    // what holds the secret is closed to the command
    expect(paths.map(({ access, value }) => [access, value])).toEqual([
      ["deny", { kind: "exact", path: "/home/u/.config/token" }],
      ["deny", { kind: "exact", path: "/home/u/p/token" }],
    ])
    expect(rules.map(({ verdict, value }) => `${verdict} ${value}`)).toEqual([
      "remove A",
      "remove GH_TOKEN",
      "remove B",
      "remove C",
      "remove D",
    ])
  })

  test("are told to people without the secret, the command in full", () => {
    const texts = layer(`
credentials:
  - { name: A, from: { variable: A }, hosts: [a.example, "*.b.example:8443"], as: bearer }
  - { name: B, from: { command: [sh, -c, "cat x; date"] }, hosts: [c.example], as: bearer }
  - { name: C, from: { file: /etc/token }, hosts: [c.example], as: bearer }
`).credentials.map(({ value }) => credentialText(value))
    expect(texts).toEqual([
      "A from the variable A for a.example, *.b.example:8443",
      "B from the command sh -c 'cat x; date' for c.example",
      "C from the file /etc/token for c.example",
    ])
  })

  test.each([
    ['hosts: ["*"]', '"*": a credential is for hosts by name, such as "api.github.com" or "*.corp.example"'],
    [
      "hosts: [10.0.0.1]",
      '"10.0.0.1": a credential is for hosts by name, such as "api.github.com" or "*.corp.example"',
    ],
    ['hosts: ["a.b GET /"]', '"a.b GET /": a credential is for a host; write "a.b"'],
    ['hosts: ["a..b"]', '"a..b" is no host name'],
    ["hosts: []", "credentials[0].hosts must name a host"],
    ["hosts: a.example", "credentials[0].hosts must be a list: write [api.github.com]"],
    [
      "as: basic",
      "credentials[0].as must be bearer, { header: x-api-key }, { basic: git } or { query: key }",
    ],
    ["as: { header: a, query: b }", "credentials[0].as must say one of header, basic and query"],
    ["as: { header: Host }", "credentials[0].as.header cannot be a header that says how a message is sent"],
    [
      "as: { header: Proxy-Authorization }",
      "credentials[0].as.header cannot be a header that says how a message is sent",
    ],
    ['as: { header: "a: b" }', "credentials[0].as.header must be the name of a header"],
    ['as: { basic: "a:b" }', "credentials[0].as.basic must be a user name without a colon"],
    ['as: { query: "a=b" }', "credentials[0].as.query must be the name of a parameter"],
    ["from: {}", "credentials[0].from must say one of variable, file and command"],
    ["from: { variable: A, file: b }", "credentials[0].from must say one of variable, file and command"],
    ["from: { variable: A-B }", "credentials[0].from.variable must be the name of a variable"],
    [
      "from: { command: gh auth token }",
      "credentials[0].from.command must be a list of words: write [gh, auth, token]",
    ],
    ["from: { command: [] }", "credentials[0].from.command must be a list of words: write [gh, auth, token]"],
    [
      "from: { command: [bin/token] }",
      '"bin/token" depends on where it is run; write the name of the program, or its full path',
    ],
    [
      "from: { command: [./token] }",
      '"./token" depends on where it is run; write the name of the program, or its full path',
    ],
    ['from: { file: "*.token" }', '"*.token" is a glob; name one path here'],
    ["name: 2fa", "credentials[0].name must be the name of a variable"],
  ])("%s is refused", (fields, message) => {
    const base: Record<string, string> = {
      name: "name: TOKEN",
      from: "from: { variable: TOKEN }",
      hosts: "hosts: [a.example]",
      as: "as: bearer",
    }
    base[fields.split(":")[0] ?? ""] = fields
    const found = problems(`credentials: [{ ${Object.values(base).join(", ")} }]`)
    expect(found.map(text => text.replace(/^\d+:\d+: /, ""))).toEqual([message])
  })

  test("need all four, and know no others", () => {
    expect(problems("credentials: [{ name: A }]").map(text => text.replace(/^\d+:\d+: /, ""))).toEqual([
      "credentials[0] needs from",
      "credentials[0] needs hosts",
      "credentials[0] needs as",
    ])
    expect(problems(written("from: { variabel: A }")).join()).toContain(
      'unknown key "variabel" in credentials[0].from; did you mean "variable"?',
    )
    expect(problems(written("from: { variable: A }, host: a")).join()).toContain(
      'unknown key "host" in credentials[0]; did you mean "hosts"?',
    )
  })

  test("of one name stand once in a file", () => {
    const one = "{ name: A, from: { variable: A }, hosts: [a.example], as: bearer }"
    expect(problems(`credentials: [${one}, ${one}]`)).toEqual(["1:91: A has a credential already; keep one"])
  })

  test("are locked by the organisation only", () => {
    expect(layer(written("from: { variable: A }, locked: true"), "org").credentials[0]?.locked).toBe(true)
    expect(problems(written("from: { variable: A }, locked: true")).join()).toContain(
      "only the org policy may lock",
    )
  })
})
