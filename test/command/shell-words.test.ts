// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is shell, not TypeScript
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { shellSegments, splitString } from "../../src/command/shell-words.ts"

/** Segments in short: words by blanks, segments by bars, `?` for what is unknown. */
function segments(text: string): string {
  return shellSegments(text)
    .map(words => words.map(word => word ?? "?").join(" "))
    .join(" | ")
}

describe("commands are split", () => {
  test.each([
    ["claude", "claude"],
    ["claude -p hi", "claude -p hi"],
    ["  claude  -p\thi  ", "claude -p hi"],
    ["cd x && claude", "cd x | claude"],
    ["cd x&&claude", "cd x | claude"],
    ["a || claude", "a | claude"],
    ["a; claude", "a | claude"],
    ["a;claude;", "a | claude"],
    ["a & claude", "a | claude"],
    ["claude &", "claude"],
    ["a | claude", "a | claude"],
    ["a |& claude", "a | claude"],
    ["a\nclaude", "a | claude"],
    ["a\n\n\nclaude\n", "a | claude"],
    ["(claude)", "claude"],
    ["( cd x; claude )", "cd x | claude"],
    ["((a) ; (b)) && claude", "claude"],
    ["( (claude) )", "claude"],
    ["{ claude; }", "claude"],
    ["{ a; claude; } && b", "a | claude | b"],
    ["a \\\n claude", "a claude"],
    ["a \\\n&& claude", "a | claude"],
    ["'a && b'", "a && b"],
    ["echo 'x; claude'", "echo x; claude"],
    ['echo "x && claude"', "echo x && claude"],
    ["echo x\\;claude", "echo x;claude"],
    ["claude 'a b' \"c d\"", "claude a b c d"],
    ["''", ""],
    ["", ""],
    ["   ", ""],
    [";;;", ""],
    ["&&", ""],
    ["\n", ""],
    ["))))", ""],
    ["((((", ""],
  ])("%j", (text, expected) => {
    expect(segments(text)).toBe(expected)
  })
})

describe("words before the command are skipped", () => {
  test.each([
    ["A=b claude", "claude"],
    ["A=b C=d claude -x", "claude -x"],
    ["A= claude", "claude"],
    ["A='b c' claude", "claude"],
    ["A=$X claude", "claude"],
    ["A=$(echo codex) claude", "claude"],
    ["A=`echo codex` claude", "claude"],
    ["A+=b claude", "claude"],
    ["a[0]=b claude", "claude"],
    ["A=b", ""],
    ["A=b; claude", "claude"],
    ["if claude; then codex; else gemini; fi", "claude | codex | gemini"],
    ["if ! claude; then :; elif codex; then :; fi", "claude | : | codex | :"],
    ["while claude; do codex; done", "claude | codex"],
    ["until claude\ndo codex\ndone", "claude | codex"],
    ["! claude", "claude"],
    ["{ A=b claude\n}", "claude"],
    ["coproc claude", "claude"],
    ["if true; then A=b claude; fi", "true | claude"],
    ["for x in claude codex; do gemini; done", "gemini"],
    ["for x in a; do A=b claude; done", "claude"],
    ["select x in claude; do codex; done", "codex"],
    ["begin; claude; end", "claude"],
    ["a; and claude", "a | claude"],
    ["a; or claude", "a | claude"],
    ["not claude", "claude"],
    ["exec claude", "exec claude"],
    ["time claude", "time claude"],
  ])("%j", (text, expected) => {
    expect(segments(text)).toBe(expected)
  })
})

describe("quoted words are not syntax", () => {
  test.each([
    ["'then' claude", "then claude"],
    ["\\then claude", "then claude"],
    ['"A=b" claude', "A=b claude"],
    ["A\\=b claude", "A=b claude"],
    ["'!' claude", "! claude"],
    ["1A=b claude", "1A=b claude"],
    ["A-B=c claude", "A-B=c claude"],
    ["=b claude", "=b claude"],
    ["'for' x", "for x"],
    ["echo if claude", "echo if claude"],
    ["echo A=b claude", "echo A=b claude"],
    ["echo for claude", "echo for claude"],
    ["echo case claude", "echo case claude"],
    ["thenclaude x", "thenclaude x"],
  ])("%j", (text, expected) => {
    expect(segments(text)).toBe(expected)
  })
})

