import { expect, test } from "bun:test"
import { chunkOf, Exchange } from "../../../src/network/terminator/exchange.ts"
import { bearer, placeholder, recordText, secret } from "../../support/ended-host.ts"

const exchange = (swaps = [bearer]) => new Exchange({ method: "GET", path: "/x", rule: "a rule", swaps })
const head = (headers: [string, string][] = [], status = 200) => ({
  version: "HTTP/1.1",
  status,
  reason: "OK",
  headers,
})

test("a chunk has its length in front", () => {
  expect(String(chunkOf(Buffer.from("hello")))).toBe("5\r\nhello\r\n")
  expect(String(chunkOf(Buffer.alloc(255, "x")))).toStartWith("ff\r\nxxx")
})

test("an empty chunk is none: it would be the last", () => {
  expect(chunkOf(Buffer.alloc(0))).toHaveLength(0)
})

test("a head is written as it was read, in its case and order", () => {
  expect(
    String(
      exchange().head(
        head([
          ["X-B", "1"],
          ["a", "2"],
        ]),
        "none",
      ),
    ),
  ).toBe("HTTP/1.1 200 OK\r\nX-B: 1\r\na: 2\r\n\r\n")
})

test("a secret that the server repeats beside the status is the placeholder inside", () => {
  const said = exchange().head({ ...head([], 401), reason: `no such token: ${secret}` }, "none")
  expect(String(said)).toBe(`HTTP/1.1 401 no such token: ${placeholder}\r\n\r\n`)
})

test("bytes beyond ASCII stay single bytes", () => {
  expect(
    exchange()
      .head(head([["x", "\xe9"]]), "none")
      .includes(0xe9),
  ).toBe(true)
})

test("content of a length is passed as it is, of chunks in chunks", () => {
  const plain = exchange([])
  plain.head(head(), 5)
  expect(String(plain.content(Buffer.from("hello")))).toBe("hello")
  expect(String(plain.end([]))).toBe("")
  const chunked = exchange([])
  chunked.head(head(), "chunked")
  expect(String(chunked.content(Buffer.from("hello")))).toBe("5\r\nhello\r\n")
  expect(String(chunked.end([["X-T", "1"]]))).toBe("0\r\nX-T: 1\r\n\r\n")
})

test("what was held back at the end of chunks comes before the last one", () => {
  const chunked = exchange()
  chunked.head(head(), "chunked")
  expect(chunked.content(Buffer.from(secret.slice(0, 12)))).toHaveLength(0)
  expect(String(chunked.end([]))).toBe(`c\r\n${secret.slice(0, 12)}\r\n0\r\n\r\n`)
})

test("secrets that come back are placeholders, in plain content and in headers", () => {
  const echo = exchange()
  expect(String(echo.head(head([["x", secret]]), 22))).toContain(`x: ${placeholder}`)
  expect(String(echo.content(Buffer.from(secret)))).toBe(placeholder)
  const encoded = exchange()
  encoded.head(head([["Content-Encoding", "br"]]), 22)
  expect(String(encoded.content(Buffer.from(secret)))).toBe(secret)
})

test("an announcement is no answer", () => {
  const early = exchange()
  early.head(head([], 103), undefined)
  expect(early.isAnswered).toBe(false)
  early.head(head(), "none")
  expect(early.isAnswered).toBe(true)
})

test("what is recorded is what happened", () => {
  const done = exchange()
  done.sent = 12
  done.head(head([], 404), 5)
  done.content(Buffer.from("hello"))
  expect(done.record()).toMatchObject({ rule: "a rule", sent: 12, received: 5 })
  expect(recordText(done.record())).toBe("GET /x 404 allow")
  expect(done.method).toBe("GET")
})
