// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${HOME} is policy text here
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { componentsOf } from "../../src/base/path.ts"
import {
  expandVariables,
  type PathVariables,
  pathPattern,
  patternText,
  specificityOf,
} from "../../src/policy/path-pattern.ts"

const variables: PathVariables = {
  home: "/home/me",
  project: "/home/me/work/app",
  user: "me",
  xdg: { XDG_CACHE_HOME: "/home/me/.cache" },
}

const meaning = (text: string, own: Partial<PathVariables> = {}) => {
  const pattern = pathPattern(text, { ...variables, ...own })
  return `${pattern.kind} ${patternText(pattern)}`
}

function refusal(action: () => unknown): string {
  try {
    return `accepted: ${action()}`
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(SyntaxError)
    return (thrown as Error).message
  }
}

/** Depth to which `text` matches a path, or undefined. */
const depthIn = (text: string, path: string, own: Partial<PathVariables> = {}) =>
  specificityOf(pathPattern(text, { ...variables, ...own }), componentsOf(path))?.depth

describe("one place", () => {
  test.each([
    ["/etc/passwd", "/etc/passwd"],
    ["/etc/", "/etc"],
    ["/a/../b/./c//d", "/b/c/d"],
    ["/", "/"],
    ["~", "/home/me"],
    ["~/", "/home/me"],
    ["~/.aws", "/home/me/.aws"],
    ["~/../you", "/home/you"],
    [".", "/home/me/work/app"],
    ["..", "/home/me/work"],
    ["src", "/home/me/work/app/src"],
    ["./src/", "/home/me/work/app/src"],
    ["../lib", "/home/me/work/lib"],
    [".env", "/home/me/work/app/.env"],
    ["a b/c", "/home/me/work/app/a b/c"],
    ["$HOME/x", "/home/me/x"],
    ["${HOME}/x", "/home/me/x"],
    ["$PROJECT/x", "/home/me/work/app/x"],
    ["${PROJECT}", "/home/me/work/app"],
    ["/tmp/$USER", "/tmp/me"],
    ["/tmp/x-${USER}-y", "/tmp/x-me-y"],
    ["/tmp/$USER/$USER", "/tmp/me/me"],
    ["$XDG_CACHE_HOME/pip", "/home/me/.cache/pip"],
    ["a~b", "/home/me/work/app/a~b"],
    ["x/~", "/home/me/work/app/x/~"],
    ["a\\b", "/home/me/work/app/a\\b"],
    ["-rf", "/home/me/work/app/-rf"],
    ["a\nb", "/home/me/work/app/a\nb"],
    ["é", "/home/me/work/app/é"],
  ])("%j is %j", (text, path) => {
    expect(meaning(text)).toBe(`exact ${path}`)
  })
})

describe("a set of places", () => {
  test.each([
    ["/etc/*.conf", "/etc/*.conf"],
    ["/**/x", "/**/x"],
    ["~/*", "/home/me/*"],
    ["~/.config/**/token?", "/home/me/.config/**/token?"],
    ["$HOME/{a,b}", "/home/me/{a,b}"],
    ["${HOME}/{a,b}", "/home/me/{a,b}"],
    ["$PROJECT/[ab]", "/home/me/work/app/[ab]"],
    ["/tmp/*-$USER", "/tmp/*-me"],
    ["*.env", "/home/me/work/app/**/*.env"],
    [".env*", "/home/me/work/app/**/.env*"],
    ["*", "/home/me/work/app/**/*"],
    ["**", "/home/me/work/app/**/**"],
    ["src/*.env", "/home/me/work/app/src/*.env"],
    ["./src/*.env", "/home/me/work/app/src/*.env"],
    ["././src/*", "/home/me/work/app/src/*"],
    ["**/*.pem", "/home/me/work/app/**/*.pem"],
    ["src/**", "/home/me/work/app/src/**"],
    ["{.env,.envrc}", "/home/me/work/app/**/{.env,.envrc}"],
  ])("%j is %s", (text, glob) => {
    expect(meaning(text)).toBe(`glob ${glob}`)
  })

  test.each([
    ["*.env", "/home/me/work/app/.env", 5],
    ["*.env", "/home/me/work/app/a/b/x.env/c", 7],
    ["*.env", "/home/me/work/x.env", undefined],
    ["*.env", "/home/me/work/app", undefined],
    ["src/*.env", "/home/me/work/app/src/x.env", 6],
    ["src/*.env", "/home/me/work/app/a/src/x.env", undefined],
    ["src/**", "/home/me/work/app/src", 5],
    ["~/*", "/home/me/x/y", 3],
    ["~/*", "/home/me", undefined],
    ["~/*", "/home/you/x", undefined],
    ["~/.ssh", "/home/me/.ssh/id", 3],
    ["~/.ssh", "/home/me/.ssh2", undefined],
    ["~/.ssh", "/home/me", undefined],
    ["/", "/etc", 0],
    ["/**", "/etc", 1],
    ["$PROJECT", "/home/me/work/app/x", 4],
  ])("%s matches %s to the depth %p", (text, path, depth) => {
    expect(depthIn(text, path)).toBe(depth)
  })
})

