/** A host more in the user policy, and not a character else. */
import { describe, expect, test } from "bun:test"
import * as fc from "fast-check"
import { PolicyError, UserError } from "../../src/base/error.ts"
import { withAllowedHost } from "../../src/policy/edit-policy.ts"
import { parsePolicy } from "../../src/policy/parse.ts"
import { policyFileSchema } from "../../src/policy/schema.ts"

const file = "policy.yaml"
const host = "example.com"

function contentOf(text: string) {
  return parsePolicy(text, file, policyFileSchema).content
}

/** What stands in one text and not in the other, when the other is the first with one part put in. */
function added(before: string, after: string): string {
  let start = 0
  while (start < before.length && before[start] === after[start]) start++
  const rest = before.length - start
  expect(after.slice(after.length - rest)).toBe(before.slice(start))
  return after.slice(start, after.length - rest)
}

/** Text before → text after; the line that was added is marked by `+`. */
function block(marked: string): { before: string; after: string } {
  const lines = marked.replace(/^\n/, "").split("\n")
  return {
    before: lines.filter(line => !line.startsWith("+")).join("\n"),
    after: lines.map(line => line.replace(/^\+/, "")).join("\n"),
  }
}

describe("a list with a line for each host", () => {
  test.each([
    [
      "at its end, whatever follows",
      `
version: 1
network:
  mode: filtered
  allow:
    - github.com
    - "*.npmjs.org"
+    - example.com
  deny: ["*.pastebin.com"]
limits: { cpus: 4 }
`,
    ],
    [
      "at its own depth, when it is not indented",
      `
network:
  allow:
  - github.com
+  - example.com

environment: { mode: scrub }
`,
    ],
    [
      "with comments beside, between and after",
      `
# mine
version: 1 # the first
network: # what may be reached
  # for work
  allow: # a list
    - github.com   # code
    # packages:
    - registry.npmjs.org # npm
+    - example.com
    # - later.example
  # no paste bins
  deny: [pastebin.com]
# the end
`,
    ],
    [
      "with blank lines between",
      `
network:
  allow:

    - github.com

    - gitlab.com
+    - example.com

  ask: unlisted
`,
    ],
    [
      "whose hosts are locked",
      `
network:
  allow:
    - host: github.com
      locked: true
+    - example.com
`,
    ],
    [
      "of block scalars",
      `
network:
  allow:
    - |-
      github.com
+    - example.com
  ask: unlisted
`,
    ],
    [
      "with a key of its own line",
      `
network:
  ? allow
  : - github.com
+    - example.com
`,
    ],
    [
      "with a tag",
      `
network:
  allow: !!seq
    - github.com
+    - example.com
`,
    ],
    [
      "with an anchor that nobody uses",
      `
network:
  allow: &hosts
    - github.com
+    - example.com
`,
    ],
    [
      "in a document with its marks",
      `
---
network:
  allow:
    - github.com
+    - example.com
...
`,
    ],
  ])("%s", (_, marked) => {
    const { before, after } = block(marked)
    expect(withAllowedHost(before, file, host)).toBe(after)
  })

  test("keeps line breaks of Windows", () => {
    const before = "network:\r\n  allow:\r\n    - github.com # code\r\n  ask: unlisted\r\n"
    const after = withAllowedHost(before, file, host)
    expect(after).toBe(
      "network:\r\n  allow:\r\n    - github.com # code\r\n    - example.com\r\n  ask: unlisted\r\n",
    )
    expect(after?.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/)
  })

  test("gets its line break when the text ends without one", () => {
    expect(withAllowedHost("network:\n  allow:\n    - github.com", file, host)).toBe(
      "network:\n  allow:\n    - github.com\n    - example.com\n",
    )
  })
})

