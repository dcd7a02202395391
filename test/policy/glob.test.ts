/**
 * Globs against tables, and against a second implementation: the same pattern as a regular expression. A failing
 * property prints its seed; `fc.assert(…, { seed, path })` runs it again.
 */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { componentsOf } from "../../src/base/path.ts"
import { compileGlob, isGlob, literalStart, matchedDepth, matchesName } from "../../src/policy/glob.ts"

const depth = (pattern: string, path: string) => matchedDepth(compileGlob(pattern), componentsOf(path))

/** The path of a table without its bar, and the depth that the bar says: the matched part ends at it. */
function barred(path: string): { path: string; depth: number } {
  const at = path.indexOf("|")
  return { path: path.replace("|", ""), depth: at < 0 ? -1 : componentsOf(path.slice(0, at)).length }
}

function expectDepths(pattern: string, ...rows: string[]): void {
  const expected = rows.map(barred)
  expect(expected.map(({ path }) => ({ path, depth: depth(pattern, path) }))).toEqual(expected)
}

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

describe("matchedDepth: | ends the deepest part that matches", () => {
  test.each<[pattern: string, ...paths: string[]]>([
    ["/", "/|", "|/a/b"],
    ["/a", "/a|", "/a|/b/c", "/", "/b/a", "/A", "/ab"],
    ["/a/b", "/a/b|", "/a/b|/c", "/a", "/b/a"],
    ["//a///b/", "/a/b|", "/a/b|/c", "/a"],
    ["/*", "/a|", "/.a|", "/a|/b", "/"],
    ["/a/*", "/a/b|/c", "/a/.b|", "/a", "/b/c"],
    ["/*/*", "/a/b|/c", "/a"],
    ["/a*", "/a|", "/ab|", "/a.b|/c", "/ba"],
    ["/*a", "/a|", "/ba|", "/aa|", "/ab"],
    ["/a*a", "/aa|", "/aba|", "/a", "/ab"],
    ["/a*b*c", "/abc|", "/abbcc|", "/a-b-c|", "/acb", "/ab"],
    ["/*a*", "/a|", "/bab|", "/b"],
    ["/*.env", "/.env|", "/x.env|", "/.env.x", "/env"],
    ["/.env*", "/.env|", "/.env.local|/x", "/x.env"],
    ["/?", "/a|", "/\u{1f600}|", "/ab", "/"],
    ["/a?c", "/abc|", "/a.c|", "/ac", "/abbc"],
    ["/??", "/ab|", "/\u{1f600}\u{1f600}|", "/a", "/\u{1f600}"],
    ["/?*", "/a|", "/abc|", "/"],
    ["/*?", "/a|", "/abc|"],
    ["/a*\u{1f600}", "/a\u{1f600}|", "/a\u{1f601}"],
  ])("%s on %j", expectDepths)

  test.each<[pattern: string, ...paths: string[]]>([
    ["/**", "/|", "/a|", "/a/b/c|"],
    ["/**/", "/|", "/a/b|"],
    ["/**/**", "/|", "/a/b|"],
    ["/a/**", "/a|", "/a/b/c|", "/b", "/"],
    ["/**/a", "/a|", "/b/a|", "/b/a|/c", "/a/a|", "/a/b/a|/c", "/b"],
    ["/**/a/**", "/a|", "/b/a/c/d|", "/b"],
    ["/a/**/b", "/a/b|", "/a/c/d/b|/e", "/a/b/b|", "/a", "/b"],
    ["/a/**/**/b", "/a/b|", "/a/c/b|"],
    ["/**/a/b", "/a/b|", "/a/a/b|", "/b/a"],
    ["/**/*", "/a|", "/a/b|", "/"],
    ["/*/**", "/a|", "/a/b|", "/"],
    ["/**/*/a", "/b/a|", "/b/c/a|", "/a"],
    ["/**/a/**/a", "/a/a|", "/a/b/a|/c", "/a"],
    ["/p/**/.env", "/p/.env|", "/p/a/b/.env|/x", "/q/.env"],
    ["/p/**/.env.*", "/p/.env.local|", "/p/a/.env.x|", "/p/.env"],
  ])("%s on %j", expectDepths)

  test.each<[pattern: string, ...paths: string[]]>([
    ["/[ab]", "/a|", "/b|", "/c", "/ab"],
    ["/[a-c]x", "/ax|", "/cx|", "/dx", "/-x"],
    ["/[a-cx-z]", "/b|", "/y|", "/m"],
    ["/[!a]", "/b|", "/!|", "/a"],
    ["/[^a]", "/b|", "/^|", "/a"],
    ["/[!a-c]", "/d|", "/b"],
    ["/[a!]", "/a|", "/!|", "/b"],
    ["/[a^]", "/a|", "/^|", "/b"],
    ["/[]a]", "/]|", "/a|", "/[]a]"],
    ["/[]]", "/]|", "/a"],
    ["/[[]", "/[|", "/]"],
    ["/[a-]", "/a|", "/-|", "/b"],
    ["/[-a]", "/a|", "/-|", "/b"],
    ["/[a-c-e]", "/b|", "/-|", "/e|", "/d"],
    ["/[*?]", "/*|", "/?|", "/a"],
    ["/[.]env", "/.env|", "/xenv"],
    ["/[é-ü]", "/é|", "/ö|", "/a"],
    ["/[\u{1f600}-\u{1f64f}]", "/\u{1f610}|", "/\u{1f300}"],
    ["/*[0-9]", "/a1|", "/1|", "/a", "/1a"],
    ["/[a]*[b]", "/ab|", "/axxb|", "/a"],
    ["/a]", "/a]|", "/a"],
  ])("%s on %j", expectDepths)

  test.each<[pattern: string, ...paths: string[]]>([
    ["/\\*", "/*|", "/a"],
    ["/\\?a", "/?a|", "/ba"],
    ["/\\[a]", "/[a]|", "/a"],
    ["/\\{a,b\\}", "/{a,b}|", "/a"],
    ["/\\\\", "/\\|", "/a"],
    ["/a\\b", "/ab|", "/a\\b"],
    ["/*\\*", "/*|", "/a*|", "/a"],
    ["/\\*/*x", "/*/ax|", "/*/x|", "/a/x"],
    ["/a\\", "/a\\|", "/a"],
    ["/{a\\,b,c}", "/a,b|", "/c|", "/a"],
    ["/{a\\},b}", "/a}|", "/b|", "/a"],
  ])("%s on %j", expectDepths)

  test.each<[pattern: string, ...paths: string[]]>([
    ["/{a,b}", "/a|", "/b|/c", "/c", "/{a,b}"],
    ["/x{a,b}y", "/xay|", "/xby|", "/xy"],
    ["/{a,b}{c,d}", "/ac|", "/bd|", "/ab"],
    ["/{a,b{c,d}}", "/a|", "/bc|", "/bd|", "/b"],
    ["/{{a,b},c}", "/a|", "/b|", "/c|"],
    ["/x{,y}", "/x|", "/xy|", "/y"],
    ["/x{}", "/x|"],
    ["/{a}", "/a|", "/{a}"],
    ["/{a/b,c}/d", "/a/b/d|", "/c/d|", "/a/d"],
    ["/{a,a/b}", "/a|", "/a/b|", "/a|/c"],
    ["/{a/b,a}/c", "/a/b/c|", "/a/c|"],
    ["/{*.a,b?}", "/x.a|", "/bx|", "/b"],
    ["/{**,x}/a", "/a|", "/b/c/a|", "/x/a|"],
    ["/{[ab],c}", "/a|", "/c|"],
    ["/a,b", "/a,b|", "/a"],
  ])("%s on %j", expectDepths)

  test("takes names as they are: no case, no accents, no normal form", () => {
    expect(depth("/\u00e9*", "/e\u0301x")).toBe(-1)
    expect(depth("/STRASSE*", "/straße")).toBe(-1)
    expect(depth("/a*", "/a\nb")).toBe(1)
    expect(depth("/a?b", "/a\0b")).toBe(1)
    expect(depth("/constructor/*", "/constructor/__proto__")).toBe(2)
  })
})