describe("how closely a pattern fits", () => {
  const fit = (text: string, path: string) => specificityOf(pathPattern(text, variables), componentsOf(path))

  test.each([
    ["/a/b", { depth: 2, precision: 2 }],
    ["/a", { depth: 1, precision: 2 }],
    ["/*/b", { depth: 2, precision: 1 }],
    ["/**/b", { depth: 2, precision: 1 }],
    ["/*/{b,x}", { depth: 2, precision: 1 }],
    ["/a/*", { depth: 2, precision: 0 }],
    ["/a/{b,x*}", { depth: 2, precision: 0 }],
    ["/**", { depth: 2, precision: 0 }],
    ["/", { depth: 0, precision: 2 }],
  ] as const)("%s in /a/b: %j", (text, expected) => {
    expect(fit(text, "/a/b")).toEqual(expected)
  })

  test("is nothing where it does not match", () => {
    expect([fit("/a", "/b"), fit("/a*", "/b"), fit("/a/b", "/a"), fit("/a/*", "/a")]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe("a directory may have any name", () => {
  const odd = [
    "a*b",
    "a?b",
    "[ab]",
    "a]",
    "{a,b}",
    "{a",
    "a}",
    "a\\b",
    "**",
    "a b",
    "!a",
    "~",
    "-",
    "a\nb",
    "é",
  ]

  test.each(odd)("a home called %j", name => {
    const own = { home: `/home/${name}` }
    expect(meaning("~/.ssh", own)).toBe(`exact /home/${name}/.ssh`)
    expect(depthIn("~/.ssh", `/home/${name}/.ssh/id`, own)).toBe(3)
    expect(depthIn("~/*.pem", `/home/${name}/x.pem`, own)).toBe(3)
    expect(depthIn("$HOME/*.pem", `/home/${name}/x.pem`, own)).toBe(3)
    expect(depthIn("${HOME}/*/{a,b}", `/home/${name}/x/b`, own)).toBe(4)
    for (const other of ["ab", "axb", "a", "b", "x", "xx"])
      expect(depthIn("~/*.pem", `/home/${other}/x.pem`, own)).toBeUndefined()
  })

  test.each(odd)("a project called %j", name => {
    const own = { project: `/work/${name}` }
    expect(meaning("src", own)).toBe(`exact /work/${name}/src`)
    expect(depthIn("*.env", `/work/${name}/a/.env`, own)).toBe(4)
    expect(depthIn("src/*.env", `/work/${name}/src/.env`, own)).toBe(4)
    expect(depthIn("$PROJECT/*.env", `/work/${name}/.env`, own)).toBe(3)
    for (const other of ["ab", "axb", "a", "b", "x", "xx"])
      expect(depthIn("*.env", `/work/${other}/.env`, own)).toBeUndefined()
  })

  test.each(odd)("a user called %j", user => {
    expect(meaning("/tmp/$USER", { user })).toBe(`exact /tmp/${user}`)
    expect(depthIn("/tmp/$USER/*", `/tmp/${user}/x`, { user })).toBe(3)
    expect(depthIn("/tmp/$USER/*", "/tmp/zz/x", { user })).toBeUndefined()
  })
})

describe("expandVariables", () => {
  test.each([
    ["", ""],
    ["plain", "plain"],
    ["~", "/home/me"],
    ["~/a", "/home/me/a"],
    ["a/~", "a/~"],
    ["$HOME", "/home/me"],
    ["${HOME}x", "/home/mex"],
    ["$HOME.x", "/home/me.x"],
    ["$HOME-$USER", "/home/me-me"],
    ["$HOME$USER", "/home/meme"],
    ["$XDG_CACHE_HOME", "/home/me/.cache"],
    ["~/$USER", "/home/me/me"],
  ])("%j is %j", (text, expanded) => {
    expect(expandVariables(text, variables)).toBe(expanded)
  })

  test("puts in what a variable holds and does not read it again", () => {
    const own = { ...variables, user: "$HOME", project: "/p/~", xdg: { XDG_CACHE_HOME: "/c/$&$1" } }
    expect(expandVariables("/tmp/$USER", own)).toBe("/tmp/$HOME")
    expect(expandVariables("$PROJECT/x", own)).toBe("/p/~/x")
    expect(expandVariables("$XDG_CACHE_HOME", own)).toBe("/c/$&$1")
    expect(expandVariables("~/x", { ...variables, home: "/home/a$b" })).toBe("/home/a$b/x")
  })
})

describe("what is refused", () => {
  test.each([
    ["$X", "$X"],
    ["$HOMEx", "$HOMEx"],
    ["$home", "$home"],
    ["${HOMEx}", "${HOMEx}"],
    ["${}", "$"],
    ["${HOME", "$"],
    ["$", "$"],
    ["a$", "$"],
    ["$$HOME", "$"],
    ["$(id)", "$"],
    ["$-x", "$"],
    ["/a/$XDG_RUNTIME_DIR", "$XDG_RUNTIME_DIR"],
    ["$TMPDIR/*", "$TMPDIR"],
    ["*$X", "$X"],
  ])("%s: a variable that stands for nothing", (text, variable) => {
    const message = `"${text}" uses ${variable}; only $HOME, $PROJECT and $USER stand for something`
    expect(refusal(() => meaning(text))).toBe(message)
  })

  test.each(["~you", "~you/x", "~*", "~~", "~.", "~+", "~root/*"])("%s: a home of somebody else", text => {
    const message = `"${text}": ~ stands for your own home only; write the path in full`
    expect(refusal(() => meaning(text))).toBe(message)
  })

  test.each(["/a/../*", "../*", "*/..", "src/./*", "/*/.", "/a*/../b", "~/../*", "./../*", "*/../../etc"])(
    "%s: a glob with dots",
    text => {
      const message = `"${text}" mixes a glob with "." or ".."; write the path without them`
      expect(refusal(() => meaning(text))).toBe(message)
    },
  )

  test.each([
    ["/a/[", '"[" is never closed'],
    ["[a", '"[" is never closed'],
    ["src/[!]", '"[" is never closed'],
    ["{a", '"{" is never closed'],
    ["a}", '"}" was never opened'],
    ["a**", '"**" must stand alone between slashes'],
    ["~/***", '"**" must stand alone between slashes'],
    [`/${"{a,b}".repeat(20)}`, "its braces stand for more than 256 patterns"],
  ])("%s: no glob", (text, message) => {
    expect(refusal(() => meaning(text))).toBe(message)
  })
})

test("any text is one canonical place, a set of places, or refused in a sentence", () => {
  const unit = fc.constantFrom(..."ab/.~$*?[]{},\\", "HOME", "${", "..", "\0", "\n")
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 10 }), parts => {
      const message = refusal(() => meaning(parts.join("")))
      if (message.startsWith("accepted: exact ")) expect(message.slice(16)).toMatch(canonical)
      else expect(message).toMatch(/^accepted: glob \/|^".*"|^its braces/s)
    }),
    { numRuns: 5000 },
  )
})
const canonical = /^\/$|^(\/(?!\.\.?(\/|$))[^/]+)+$/

test("a place written with a variable is the place written in full", () => {
  const below = fc
    .array(fc.constantFrom("a", ".b", "c d", "é"), { maxLength: 3 })
    .map(names => names.join("/"))
  fc.assert(
    fc.property(below, below, (home, rest) => {
      const own = { home: `/h/${home}`.replace(/\/$/, ""), project: "/p" }
      const full = meaning(`${own.home}/${rest}`, own)
      for (const start of ["~", "$HOME", "${HOME}"]) expect(meaning(`${start}/${rest}`, own)).toBe(full)
    }),
  )
})