describe("what needs expansion is unknown", () => {
  test.each([
    ["$X", "?"],
    ["$X claude", "? claude"],
    ["claude $X", "claude ?"],
    ['claude "$X" `y` z', "claude ? ? z"],
    ["$(echo a; claude)", "?"],
    ["echo $(a && claude)", "echo ?"],
    ["echo `a && claude`", "echo ?"],
    ['echo "$(a && claude)" && codex', "echo ? | codex"],
    ["echo ${X:-a;claude}", "echo ?"],
    ["cl*de -p", "? -p"],
    ["{a,b} c", "? c"],
    ['exec "$@"', "exec ?"],
    ["diff <(claude) >(codex)", "diff"],
    ["$X && claude", "? | claude"],
  ])("%j", (text, expected) => {
    expect(segments(text)).toBe(expected)
  })
})

describe("comments are skipped", () => {
  test.each([
    ["# claude", ""],
    ["a # ; claude", "a"],
    ["a # it's\nclaude", "a | claude"],
    ["a;# codex\nclaude", "a | claude"],
    ["a#b claude", "a#b claude"],
    ["a '#' claude", "a # claude"],
    ["a \\# claude", "a # claude"],
    ["#", ""],
  ])("%j", (text, expected) => {
    expect(segments(text)).toBe(expected)
  })
})

describe("redirections are skipped", () => {
  test.each([
    ["claude > x", "claude"],
    ["claude >x -p", "claude -p"],
    ["claude >> x -p", "claude -p"],
    ["claude 2>&1", "claude"],
    ["claude 2>&1 -p", "claude -p"],
    ["claude >&2 && a", "claude | a"],
    ["claude &> x -p", "claude -p"],
    ["claude &>> x -p", "claude -p"],
    ["claude < x", "claude"],
    ["claude <> x", "claude"],
    ["claude >| x", "claude"],
    ["claude 2>/dev/null </dev/null &", "claude"],
    ["< x claude", "claude"],
    ["> codex claude", "claude"],
    ["2>codex claude", "claude"],
    ["claude <<< codex", "claude"],
    ["claude <<< 'a; codex'", "claude"],
    ["claude 3<&0", "claude"],
    ["claude >&-", "claude"],
    ["claude2>x", "claude2"],
    ["a > ; claude", "a | claude"],
    ["a >", "a"],
    ["a > x > y; claude", "a | claude"],
    ["> x && claude", "claude"],
  ])("%j", (text, expected) => {
    expect(segments(text)).toBe(expected)
  })
})

describe("here-documents are skipped", () => {
  test.each([
    ["cat <<EOF\nclaude\nEOF", "cat"],
    ["cat <<EOF\nclaude\nEOF\ncodex", "cat | codex"],
    ["cat <<'EOF'\nclaude\nEOF\ncodex", "cat | codex"],
    ['cat <<"E F"\nclaude\nE F\ncodex', "cat | codex"],
    ["cat <<\\EOF\nclaude\nEOF\ncodex", "cat | codex"],
    ["cat << EOF > x\nclaude\nEOF\ncodex", "cat | codex"],
    ["cat <<-EOF\n\tclaude\n\tEOF\ncodex", "cat | codex"],
    ["cat <<EOF\n\tEOF\nclaude\nEOF\ncodex", "cat | codex"],
    ["cat <<EOF && codex\nclaude\nEOF\ngemini", "cat | codex | gemini"],
    ["cat <<A <<B\nclaude\nA\nclaude\nB\ncodex", "cat | codex"],
    ["cat <<EOF\nclaude", "cat"],
    ["cat <<EOF\nit's\nEOF\ncodex", "cat | codex"],
    ["cat <<EOF", "cat"],
    ["cat <<", "cat"],
    ["cat <<EOF\n", "cat"],
    ["cat <<$X\nclaude\n$X\ncodex", "cat | codex"],
    ["cat <<''\nclaude\n\ncodex", "cat | codex"],
  ])("%j", (text, expected) => {
    expect(segments(text)).toBe(expected)
  })
})