describe("what is no pattern", () => {
  const table = [
    ["/[", '"[" is never closed'],
    ["/[a", '"[" is never closed'],
    ["/[]", '"[" is never closed'],
    ["/[a/b]", '"[" is never closed'],
    ["/x[!", '"[" is never closed'],
    ["/[!]", '"[" is never closed'],
    ["/[^]", '"[" is never closed'],
    ["/[z-a]", '"z-a" is an empty range'],
    ["/[!9-0]", '"9-0" is an empty range'],
    ["/{", '"{" is never closed'],
    ["/{a,b", '"{" is never closed'],
    ["/{a,{b}", '"{" is never closed'],
    ["/{a,b\\}", '"{" is never closed'],
    ["/}", '"}" was never opened'],
    ["/a}b{c}", '"}" was never opened'],
    ["/{a}}", '"}" was never opened'],
    ["/a**", '"**" must stand alone between slashes'],
    ["/**a", '"**" must stand alone between slashes'],
    ["/***", '"**" must stand alone between slashes'],
    ["/a/**.env", '"**" must stand alone between slashes'],
    ["/{a,b**}", '"**" must stand alone between slashes'],
    ["/a*{*,a}", '"**" must stand alone between slashes'],
    [`/${"{a,b}".repeat(9)}`, "its braces stand for more than 256 patterns"],
    [`/${"{a,b}".repeat(5000)}`, "a pattern has at most 4096 characters"],
    [`/{${"a,".repeat(300)}}`, "its braces stand for more than 256 patterns"],
    [`/${"{,".repeat(300)}${"}".repeat(300)}`, "its braces stand for more than 256 patterns"],
    [`/${"{".repeat(4000)}`, '"{" is never closed'],
    [`/${"[".repeat(5000)}`, "a pattern has at most 4096 characters"],
  ] as const

  test.each(table.map(([pattern, message]) => [pattern.slice(0, 24), message, pattern] as const))(
    "%s: %s",
    (_, message, pattern) => {
      const thrown = thrownBy(() => compileGlob(pattern))
      expect(thrown).toBeInstanceOf(SyntaxError)
      expect((thrown as Error).message).toBe(message)
    },
  )

  test("is not what has as many patterns as are allowed", () => {
    expect(compileGlob(`/${"{a,b}".repeat(8)}`).alternatives).toHaveLength(256)
    expect(depth(`/${"{a,b}".repeat(8)}`, "/abababab/c")).toBe(1)
  })

  test("never ends in any other error, and never in none at all", () => {
    const text = fc.string({ unit: fc.constantFrom(..."ab/*?[]{},\\!^-."), maxLength: 16 })
    fc.assert(
      fc.property(text, fc.constantFrom("/", "/a", "/a/b", "/*/]", "/{/}"), (pattern, path) => {
        const thrown = thrownBy(() => depth(`/${pattern}`, path))
        if (thrown !== undefined) expect(thrown).toBeInstanceOf(SyntaxError)
      }),
      { numRuns: 5000 },
    )
  })
})

