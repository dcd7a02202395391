import { describe, expect, test } from "bun:test"
import { type RequestHead, RequestHeadReader } from "../../../src/network/http/head.ts"
import { askedOf, passedHead } from "../../../src/network/terminator/request-head.ts"
import { acceptOf, isAccepted } from "../../../src/network/terminator/upgrade.ts"

/** A head as it is read of a client. */
function headOf(...lines: string[]): RequestHead {
  const result = new RequestHeadReader().push(Buffer.from([...lines, "", ""].join("\r\n"), "latin1"))
  if (result.kind !== "head") throw new Error(result.kind)
  return result
}

const offer = ["Connection: Upgrade", "Upgrade: websocket"]
const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

describe("an offer of WebSocket", () => {
  test("has one right answer (RFC 6455 section 1.3)", () => {
    const head = headOf("GET /x HTTP/1.1", "Host: api.test", ...offer, key)
    expect(acceptOf(head)).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  })

  test.each([
    ["without a key", ["GET /x HTTP/1.1", "Host: api.test", ...offer]],
    ["with a body", ["GET /x HTTP/1.1", "Host: api.test", ...offer, key, "Content-Length: 4"]],
    ["with two keys", ["GET /x HTTP/1.1", "Host: api.test", ...offer, key, key]],
    ["with another method", ["POST /x HTTP/1.1", "Host: api.test", ...offer, key]],
    [
      "with another protocol beside it",
      ["GET /x HTTP/1.1", "Host: api.test", "Connection: upgrade", "Upgrade: h2c, websocket", key],
    ],
    ["that Connection does not name", ["GET /x HTTP/1.1", "Host: api.test", "Upgrade: websocket", key]],
    ["of HTTP/2", ["GET /x HTTP/1.1", "Host: api.test", "Connection: upgrade", "Upgrade: h2c"]],
  ])("%s is none", (_, lines) => {
    expect(acceptOf(headOf(...lines))).toBeUndefined()
  })

  const answer = (headers: [string, string][]) => ({ version: "HTTP/1.1", status: 101, reason: "", headers })

  test("is accepted by that answer alone", () => {
    const right: [string, string][] = [
      ["upgrade", "WebSocket"],
      ["Sec-WebSocket-Accept", "abc="],
    ]
    expect(isAccepted(answer(right), "abc=")).toBe(true)
    expect(isAccepted(answer(right), "abd=")).toBe(false)
    expect(isAccepted(answer(right), undefined)).toBe(false)
    expect(isAccepted(answer(right.slice(1)), "abc=")).toBe(false)
    expect(isAccepted(answer(right.slice(0, 1)), "abc=")).toBe(false)
  })
})

describe("the head that the server gets", () => {
  const lines = [
    "GET /x HTTP/1.1",
    "HOST: api.test",
    "Connection: keep-alive, Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAA",
    "Accept: */*",
  ]
  const swapped = {
    target: "/y",
    headers: headOf(...lines).headers.map(({ name, value }) => [name, value] as const),
  }
  const written = (head: RequestHead, offers: boolean, headers = swapped.headers) =>
    passedHead(
      head,
      { target: "/y", headers: [...headers] },
      { ended: { host: "api.test", port: 8443 }, offers },
    ).toString("latin1")

  test("has no offer unless it is passed on", () => {
    expect(written(headOf(...lines), false)).toBe(
      "GET /y HTTP/1.1\r\nHOST: api.test\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n",
    )
    expect(written(headOf(...lines), true)).toContain("Upgrade: h2c\r\n")
  })

  test("has no Connection when nothing else was in it", () => {
    const [only] = ["GET /x HTTP/1.1"]
    const head = headOf(only ?? "", "Host: api.test", "Connection: Upgrade", "Upgrade: h2c")
    const headers = head.headers.map(({ name, value }) => [name, value] as const)
    expect(written(head, false, headers)).toBe("GET /y HTTP/1.1\r\nHost: api.test\r\n\r\n")
  })

  test("is the last one with a body that the server may leave unread", () => {
    const head = headOf("GET /x HTTP/1.1", "Host: api.test", "Content-Length: 4")
    expect(written(head, false, [["Content-Length", "4"]])).toBe(
      "GET /y HTTP/1.1\r\nContent-Length: 4\r\nConnection: close\r\n\r\n",
    )
  })

  test("names the host when the client did not", () => {
    expect(written(headOf("GET /x HTTP/1.0", "Accept: */*"), false, [["Accept", "*/*"]])).toBe(
      "GET /y HTTP/1.0\r\nAccept: */*\r\nHost: api.test:8443\r\n\r\n",
    )
  })
})

describe("what is judged of a head", () => {
  test("in origin form", () => {
    const asked = askedOf(headOf("GET /x?y HTTP/1.1", "Host: api.test:443", "A: b"))
    expect(asked).toEqual({
      method: "GET",
      target: "/x?y",
      authorities: [{ host: "api.test", port: 443 }],
      headers: [
        ["Host", "api.test:443"],
        ["A", "b"],
      ],
    })
  })

  test("in absolute form are both hosts, and the path", () => {
    const asked = askedOf(headOf("GET https://api.test/x?y HTTP/1.1", "Host: api.test"))
    expect(asked.target).toBe("/x?y")
    expect(asked.authorities.map(authority => authority?.host)).toEqual(["api.test", "api.test"])
  })

  test("of OPTIONS *, and without a Host", () => {
    expect(askedOf(headOf("OPTIONS * HTTP/1.1", "Host: api.test")).target).toBe("*")
    expect(askedOf(headOf("GET / HTTP/1.0")).authorities).toEqual([])
  })
})
