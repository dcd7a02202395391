import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import fc from "fast-check"
import { printable, printableJson, shellQuoted } from "../../src/base/printable.ts"

describe("printable", () => {
  test.each([
    ["", ""],
    [
      "plain text, é ß 漢字 \u{1f600} \\ \"quoted\" 'too' <&>",
      "plain text, é ß 漢字 \u{1f600} \\ \"quoted\" 'too' <&>",
    ],
    ["a\nb", "a\\nb"],
    ["a\r\nb\tc", "a\\r\\nb\\tc"],
    ["\0", "\\x00"],
    ["\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"],
    ["\b\f\v", "\\x08\\x0c\\x0b"],
    ["\u00a0\u00a1", "\u00a0\u00a1"],
    ["soft\u00adhyphen", "soft\\xadhyphen"],
    ["a\u202egpj.exe", "a\\u{202e}gpj.exe"],
    ["\u2066\u2069\u061c\u200e\u200f", "\\u{2066}\\u{2069}\\u{61c}\\u{200e}\\u{200f}"],
    ["zero\u200bwidth\u200d\ufeff", "zero\\u{200b}width\\u{200d}\\u{feff}"],
    ["line\u2028paragraph\u2029", "line\\u{2028}paragraph\\u{2029}"],
    ["\ufff9\ufffb\ufffd", "\\u{fff9}\\u{fffb}\ufffd"],
    ["tag\u{e0041}\u{e007f}", "tag\\u{e0041}\\u{e007f}"],
    ["\ud83d alone \ude00", "\\u{d83d} alone \\u{de00}"],
    ["\u{1f600}\ud83d", "\u{1f600}\\u{d83d}"],
  ])("%j is shown as %j", (text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  test("shows what a terminal may take for an escape sequence in one byte", () => {
    expect(printable("\x7f\x80\x9b31m\x9f")).toBe("\\x7f\\x80\\x9b31m\\x9f")
  })

  test("leaves nothing that moves the cursor, whatever comes in, and changes nothing twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), text => {
        const shown = printable(text)
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]|[\u202a-\u202e\u2066-\u2069]/u)
        expect(printable(shown)).toBe(shown)
      }),
    )
  })
})

describe("printableJson", () => {
  test.each([
    ['"a\\nb é 😀"', '"a\\nb é 😀"'],
    ['"\u007f \u009b31m"', '"\\u007f \\u009b31m"'],
    ['"\u202e \u2028 \u{e0041}"', '"\\u202e \\u2028 \\udb40\\udc41"'],
    ['{\n  "a\u200b": []\n}', '{\n  "a\\u200b": []\n}'],
  ])("%j is shown as %j", (json, shown) => {
    expect(printableJson(json)).toBe(shown)
  })

  test("means what it meant, and shows no more than printable text does", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, stringUnit: "binary" }), value => {
        const shown = printableJson(JSON.stringify(value, undefined, 2))
        expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(shown.split("\n").map(printable).join("\n")).toBe(shown)
      }),
    )
  })
})

describe("shellQuoted", () => {
  test.each([
    ["", "''"],
    ["plain-word_1.x", "plain-word_1.x"],
    ["/a/b@c%d+e=f:g,h", "/a/b@c%d+e=f:g,h"],
    ["a b", "'a b'"],
    ["it's", "'it'\\''s'"],
    ["'", "''\\'''"],
    ["$HOME", "'$HOME'"],
    ["~", "'~'"],
    ["*", "'*'"],
    ["a\n", "'a\n'"],
    ["é", "'é'"],
    ["!x", "'!x'"],
    ["#", "'#'"],
  ])("%j is written %j", (word, written) => {
    expect(shellQuoted(word)).toBe(written)
  })

  test("gives a shell back the same words", () => {
    const word = fc.string({ unit: fc.constantFrom(..."ab '\"\\$`!*?[]{}()<>|&;#~=-\n\t\u00e9\u{1f600}") })
    const words = fc.sample(word, { seed: 3, numRuns: 400 })
    const script = `printf '%s\\037' ${words.map(shellQuoted).join(" ")}`
    expect(spawnSync("sh", ["-c", script], { encoding: "utf8" }).stdout.split("\x1f").slice(0, -1)).toEqual(
      words,
    )
  })
})