test.each([
  ["/a/b", false],
  ["", false],
  ["/a\\b", false],
  ["/a!^-,.~$", false],
  ["/a*", true],
  ["/a?", true],
  ["/[a", true],
  ["/a]", true],
  ["/{a", true],
  ["/a}", true],
  ["/\\*", true],
])("isGlob of %j is %p", (text, expected) => {
  expect(isGlob(text)).toBe(expected)
})

test.each([
  ["/", "/"],
  ["/*", "/"],
  ["/**/a", "/"],
  ["/a/b/*", "/a/b"],
  ["/a/b*/c", "/a"],
  ["/a/[b]/c", "/a"],
  ["/a/\\*/b*", "/a"],
  ["/a/{b,c}/d*", "/a"],
  ["/a/b/{c,d}", "/a/b"],
  ["/a/{b,b/c}/*", "/a/b"],
  ["/{a/b,a/c}/*", "/a"],
  ["/{a,b}/*", "/"],
  ["/a/{b,*}", "/a"],
])("every match of %s lies in %s", (pattern, start) => {
  expect(literalStart(compileGlob(pattern))).toBe(start)
})

test("? is any character of a name, a line break too: no rule can write one", () => {
  for (const name of ["a\nb", "a\rb", "a b", "a?b"]) expect(depth("/p/a?b", `/p/${name}`)).toBe(2)
  expect(depth("/p/a?b", "/p/ab")).toBe(-1)
})

