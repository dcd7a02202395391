import { describe, expect, test } from "bun:test"
import { componentsOf } from "../../src/base/path.ts"
import { matchedDepth } from "../../src/policy/glob.ts"
import type { PathVariables } from "../../src/policy/path-pattern.ts"
import { placeProtection, protectionPattern, protectionText } from "../../src/policy/protection.ts"

const variables: PathVariables = { home: "/home/me", project: "/work/app", user: "me", xdg: {} }

/** In one line: what kind of protection a text is, and its text for people. */
const meaning = (text: string) => {
  const pattern = protectionPattern(text, variables)
  return `${pattern.kind === "place" ? pattern.pattern.kind : pattern.kind} ${protectionText(pattern)}`
}

describe("a place", () => {
  test.each([
    ["/etc/hosts", "exact /etc/hosts"],
    ["~/.bashrc", "exact /home/me/.bashrc"],
    ["~", "exact /home/me"],
    ["$HOME/.bashrc", "exact /home/me/.bashrc"],
    ["$PROJECT/Makefile", "exact /work/app/Makefile"],
    ["./Makefile", "exact /work/app/Makefile"],
    [".", "exact /work/app"],
    ["../other", "exact /work/other"],
    ["/etc/*.conf", "glob /etc/*.conf"],
    ["~/.*rc", "glob /home/me/.*rc"],
    ["./src/*.key", "glob /work/app/src/*.key"],
    ["/**/.git", "glob /**/.git"],
  ])("%s is %s", (text, expected) => {
    expect(meaning(text)).toBe(expected)
  })

  test("of Cordon's own is that path and no pattern", () => {
    expect(placeProtection("/a/*[b")).toEqual({ kind: "place", pattern: { kind: "exact", path: "/a/*[b" } })
    expect(protectionText(placeProtection("/a/*[b"))).toBe("/a/*[b")
  })
})

describe("names anywhere", () => {
  /** The parts of the path that a text protects, from the start to the end of the match. */
  function protectedIn(text: string, path: string): string[] {
    const pattern = protectionPattern(text, variables)
    if (pattern.kind !== "anywhere") throw new Error(`${text} is a place`)
    const components = componentsOf(path)
    return components.flatMap((_, start) => {
      const depth = matchedDepth(pattern.names, components.slice(start))
      return depth > 0 ? [components.slice(start, start + depth).join("/")] : []
    })
  }

  test.each<[text: string, path: string, parts: string[]]>([
    [".envrc", "/a/.envrc", [".envrc"]],
    [".envrc", "/.envrc/.envrc", [".envrc", ".envrc"]],
    [".envrc", "/a/.envrc2", []],
    [".git/hooks", "/a/.git/hooks/pre-commit", [".git/hooks"]],
    [".git/hooks", "/a/.git/hooks", [".git/hooks"]],
    [".git/hooks", "/a/.git/x/hooks", []],
    [".git/hooks", "/hooks/.git", []],
    [".git/hooks", "/a/.git", []],
    [".git//hooks/", "/.git/hooks", [".git/hooks"]],
    ["**/.git/config", "/a/b/.git/config", [".git/config"]],
    ["**/**/.envrc", "/.envrc", [".envrc"]],
    ["*.code-workspace", "/a/x.code-workspace/y", ["x.code-workspace"]],
    [".vscode/*.json", "/p/.vscode/tasks.json", [".vscode/tasks.json"]],
    [".git/**/config", "/.git/config", [".git/config"]],
    [".git/**/config", "/.git/modules/m/config", [".git/modules/m/config"]],
    [".git/**", "/a/.git/b/c", [".git/b/c"]],
    ["{.envrc,.git/hooks}", "/a/.git/hooks/x", [".git/hooks"]],
    ["{.envrc,.git/hooks}", "/a/.envrc", [".envrc"]],
    [".husky-[a-c]", "/.husky-b", [".husky-b"]],
    [".x-$USER", "/.x-me", [".x-me"]],
    ["a~", "/a~", ["a~"]],
    ["...", "/...", ["..."]],
    ["\\*", "/x/*", ["*"]],
  ])("%s in %s: %j", (text, path, parts) => {
    expect(protectedIn(text, path)).toEqual(parts)
    expect(protectionText(protectionPattern(text, variables))).toBe(text)
  })
})

describe("what is refused", () => {
  test.each(["..", "a/..", "a/../b", "a/.", "a/./b", ".git/../x", "*/..", "**/../x"])("dots: %s", text => {
    expect(() => protectionPattern(text, variables)).toThrow(
      new SyntaxError(`"${text}": a protected name has no "." or ".."`),
    )
  })

  test.each([
    ["$X/a", '"$X/a" uses $X; only $HOME, $PROJECT and $USER stand for something'],
    ["a/$X", '"a/$X" uses $X; only $HOME, $PROJECT and $USER stand for something'],
    ["~you/x", '"~you/x": ~ stands for your own home only; write the path in full'],
    ["./*/..", '"./*/.." mixes a glob with "." or ".."; write the path without them'],
    [".git/[", '"[" is never closed'],
    ["{a", '"{" is never closed'],
    ["a**", '"**" must stand alone between slashes'],
    ["{a,b}".repeat(12), "its braces stand for more than 256 patterns"],
  ])("%s", (text, message) => {
    expect(() => protectionPattern(text, variables)).toThrow(new SyntaxError(message))
  })
})