describe("a list in brackets", () => {
  test.each([
    ["network: { allow: [] }\n", "network: { allow: [example.com] }\n"],
    ["network: {allow: [github.com]}\n", "network: {allow: [github.com, example.com]}\n"],
    ["network: { allow: [ github.com ] } # x\n", "network: { allow: [ github.com, example.com ] } # x\n"],
    ["network: {allow: [github.com,]}\n", "network: {allow: [github.com, example.com,]}\n"],
    [
      "network:\n  allow: ['*.a.com', \"b.com\"] # two\n",
      "network:\n  allow: ['*.a.com', \"b.com\", example.com] # two\n",
    ],
    [
      "network:\n  allow: [\n    a.com,\n    b.com\n  ]\n",
      "network:\n  allow: [\n    a.com,\n    b.com,\n    example.com\n  ]\n",
    ],
    [
      "network:\n  allow: [\n    a.com,\n    b.com,\n  ]\n",
      "network:\n  allow: [\n    a.com,\n    b.com,\n    example.com,\n  ]\n",
    ],
    [
      "network:\n  allow: [\n    a.com, # one\n    b.com # two, the last\n    # no more\n  ]\n",
      "network:\n  allow: [\n    a.com, # one\n    b.com, # two, the last\n    example.com\n    # no more\n  ]\n",
    ],
    [
      "network:\r\n  allow: [\r\n    a.com\r\n  ]\r\n",
      "network:\r\n  allow: [\r\n    a.com,\r\n    example.com\r\n  ]\r\n",
    ],
  ])("%j", (before, after) => {
    expect(withAllowedHost(before, file, host)).toBe(after)
  })
})

describe("JSON stays JSON", () => {
  test.each([
    '{"network":{"allow":["a.com"]}}',
    '{"network":{"allow":[]}}',
    '{"network":{}}',
    '{"network":{"mode":"filtered"}}',
    '{"version":1}',
    "{}",
    '{\n  "version": 1,\n  "network": {\n    "allow": [\n      "a.com"\n    ]\n  }\n}\n',
    '{\n  "version": 1\n}\n',
    '{\n  "version": 1,\n  "limits": {\n    "cpus": 2\n  }\n}\n',
  ])("%j", before => {
    const after = withAllowedHost(before, file, "*.example.com:443") ?? ""
    const old = JSON.parse(before)
    const allow = [...(old.network?.allow ?? []), "*.example.com:443"]
    expect(JSON.parse(after)).toEqual({ ...old, network: { ...old.network, allow } })
  })
})

describe("what is missing is made", () => {
  const section = "network:\n  allow:\n    - example.com\n"

  test.each([
    ["no file", undefined, `version: 1\n\n${section}`],
    ["an empty file", "", `version: 1\n\n${section}`],
    ["blanks", "  \n\n", `version: 1\n\n${section}`],
    ["comments alone", "# mine\n", `# mine\n\n${section}`],
    ["another section", "version: 1\nlimits: { cpus: 4 }\n", `version: 1\nlimits: { cpus: 4 }\n\n${section}`],
    ["a text without its last line break", "version: 1", `version: 1\n\n${section}`],
    ["a blank line at the end", "version: 1\n\n", `version: 1\n\n${section}`],
    [
      "comments at the end",
      "limits:\n  cpus: 4\n  # memory: 8GB\n",
      `limits:\n  cpus: 4\n  # memory: 8GB\n\n${section}`,
    ],
    [
      "no list in the section",
      "network:\n  mode: filtered\n",
      "network:\n  mode: filtered\n  allow:\n    - example.com\n",
    ],
    ["an empty section", "network: {}\n", "network: { allow: [example.com] }\n"],
    [
      "a section in braces",
      "network: { ask: unlisted } # x\n",
      "network: { ask: unlisted, allow: [example.com] } # x\n",
    ],
    ["an empty list", "network:\n  allow: []\n", "network:\n  allow: [example.com]\n"],
  ])("%s", (_, before, after) => {
    expect(withAllowedHost(before, file, host)).toBe(after)
  })

  test("after the mark of the document's end nothing is written", () => {
    const after = withAllowedHost("---\nversion: 1\n...\n", file, host) ?? ""
    expect(contentOf(after)).toEqual({ version: 1, network: { allow: [host] } })
    expect(after).toEndWith("...\n")
  })
})

describe("the host", () => {
  test.each([
    "*.example.com",
    "example.com:443",
    "10.0.0.1",
    "10.1.0.0/16",
    "[2001:db8::1]:443",
    "1e5.example",
    "*",
  ])("%s is written so that it is read as it is", pattern => {
    for (const before of ["network:\n  allow:\n    - a.com\n", "network: { allow: [a.com] }\n", undefined])
      expect(contentOf(withAllowedHost(before, file, pattern) ?? "").network?.allow).toContain(pattern)
  })

  test.each([
    "[example.com]",
    "['EXAMPLE.com.']",
    "[{ host: example.com }]",
    '[a.com, "example.com", b.com]',
  ])("that is there already changes nothing: %s", list => {
    expect(withAllowedHost(`network: { allow: ${list} }\n`, file, host)).toBeUndefined()
  })

  test.each(["['*.example.com']", "['example.com:443']", "[www.example.com]", "['*']"])(
    "beside %s is added",
    list => {
      expect(withAllowedHost(`network: { allow: ${list} }\n`, file, host)).toContain(host)
    },
  )

  test("that is denied elsewhere is added to the list of the allowed only", () => {
    const before = "network:\n  deny: [a.com]\n"
    expect(withAllowedHost(before, file, host)).toBe(`${before}  allow:\n    - example.com\n`)
  })
})