test("one name against one component", () => {
  const passes = (component: string, name: string) =>
    compileGlob(`/${component}`).alternatives.some(
      ([first]) => first !== undefined && matchesName(first, name),
    )
  expect(["a", "ab", ".", "]"].map(name => passes("**", name))).toEqual([true, true, true, true])
  expect(["a", "ab", "b"].map(name => passes("a", name))).toEqual([true, false, false])
  expect(["a", "ab", "b"].map(name => passes("a*", name))).toEqual([true, true, false])
  expect(["a", "ab", "b"].map(name => passes("{b,?}", name))).toEqual([true, false, true])
})

describe("hostile patterns do no more work than components of the pattern times components of the path", () => {
  /** How often a match looks at a name of the path. */
  function looks(pattern: string, path: readonly string[]): number {
    let count = 0
    const counting = new Proxy(path, {
      get(target, key, receiver) {
        if (typeof key === "string" && /^\d+$/.test(key)) count++
        return Reflect.get(target, key, receiver)
      },
    })
    matchedDepth(compileGlob(pattern), counting)
    return count
  }

  const table = [
    ["/**", 50],
    ["/**/a", 25],
    ["/**/a/**/b", 12],
    ["/*", 50],
    ["/**/*", 25],
    ["/**/?*", 25],
  ] as const

  test.each(table)("%s, %p times", (part, times) => {
    const path = Array.from({ length: 200 }, () => "a")
    const size = componentsOf(part).length * times
    expect(looks(part.repeat(times), path)).toBeLessThanOrEqual(size * path.length)
    expect(looks(`${part.repeat(times)}/b`, path)).toBeLessThanOrEqual((size + 1) * path.length)
    expect(looks(`${part.repeat(times)}/b`, path)).toBeGreaterThan(0)
  })

  test("nor more than their length times the name's within a name", () => {
    const stars = `/${"*a".repeat(2000)}b`
    expect(depth(stars, `/${"a".repeat(4000)}`)).toBe(-1)
    expect(depth(stars, `/${"a".repeat(4000)}b`)).toBe(1)
    expect(depth(`/${"?*".repeat(1000)}b`, `/${"a".repeat(4000)}`)).toBe(-1)
    expect(depth(`/${"*[ab]".repeat(800)}c`, `/${"a".repeat(4000)}`)).toBe(-1)
  })

  test("in many alternatives and long paths neither", () => {
    const long = `/${"a/".repeat(5000)}`
    expect(depth(`/**/${"{a,b}".repeat(8)}/**/c`, long)).toBe(-1)
    expect(depth("/**/a/**/a/**/a", long)).toBe(5000)
    expect(depth(`/${"a/".repeat(2000)}**`, long)).toBe(5000)
  })
})

/** A piece of a pattern: what a glob may write for it, and the regular expression that means the same. */
type Piece = { choices: string[]; glob: string; expression: string }

const letters = ["a", "b", ".", "*", "[", "]", "{", ",", "\\", "-", "é", "\u{1f600}"]
const piece = (glob: string, expression: string): Piece => ({ choices: [glob], glob, expression })
const globText = (pieces: readonly Piece[]) => pieces.map(({ glob }) => glob).join("")
const expressionText = (pieces: readonly Piece[]) => pieces.map(({ expression }) => expression).join("")

