import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { canonicalHostName } from "../../../src/network/names/host-name.ts"
import { hostPattern } from "../../../src/policy/host-pattern.ts"

const label63 = "a".repeat(63)
const longest = [label63, label63, label63, "b".repeat(61)].join(".")

describe("a host name", () => {
  test.each([
    ["github.com", "github.com"],
    ["GitHub.COM", "github.com"],
    ["github.com.", "github.com"],
    ["db", "db"],
    ["_dmarc.a_b.example", "_dmarc.a_b.example"],
    ["1password.com", "1password.com"],
    ["1.2.3.com", "1.2.3.com"],
    ["r3---sn-4g5e.googlevideo.com", "r3---sn-4g5e.googlevideo.com"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["a.0x7g", "a.0x7g"],
    [longest, longest],
    [`${longest}.`, longest],
  ])("%s is %s", (text, name) => expect(canonicalHostName(text)).toBe(name))
})

describe("no host name", () => {
  test.each([
    ["nothing", ""],
    ["the root", "."],
    ["an empty label", "a..b"],
    ["an empty label at the start", ".a.example"],
    ["two dots at the end", "a.example.."],
    ["a hyphen at the start of a label", "-a.example"],
    ["a hyphen at the end of a label", "a-.example"],
    ["a label of 64 letters", `${label63}a.example`],
    ["254 letters", `${longest}c`],
    ["an address", "127.0.0.1"],
    ["an address with a dot after it", "127.0.0.1."],
    ["a short address", "127.1"],
    ["a hexadecimal address", "0x7f.1"],
    ["one number", "2130706433"],
    ["a hexadecimal number", "0x7f000001"],
    ["0x and nothing more", "a.0x"],
    ["a number as the last label", "example.443"],
    ["a port", "a.example:443"],
    ["a user", "user@a.example"],
    ["a wildcard", "*.example"],
    ["a percent sign", "a%2eexample"],
    ["a space", "a example"],
    ["a space at the end", "a.example "],
    ["a line break at the end", "a.example\n"],
    ["a zero byte", "a.example\0.b.example"],
    ["a byte beyond ASCII", "b\xfccher.example"],
    ["the Kelvin sign, whose lower case is a k", "\u212a.example"],
    ["an escape of DNS", "a\\046b.example"],
  ])("%s", (_, text) => expect(canonicalHostName(text)).toBeUndefined())
})

test("what is a name here is one in a policy, and the other way round", () => {
  const piece = fc.constantFrom("a", "B", "9", "-", "_", ".", "..", "0x", "xn--", "-a", label63, "com", "1")
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), pieces => {
      const text = pieces.join("")
      expect(canonicalHostName(text) ?? "none").toBe(nameInPolicy(text) ?? "none")
    }),
    { seed: 1, numRuns: 2000 },
  )
})

function nameInPolicy(text: string): string | undefined {
  try {
    const { kind, host } = hostPattern(text)
    return kind === "name" ? host : undefined
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}