describe("anchors", () => {
  test("a list that is another one's alias becomes one of its own", () => {
    const before = "network:\n  deny: &mine [a.com, { host: b.com }]\n  allow: *mine # the same\n"
    const after = withAllowedHost(before, file, host) ?? ""
    expect(contentOf(after).network).toEqual({
      deny: ["a.com", { host: "b.com" }],
      allow: ["a.com", { host: "b.com" }, host],
    })
    expect(after).toContain("# the same")
    expect(after).toStartWith("network:\n  deny: &mine [a.com, { host: b.com }]\n")
  })

  test("a list that others share is left alone: their hosts would be denied", () => {
    const before = "network:\n  allow: &mine\n    - a.com\n  deny: *mine\n"
    expect(() => withAllowedHost(before, file, host)).toThrow(UserError)
  })

  test("a section that is an alias is left alone, with what to do by hand", () => {
    const before = "limits: &x {}\nnetwork: *x\n"
    try {
      withAllowedHost(before, file, "*.example.com")
      throw new Error("it was changed")
    } catch (error) {
      expect((error as Error).message).toContain("policy.yaml: network.allow is written in a way")
      expect((error as UserError).hint).toBe('add "*.example.com" to network.allow by hand')
    }
  })
})

describe("a broken policy is not touched", () => {
  test.each([
    "netwrok: {}\n",
    "network: [\n",
    "network:\n",
    "network:\n  allow:\n",
    "a: 1\na: 2\n",
    "%YAML 1.1\n---\n{}\n",
    "--- {}\n--- {}\n",
  ])("%j", before => {
    expect(() => withAllowedHost(before, file, host)).toThrow(PolicyError)
  })
})

describe("any policy", () => {
  const name = fc.constantFrom("a.com", "'*.b.org'", '"c.dev:443"', "10.0.0.0/8", "{ host: d.io }")
  const comment = fc.constantFrom("", " # why", "   # [x, y]")
  const blank = fc.constantFrom("", "\n", "# between\n", "\n# a: b\n\n")
  const lines = fc
    .array(fc.tuple(blank, name, comment), { minLength: 1, maxLength: 4 })
    .map(items => `\n${items.map(([before, item, after]) => `${before}    - ${item}${after}\n`).join("")}`)
  const brackets = fc.array(name, { maxLength: 4 }).map(items => ` [${items.join(", ")}]\n`)
  const spread = fc
    .tuple(fc.array(fc.tuple(name, comment), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([items, last]) => {
      const written = items.map(
        ([item, after], index) => `    ${item}${last || index < items.length - 1 ? "," : ""}${after}\n`,
      )
      return ` [\n${written.join("")}  ]\n`
    })
  const list = fc.oneof(lines, brackets, spread)
  const others = fc.constantFrom("", "  mode: filtered\n", "  deny: [x.com] # no\n", "  # nothing\n")
  const policy = fc
    .tuple(blank, others, fc.option(list), others, blank, fc.boolean())
    .filter(([, before, , after]) => before !== after)
    .map(([head, before, allow, after, tail, windows]) => {
      const section = `${before}${allow === null ? "" : `  allow:${allow}`}${after}`
      const network = /^ {2}\w/m.test(section) ? `network:\n${section}` : ""
      const text = `${head}version: 1\n${network}${tail}limits: { cpus: 2 }\n`
      return windows ? text.replaceAll("\n", "\r\n") : text
    })

  test("keeps every character, and says one host more", () => {
    fc.assert(
      fc.property(policy, before => {
        const old = contentOf(before)
        const after = withAllowedHost(before, file, "new.example:8443") ?? ""
        const allow = [...(old.network?.allow ?? []), "new.example:8443"]
        expect(contentOf(after)).toEqual({ ...old, network: { ...old.network, allow } })
        for (const comment of before.match(/#.*/g) ?? []) expect(after).toContain(comment)
        // One part was put in, or a comma beside it.
        const [shorter, longer] = [before, after].map(text => text.replaceAll(",", ""))
        expect(added(shorter ?? "", longer ?? "")).toContain("new.example:8443")
      }),
    )
  })
})
