// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is shell, not TypeScript
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { readWord, skipTo } from "../../src/command/shell-quoting.ts"

const ends = /[ \t\n;&|()<>]/
const word = (text: string) => readWord(text, 0, ends).word

/** What a real shell makes of a word, to hold ours against. */
function byShell(shell: string, raw: string): string {
  const script = `printf '%s' ${raw}`
  return Bun.spawnSync([shell, "-c", script], { env: { PATH: process.env.PATH ?? "" } }).stdout.toString()
}

const plain: readonly string[] = [
  "claude",
  "'claude'",
  '"claude"',
  "cl'au'de",
  'cl"au"de',
  "\\claude",
  "c\\laude",
  "''claude",
  "claude''",
  '""claude""',
  "'a b'",
  '"a b"',
  "a\\ b",
  "'a\"b'",
  '"a\'b"',
  '"a\\"b"',
  '"a\\\\b"',
  '"a\\$b"',
  '"a\\`b"',
  '"a\\nb"',
  '"a\\zb"',
  "'a\\b'",
  "'$HOME'",
  "'`id`'",
  "'a*b?c[d]'",
  '"a*b?c[d]"',
  "\\$HOME",
  "\\`id\\`",
  "\\*",
  "a\\;b",
  "'a;b&c|d'",
  '"a(b)c"',
  "a#b",
  "a=b",
  "--x=y",
  "@scope/name@1.2",
  "a\\\nb",
  '"a\\\nb"',
  "'a\nb'",
  "é",
  "'日本'",
  "a{b}c",
  "'{,}'",
  '"{a,b}"',
  "\\{a,b}",
  "'{'a,b}",
  "{a','b}",
  "{}",
  "a,b",
  "!x",
  "%1",
  "x:y",
]

describe("a word is read as a shell reads it", () => {
  test.each(plain)("%j", raw => {
    expect(word(raw)).toBe(byShell("sh", raw))
    expect(readWord(raw, 0, ends).raw).toBe(raw)
    expect(readWord(raw, 0, ends).end).toBe(raw.length)
  })

  test("any text in single quotes is that text", () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(word(`'${text.replaceAll("'", "'\\''")}'`)).toBe(text)
      }),
    )
  })

  test("any text with a backslash before each character is that text", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), text => {
        const raw = [...text].map(char => `\\${char}`).join("")
        // a backslash before a line break removes both
        expect(word(raw)).toBe(text.replaceAll("\n", ""))
      }),
    )
  })
})

describe("a word that needs expansion is unknown", () => {
  test.each([
    "$X",
    "$",
    "a$",
    "${X}",
    "${X:-claude}",
    "$(echo claude)",
    "`echo claude`",
    '"$X"',
    '"a$X"',
    '"$(echo "claude")"',
    '"`echo claude`"',
    "claude$X",
    "$X/claude",
    "$'claude'",
    "$'a\\'b'",
    '$"claude"',
    "cl*de",
    "claud?",
    "[c]laude",
    "*",
    "/usr/bin/clau*",
    "{claude,codex}",
    "cl{au,ow}de",
    "{1..3}",
    "{claude,'codex'}",
    "{\\claude,codex}",
    '"\\\\$X"',
    "$((1 + 2))",
    "${X#)}",
    "$*",
    "$@",
    '"$@"',
  ])("%j", raw => {
    const read = readWord(raw, 0, ends)
    expect(read.word).toBeUndefined()
    expect(read.end).toBe(raw.length)
  })

  test.each([
    "'claude",
    '"claude',
    '"',
    "'",
    "`claude",
    "$(claude",
    "${claude",
    "$'claude",
    '"claude\\"',
    '"$(claude"',
  ])("and so is one that never ends: %j", raw => {
    const read = readWord(raw, 0, ends)
    expect(read.word).toBeUndefined()
    expect(read.end).toBe(raw.length)
  })

  test.each(["[", "[["])("but the test command %s is a name", raw => {
    expect(word(raw)).toBe(raw)
  })
})

describe("a word ends", () => {
  test.each([
    ["claude -p", "claude"],
    ["claude\t-p", "claude"],
    ["claude\ncodex", "claude"],
    ["claude;codex", "claude"],
    ["claude&&codex", "claude"],
    ["claude|codex", "claude"],
    ["claude)", "claude"],
    ["claude>x", "claude"],
    ["claude<x", "claude"],
    ["'claude'(x)", "'claude'"],
    ["$(a b; c) d", "$(a b; c)"],
    ["`a b` c", "`a b`"],
    ['"a b" c', '"a b"'],
    ["${a b} c", "${a b}"],
    ["$(a $(b c) d) e", "$(a $(b c) d)"],
    ["$(a ')' b) c", "$(a ')' b)"],
    ['$(a ")" b) c', '$(a ")" b)'],
    ["$(a \\) b) c", "$(a \\) b)"],
    ['"$(a "b c" d)" e', '"$(a "b c" d)"'],
    ['"${a\'}" b', '"${a\'}" b'],
    ["$(a (b) c) d", "$(a (b) c)"],
  ])("%j at %j", (text, raw) => {
    expect(readWord(text, 0, ends).raw).toBe(raw)
  })

  test("where it is told to", () => {
    expect(readWord("a;b c", 0, /\s/).raw).toBe("a;b")
    expect(readWord("x abc y", 2, ends)).toEqual({ word: "abc", raw: "abc", end: 5 })
  })

  test("at the end of the text, also behind a last backslash", () => {
    expect(word("claude\\")).toBe("claude")
    expect(word("")).toBe("")
  })
})

describe("skipping", () => {
  test.each([
    ["a)b", ")", 2],
    ["(a))b", ")", 4],
    ["a}b", "}", 2],
    ['a"b', '"', 2],
    ['\\"a"b', '"', 4],
    ["a`b", "`", 2],
    ["'`'`b", "`", 4],
    ["$(`)`))x", ")", 7],
    ["", ")", 0],
    ["abc", ")", 3],
    ["\\", ")", 1],
    ["'", ")", 1],
    ["((((", ")", 4],
  ])("in %j to %s ends at %i", (text, close, end) => {
    expect(skipTo(text, 0, close)).toBe(end)
  })

  test("nests as deep as the text likes", () => {
    const depth = 100_000
    expect(skipTo(`${'"$('.repeat(depth)}${')"'.repeat(depth)}x`, 1, '"')).toBe(5 * depth)
    expect(word('"$('.repeat(depth))).toBeUndefined()
    expect(word("${".repeat(depth))).toBeUndefined()
    expect(word("{,".repeat(depth))).toBe("{,".repeat(depth))
  })
})

test("no text makes it throw, stand still or run past the end", () => {
  const hostile = fc.string({ unit: fc.constantFrom(..."'\"\\`$(){}[]*?|&;<>#=! \t\nab") })
  fc.assert(
    fc.property(hostile, text => {
      const { end, raw } = readWord(text, 0, ends)
      expect(raw).toBe(text.slice(0, end))
      expect(end > 0 || text === "" || ends.test(text.charAt(0))).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
