import { describe, expect, test } from "bun:test"
import type { Header } from "../../../src/network/credentials/swap.ts"
import { areTrailers, readRequest, requestHeaders } from "../../../src/network/terminator/http2-requests.ts"

const plain: Header[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "api.test"],
  [":path", "/x?y=1"],
]

/** The plain request with some headers replaced, left out (undefined) or behind it. */
function withChange(change: Record<string, string | undefined>, ...more: Header[]): Header[] {
  const changed = plain.flatMap(([name, value]): Header[] => {
    const next = name in change ? change[name] : value
    return next === undefined ? [] : [[name, next]]
  })
  return [...changed, ...more]
}

describe("a request", () => {
  test("is read", () => {
    expect(readRequest([...plain, ["accept", "*/*"]], true)).toEqual({
      method: "GET",
      target: "/x?y=1",
      authority: "api.test",
      headers: [["accept", "*/*"]],
      length: undefined,
    })
  })

  test.each<[string, Header[]]>([
    [
      "with a Host in the place of the authority",
      withChange({ ":authority": undefined }, ["host", "api.test"]),
    ],
    ["with both, when they agree", withChange({}, ["host", "api.test"])],
  ])("%s has that host, once", (_, headers) => {
    expect(readRequest(headers, true)).toMatchObject({ authority: "api.test", headers: [] })
  })

  test.each<[string, Header[]]>([
    ["pseudo-headers in another order", [...plain].reverse()],
    ["a method of its own", withChange({ ":method": "PROPFIND" })],
    ["a method in lower case", withChange({ ":method": "patch" })],
    ["* of OPTIONS", withChange({ ":method": "OPTIONS", ":path": "*" })],
    ["trailers announced", withChange({}, ["te", "trailers"])],
    ["several cookies", withChange({}, ["cookie", "a=1"], ["cookie", "b=2"])],
    ["an empty header", withChange({}, ["x-empty", ""])],
    ["a header with bytes beyond ASCII", withChange({}, ["x-name", "\xe9\xff"])],
    ["a length", withChange({}, ["content-length", "0"])],
    [
      "a CONNECT, which is refused later",
      withChange({ ":method": "CONNECT", ":scheme": undefined, ":path": undefined }),
    ],
  ])("with %s is one", (_, headers) => {
    expect(readRequest(headers, true)).toBeDefined()
  })

  test.each<[string, Header[]]>([
    ["no method", withChange({ ":method": undefined })],
    ["no scheme", withChange({ ":scheme": undefined })],
    ["no path", withChange({ ":path": undefined })],
    ["an empty path", withChange({ ":path": "" })],
    ["a path without a slash", withChange({ ":path": "x" })],
    ["a URL as path", withChange({ ":path": "https://evil.test/" })],
    ["* of GET", withChange({ ":path": "*" })],
    ["a fragment", withChange({ ":path": "/x#y" })],
    ["a space in the path", withChange({ ":path": "/x HTTP/1.1" })],
    ["a line break in the path", withChange({ ":path": "/x\r\nHost: evil" })],
    ["a NUL in the path", withChange({ ":path": "/x\0" })],
    ["bytes beyond ASCII in the path", withChange({ ":path": "/\xe9" })],
    ["plain http", withChange({ ":scheme": "http" })],
    ["a method with a space", withChange({ ":method": "GET /x" })],
    ["a method with a line break", withChange({ ":method": "GET\r\n" })],
    ["an empty method", withChange({ ":method": "" })],
    ["a line break in the authority", withChange({ ":authority": "api.test\r\nx: y" })],
    ["another Host than the authority", withChange({}, ["host", "evil.test"])],
    ["two Hosts", withChange({ ":authority": undefined }, ["host", "api.test"], ["host", "evil.test"])],
    ["a pseudo-header twice", [[":path", "/"], ...plain]],
    ["a pseudo-header behind others", [["accept", "*/*"], ...plain]],
    ["a pseudo-header of answers", [...plain, [":status", "200"]].sort() as Header[]],
    ["a protocol of its own (RFC 8441)", [[":protocol", "websocket"], ...plain]],
    ["a header in upper case", withChange({}, ["Accept", "*/*"])],
    ["a header without a name", withChange({}, ["", "x"])],
    ["a header name with a space", withChange({}, ["a b", "x"])],
    ["a header name with a colon", withChange({}, ["a:b", "x"])],
    ["a header name with a line break", withChange({}, ["a\r\nb", "x"])],
    ["a line break in a header", withChange({}, ["x", "a\r\nTransfer-Encoding: chunked"])],
    ["a bare line feed in a header", withChange({}, ["x", "a\nb"])],
    ["a NUL in a header", withChange({}, ["x", "a\0b"])],
    ["a space before a value", withChange({}, ["x", " a"])],
    ["a tab behind a value", withChange({}, ["x", "a\t"])],
    ["connection", withChange({}, ["connection", "close"])],
    ["transfer-encoding", withChange({}, ["transfer-encoding", "chunked"])],
    ["upgrade", withChange({}, ["upgrade", "h2c"])],
    ["keep-alive", withChange({}, ["keep-alive", "5"])],
    ["proxy-connection", withChange({}, ["proxy-connection", "close"])],
    ["te of something else", withChange({}, ["te", "gzip"])],
    ["two lengths", withChange({}, ["content-length", "0"], ["content-length", "1"])],
    ["a length that is no number", withChange({}, ["content-length", "+1"])],
    ["a length with a zero in front", withChange({}, ["content-length", "00"])],
    ["a list of lengths", withChange({}, ["content-length", "0, 0"])],
    ["a length and no body", withChange({}, ["content-length", "5"])],
  ])("with %s is malformed", (_, headers) => {
    expect(readRequest(headers, true)).toBeUndefined()
  })

  test("says how long its body is", () => {
    expect(readRequest(withChange({}, ["content-length", "5"]), false)?.length).toBe(5)
    expect(readRequest(withChange({}, ["content-length", "5"], ["content-length", "5"]), false)?.length).toBe(
      5,
    )
    expect(readRequest(plain, false)?.length).toBeUndefined()
  })
})

test("trailers name nothing that steers a request", () => {
  expect(areTrailers([["grpc-status", "0"]])).toBe(true)
  expect(areTrailers([])).toBe(true)
  for (const name of [
    ":path",
    "transfer-encoding",
    "host",
    "content-length",
    "authorization",
    "x-http-method-override",
    "x-original-url",
  ])
    expect(areTrailers([[name, "x"]])).toBe(false)
})

test("a request goes to the server with its pseudo-headers first", () => {
  expect(
    requestHeaders({ method: "GET", target: "/", authority: "api.test", headers: [["a", "b"]] }),
  ).toEqual([
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", "api.test"],
    [":path", "/"],
    ["a", "b"],
  ])
})