describe("names that are no commands", () => {
  test.each([
    ["case x in claude) a;; codex) b;; esac", "a | b"],
    ["case x in claude|codex) a;; esac; gemini", "a | gemini"],
    ["case x in (claude) a;; (codex) b;; esac", "a | b"],
    ["case x in\n  claude)\n    a\n    ;;\n  codex | gemini)\n    b\n    ;;\nesac\nc", "a | b | c"],
    ["case x in a) claude;& codex) b;;& gemini) c;; esac", "claude | b | c"],
    ["case claude in *) codex;; esac", "codex"],
    ["case $x in a) if b; then claude; fi;; esac", "b | claude"],
    ["[[ a && claude ]]", "[[ a claude ]]"],
    ["[[ a == (claude|codex) ]] && b", "[[ a == claude codex ]] | b"],
    ["if [[ a || claude ]]; then b; fi", "[[ a claude ]] | b"],
    ["[ a ] && claude", "[ a ] | claude"],
    ["echo [[ ; claude", "echo [[ | claude"],
    ["claude() { a; }", "a"],
    ["function claude { a; }", ""],
    ["a=(claude codex)", ""],
    ["a=(claude codex); gemini", "gemini"],
    ["a+=(claude); b", "b"],
    ["a= (claude)", "claude"],
    ["((claude + 1)) && b", "b"],
    ["for ((i = 0; i < 3; i++)); do claude; done", "claude"],
    ["echo claude", "echo claude"],
    ["grep -r codex .", "grep -r codex ."],
  ])("%j", (text, expected) => {
    expect(segments(text)).toBe(expected)
  })
})

describe("hostile texts", () => {
  test.each([
    "'",
    '"',
    "`",
    "$(",
    "${",
    "<<",
    "((",
    "case",
    "case x in",
    "[[",
    "a=(",
    "\\",
    "<(",
    ">",
    "&>",
    "esac",
  ])("%j on its own ends", text => {
    expect(shellSegments(text).length).toBeLessThanOrEqual(1)
  })

  test("many of everything end soon", () => {
    for (const piece of [
      "(",
      ")",
      "a;",
      "$(",
      '"$(',
      "<<A ",
      "[[ ",
      "case ",
      "a=(",
      "{",
      "{,",
      "\n",
      "1",
      "'",
      "if ",
    ]) {
      expect(shellSegments(piece.repeat(20_000)).length).toBeLessThanOrEqual(20_000)
    }
  })

  test("no text makes it throw or invent words", () => {
    const piece = fc.constantFrom(
      ..."'\"\\`$(){}[]*?|&;<>#=! \t\n12ab".split(""),
      "<<",
      "[[",
      "]]",
      "case ",
      " in ",
      "esac",
      "if ",
      "claude",
      "a=(",
      "EOF",
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
        const text = pieces.join("")
        for (const word of shellSegments(text).flat()) {
          if (word !== undefined) expect(word.length).toBeLessThanOrEqual(text.length)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test("a text without any syntax is its words", () => {
    const plain = fc
      .stringMatching(/^[a-bd-z][a-z0-9./:@,_-]*$/)
      .filter(
        word =>
          !/^(if|then|else|elif|fi|do|done|while|until|for|select|function|esac|end|begin|and|or|not)$/.test(
            word,
          ),
      )
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1 }), words => {
        expect(shellSegments(words.join(" "))).toEqual([words])
      }),
    )
  })
})

describe("the string of env -S", () => {
  test.each([
    ["claude -p", ["claude", "-p"]],
    ["  A=b  claude ", ["A=b", "claude"]],
    ["claude 'a b' \"c d\"", ["claude", "a b", "c d"]],
    ["claude a;b && c", ["claude", "a;b", "&&", "c"]],
    ["claude\n\t-p", ["claude", "-p"]],
    ["claude ${X}", ["claude", undefined]],
    ["${X} claude", [undefined, "claude"]],
    ["claude # codex", ["claude"]],
    ["# codex", []],
    ["claude a#b", ["claude", "a#b"]],
    ["claude\\ x", ["claude x"]],
    ["", []],
    ["   ", []],
    ["'", [undefined]],
    ["''", [""]],
    ["claude (x) <y", ["claude", "(x)", "<y"]],
  ])("%j", (text, expected) => {
    expect(splitString(text)).toEqual(expected)
  })
})
