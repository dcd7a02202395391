/** Paths in requests: what a pattern means, and every way in which a server may read one. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import {
  caseless,
  matchesRequest,
  readingsOf,
  requestPattern,
  requestText,
} from "../../src/policy/request-pattern.ts"

function patternOf(text: string) {
  return requestPattern(text, `api.github.com ${text}`)
}

/** Whether the request is meant in every reading of its path. */
function means(pattern: string, method: string, path: string): boolean {
  const readings = readingsOf(path) ?? []
  return readings.length > 0 && readings.every(reading => matchesRequest(patternOf(pattern), method, reading))
}

describe("a pattern", () => {
  test.each([
    ["GET /repos/**", "GET", "/repos/a/b", true],
    ["GET /repos/**", "GET", "/repos", true],
    ["GET /repos/**", "GET", "/repos/", true],
    ["GET /repos/**", "GET", "/repository", false],
    ["GET /repos/**", "POST", "/repos/a", false],
    ["GET /repos/**", "HEAD", "/repos/a", true],
    ["HEAD /repos/**", "GET", "/repos/a", false],
    ["GET /repos/**", "get", "/repos/a", true],
    ["GET,POST /a", "POST", "/a", true],
    ["GET,POST /a", "PUT", "/a", false],
    ["* /a", "PROPFIND", "/a", true],
    ["GET /a", "GET", "/a/b", false],
    ["GET /a", "GET", "/a?b=/c", true],
    ["GET /a", "GET", "/A", false],
    ["GET /a/*/c", "GET", "/a/b/c", true],
    ["GET /a/*/c", "GET", "/a/b/b/c", false],
    ["GET /a/*", "GET", "/a", false],
    ["GET /{a,b}/[xy]", "GET", "/b/y", true],
    ["GET /", "GET", "/", true],
    ["GET /", "GET", "/a", false],
    ["GET /**", "GET", "/", true],
  ])("%s on %s %s: %p", (pattern, method, path, expected) => {
    expect(means(pattern, method, path)).toBe(expected)
  })

  test("is written again as it was", () => {
    for (const text of ["GET /repos/**", "GET,POST /a", "* /"])
      expect(requestText(patternOf(text))).toBe(text)
    expect(requestText(patternOf("get,Post   /a"))).toBe("GET,POST /a")
  })

  test("for denials does not tell upper from lower case", () => {
    const pattern = caseless(patternOf("GET /Admin/[A-C]*"))
    expect(matchesRequest(pattern, "GET", ["admin", "bob"])).toBe(true)
    expect(matchesRequest(pattern, "GET", ["admin", "dora"])).toBe(false)
  })
})

describe("readings", () => {
  test.each([
    ["/a/b", [["a", "b"]]],
    ["/a/b?c=../../d", [["a", "b"]]],
    ["/a/b/?", [["a", "b"]]],
    ["/", [[]]],
    ["//a//b", [["a", "b"]]],
    ["/%61/b", [["a", "b"]]],
    ["/a%2fb", [["a/b"], ["a", "b"]]],
    ["/a%252fb", [["a%2fb"], ["a", "b"]]],
    ["/a%5cb", [["a\\b"], ["a", "b"]]],
    [
      "/a;x=1/b",
      [
        ["a;x=1", "b"],
        ["a", "b"],
      ],
    ],
    [
      "/a;/b",
      [
        ["a;", "b"],
        ["a", "b"],
      ],
    ],
    ["/;x/b", [[";x", "b"], ["b"]]],
    ["/%3bx/b", [[";x", "b"], ["b"]]],
    ["/.a/..b/...", [[".a", "..b", "..."]]],
  ])("of %s are %j", (path, expected) => {
    expect(readingsOf(path)).toEqual(expected)
  })

  test.each([
    "",
    "a",
    "*",
    "?a",
    "http://a.b/c",
    "/a b",
    "/a\tb",
    "/a\n",
    "/a\0",
    "/a#b",
    "/a\\b",
    "/\u00e9",
    "/%00",
    "/a%2500",
    "/%",
    "/%2",
    "/%zz",
    "/a%2gb",
    "/a/../b",
    "/a/./b",
    "/..",
    "/a/.",
    "/a/%2e%2E/b",
    "/a/.%2e/b",
    "/a/%252e%252e/b",
    "/a%2f..%2fb",
    "/a%5c..%5cb",
    "/a%255c%2e%2e",
    "/a/..;/b",
    "/a/..;x=1",
    "/a/..%3b/b",
  ])("there are none of %j", path => {
    expect(readingsOf(path)).toBeUndefined()
  })

  test("a plain path has one, which is its names", () => {
    const name = fc.string({
      unit: fc.constantFrom(..."abcXYZ019-_~.@:!$&'()*+,="),
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), names => {
        fc.pre(!names.some(each => each === "." || each === ".."))
        expect(readingsOf(`/${names.join("/")}`)).toEqual([names])
      }),
    )
  })

  test("whatever the spelling of a path, the place that a server would look up is among them", () => {
    const name = fc.constantFrom("a", "b", "admin", "a.b", "..a", "")
    const spelled = (text: string, how: number) =>
      [...text].map(c => (how === 0 ? c : how === 1 ? hex(c) : hex(c).replace("%", "%25"))).join("")
    const hex = (c: string) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`
    const part = fc.tuple(name, fc.nat(2), fc.constantFrom("/", "%2f", "%2F", "%252f", "/;v=1/"))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), parts => {
        const sent = `/${parts.map(([text, how, slash]) => spelled(text, how) + slash).join("")}`
        // The runtime's own URL parser is one server; it decodes dots and no slashes.
        const url = new URL(sent.replace(/^\/+/, "/"), "http://a.b").pathname
        const place = decodeURIComponent(decodeURIComponent(url)).replace(/;[^/]*/g, "")
        const names = place.split("/").filter(each => each !== "")
        expect((readingsOf(sent) ?? []).map(reading => reading.join("/"))).toContain(names.join("/"))
      }),
      { numRuns: 3000 },
    )
  })

  test("long and hostile paths come to an end", () => {
    for (const unit of ["../", "%2e%2e/", "%25", ";", "//", "a;b/", "%252f"])
      expect((readingsOf(`/${unit.repeat(20_000)}`) ?? []).length).toBeLessThanOrEqual(6)
  })
})

test("every pattern that is accepted means its own text", () => {
  const text = fc.string({ unit: fc.constantFrom(..."ab/*.-_~[]{},"), maxLength: 12 })
  fc.assert(
    fc.property(text, path => {
      try {
        const { request } = hostPattern(`a.b GET /${path}`)
        if (request === undefined) throw new Error("no request")
        if (!/[*[\]{}]/.test(path)) expect(means(`GET /${path}`, "GET", `/${path}`)).toBe(true)
      } catch (cause) {
        expect(cause).toBeInstanceOf(SyntaxError)
      }
    }),
    { numRuns: 3000 },
  )
})