const literalPiece = fc
  .constantFrom(...letters)
  .map(letter =>
    piece(/[*[\]{,\\]/.test(letter) ? `\\${letter}` : letter, letter.replace(/[.*[\]{\\]/, "\\$&")),
  )
const classPiece = fc
  .tuple(
    fc.constantFrom("", "!", "^"),
    fc.constantFrom("a", "ab", "a-b", "é", "b.", ".-a", "*", "?\u{1f600}"),
  )
  .map(([negation, body]) => piece(`[${negation}${body}]`, `(?!/)[${negation && "^"}${body}]`))
const anyPiece = fc.constantFrom(piece("?", "[^/]"), piece("*", "[^/]*"))
const bracePiece = fc
  .array(fc.array(literalPiece, { maxLength: 2 }), { minLength: 1, maxLength: 3 })
  .map((texts): Piece => {
    const choices = texts.map(globText)
    return {
      choices,
      glob: `{${choices.join(",")}}`,
      expression: `(?:${texts.map(expressionText).join("|")})`,
    }
  })

/** Every text that the braces of some pieces stand for. */
function expansions(pieces: readonly Piece[]): string[] {
  return pieces.reduce<string[]>(
    (texts, { choices }) => texts.flatMap(text => choices.map(choice => text + choice)),
    [""],
  )
}

/**
 * With at least one plain letter, so that no choice of braces leaves an empty name; without two stars in a row, which
 * are refused; and with few enough choices for a whole pattern of them.
 */
const component = fc
  .tuple(
    fc.array(fc.oneof(literalPiece, classPiece, anyPiece, bracePiece), { maxLength: 4 }),
    literalPiece,
    fc.nat(4),
  )
  .map(([pieces, letter, place]) => [piece("/", "/"), ...pieces.toSpliced(place, 0, letter)])
  .filter(pieces => expansions(pieces).length <= 3 && expansions(pieces).every(text => !text.includes("**")))
  .map(pieces => piece(globText(pieces), expressionText(pieces)))
const wholeNames = fc.constantFrom(piece("/**", "(?:/[^/]+)*"), piece("/*", "/[^/]*"))
const patternUpTo = (maxLength: number) => fc.array(fc.oneof(component, component, wholeNames), { maxLength })
const pattern = patternUpTo(5)
const path = fc.array(fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 3 }), {
  maxLength: 5,
})

describe("against the same pattern as a regular expression", () => {
  /** The deepest start of the path that the whole expression matches. */
  function modelDepth(pieces: readonly Piece[], components: readonly string[]): number {
    const expression = new RegExp(`^${expressionText(pieces)}$`, "u")
    const starts = components.map((_, index) => index + 1).concat(0)
    const matching = starts.filter(length =>
      expression.test(
        components
          .slice(0, length)
          .map(name => `/${name}`)
          .join(""),
      ),
    )
    return Math.max(-1, ...matching)
  }

  test("the depth is the same", () => {
    let matches = 0
    fc.assert(
      fc.property(pattern, path, (pieces, components) => {
        const glob = `/${globText(pieces)}`
        const expected = modelDepth(pieces, components)
        if (expected > 0) matches++
        expect([glob, matchedDepth(compileGlob(glob), components)]).toEqual([glob, expected])
      }),
      { numRuns: 20_000 },
    )
    expect(matches).toBeGreaterThan(1000)
  })

  test("a longer path never matches less", () => {
    fc.assert(
      fc.property(pattern, path, path, (pieces, components, more) => {
        const glob = compileGlob(`/${globText(pieces)}`)
        const [short, long] = [components, [...components, ...more]].map(names => matchedDepth(glob, names))
        expect(long).toBeGreaterThanOrEqual(short ?? 0)
      }),
      { numRuns: 3000 },
    )
  })

  test("braces mean what their choices mean one by one", () => {
    const pieces = fc.tuple(
      patternUpTo(1),
      fc.array(patternUpTo(1), { minLength: 1, maxLength: 3 }),
      patternUpTo(1),
    )
    fc.assert(
      fc.property(pieces, path, ([before, choices, after], components) => {
        const together = `${globText(before)}{${choices.map(globText).join(",")}}${globText(after)}`
        const single = choices.map(choice => `/${globText([...before, ...choice, ...after])}`)
        const depths = single.map(glob => matchedDepth(compileGlob(glob), components))
        expect(matchedDepth(compileGlob(`/${together}`), components)).toBe(Math.max(...depths))
      }),
      { numRuns: 3000 },
    )
  })

  test("a name with every character escaped means itself and no other name", () => {
    const name = fc.string({
      unit: fc.constantFrom(...letters, "!", "^", "?", "}"),
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(name, name, (own, other) => {
        const glob = compileGlob(`/${[...own].map(letter => `\\${letter}`).join("")}`)
        fc.pre(!/\*\*/.test(glob.text))
        expect(matchedDepth(glob, [own])).toBe(1)
        expect(matchedDepth(glob, [other])).toBe(own === other ? 1 : -1)
      }),
      { numRuns: 3000 },
    )
  })
})
