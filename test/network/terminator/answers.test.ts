import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { BadAnswer } from "../../../src/network/terminator/answer-head.ts"
import { type AnswerPart, AnswerReader } from "../../../src/network/terminator/answers.ts"

/** What comes of the bytes, as text; `finish` when the connection is over. */
function read(text: string, { method = "GET", size = text.length, finish = false } = {}): string[] {
  const reader = new AnswerReader()
  reader.expect(method)
  const parts: AnswerPart[] = []
  const bytes = Buffer.from(text, "latin1")
  for (let at = 0; at < bytes.length; at += size) {
    parts.push(...reader.push(bytes.subarray(at, at + size)))
    if (parts.at(-1)?.kind === "end") break
  }
  const last = finish ? reader.finish() : "idle"
  if (last === undefined) return [...parts.map(partText), "cut"]
  return [...parts, ...(last === "idle" ? [] : [last])].map(partText)
}

function partText(part: AnswerPart): string {
  switch (part.kind) {
    case "announcement":
      return `announcement ${part.head.status}`
    case "head":
      return `head ${part.head.status} ${part.body}`
    case "content":
      return `content ${part.bytes}`
    case "end":
      return ["end", ...part.trailers.map(field => field.join("="))].join(" ")
  }
}

/** Contents of one answer as one. */
function joined(parts: readonly string[]): string[] {
  const content = parts.filter(part => part.startsWith("content ")).map(part => part.slice(8))
  const others = parts.filter(part => !part.startsWith("content "))
  return content.length === 0
    ? others
    : [...others.slice(0, -1), `content ${content.join("")}`, ...others.slice(-1)]
}

const ok = "HTTP/1.1 200 OK\r\n"

describe("where an answer ends", () => {
  test.each([
    ["a length", `${ok}Content-Length: 5\r\n\r\nhello`, ["head 200 5", "content hello", "end"]],
    ["no content", `${ok}Content-Length: 0\r\n\r\n`, ["head 200 0", "end"]],
    [
      "the same length twice",
      `${ok}Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab`,
      ["head 200 2", "content ab", "end"],
    ],
    [
      "chunks",
      `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`,
      ["head 200 chunked", "content abc", "content de", "end"],
    ],
    [
      "chunks with extensions",
      `${ok}Transfer-Encoding: chunked\r\n\r\n3 ;a=b\r\nabc\r\n0;x\r\n\r\n`,
      ["head 200 chunked", "content abc", "end"],
    ],
    [
      "chunks with trailers",
      `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n`,
      ["head 200 chunked", "content a", "end X-A=1 X-B=2"],
    ],
    [
      "chunks with lines of line feeds",
      `${ok}Transfer-Encoding: gzip, chunked\n\n1\na\n0\n\n`,
      ["head 200 chunked", "content a", "end"],
    ],
    [
      "chunks beside a length",
      `${ok}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
      ["head 200 chunked", "content a", "end"],
    ],
    ["204", "HTTP/1.1 204 No Content\r\n\r\n", ["head 204 none", "end"]],
    ["304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", ["head 304 none", "end"]],
    [
      "announcements",
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nLink: x\r\n\r\n${ok}Content-Length: 0\r\n\r\n`,
      ["announcement 100", "announcement 103", "head 200 0", "end"],
    ],
    ["no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ["head 200 0", "end"]],
  ])("%s", (_, text, wanted) => {
    expect(joined(read(text))).toEqual(joined(wanted))
    for (const size of [1, 2, 3, 7]) expect(joined(read(text, { size }))).toEqual(joined(wanted))
  })

  test("to HEAD with its head", () => {
    expect(read(`${ok}Content-Length: 9\r\n\r\n`, { method: "HEAD" })).toEqual(["head 200 none", "end"])
    expect(read(`${ok}Transfer-Encoding: chunked\r\n\r\n`, { method: "HEAD" })).toEqual([
      "head 200 none",
      "end",
    ])
  })

  test("with the connection, when nothing else says", () => {
    const text = `${ok}\r\nall of it`
    expect(read(text, { finish: true })).toEqual(["head 200 rest", "content all of it", "end"])
    expect(read(`HTTP/1.0 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx`, { finish: true })).toEqual([
      "head 200 rest",
      "content x",
      "end",
    ])
  })

  test.each([
    ["within its content", `${ok}Content-Length: 9\r\n\r\nhel`],
    ["within a chunk", `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`],
    ["before the last chunk", `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n`],
    ["before its trailers end", `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: 1\r\n`],
    ["within its head", ok],
  ])("a connection that ends %s has cut it", (_, text) => {
    expect(read(text, { finish: true }).at(-1)).toBe("cut")
  })
})

test("a head or trailers that come byte by byte cost no more than they are long", () => {
  const lines = "A: b\n".repeat(45_000)
  for (const before of ["", "Transfer-Encoding: chunked\r\n\r\n0\r\n"]) {
    const reader = new AnswerReader()
    reader.expect("GET")
    reader.push(Buffer.from(`${ok}${before}${lines}`))
    const started = performance.now()
    const parts = [..."A: b\n".repeat(200), "\n"].flatMap(text => reader.push(Buffer.from(text)))
    expect(performance.now() - started).toBeLessThan(500)
    expect(parts.map(({ kind }) => kind)).toEqual([before === "" ? "head" : "end"])
  }
})

describe("what is no answer", () => {
  test.each([
    ["another protocol", "SSH-2.0-x\r\n\r\n"],
    ["HTTP/2 in words", "HTTP/2 200\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["two lengths", `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    ["a length that is none", `${ok}Content-Length: x\r\n\r\n`],
    ["a negative length", `${ok}Content-Length: -1\r\n\r\n`],
    ["a chunk size that is none", `${ok}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ["a chunk size beyond all measure", `${ok}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(20)}\r\n`],
    ["a chunk that is longer than it says", `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n`],
    ["a chunk size without end", `${ok}Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(5000)}`],
    ["a head without end", `${ok}${"X: y\r\n".repeat(50_000)}`],
    ["trailers without end", `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${"X: y\r\n".repeat(50_000)}`],
  ])("%s", (_, text) => {
    expect(() => read(text)).toThrow(BadAnswer)
  })

  test("what nobody asked for", () => {
    expect(() => new AnswerReader().push(Buffer.from(ok))).toThrow(BadAnswer)
    const reader = new AnswerReader()
    reader.expect("GET")
    reader.push(Buffer.from(`${ok}Content-Length: 0\r\n\r\nHTTP/1.1 408 Late\r\n`))
    expect(reader.hasUnasked).toBe(true)
  })
})

test("after 101 the bytes are of another protocol", () => {
  const reader = new AnswerReader()
  reader.expect("GET")
  const parts = reader.push(Buffer.from("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"))
  expect(parts.map(partText)).toEqual(["announcement 101"])
  expect(String(reader.unread())).toBe("\x81\x05hello")
  expect(reader.unread()).toHaveLength(0)
})

test("any bytes are parts of an answer, or none at all", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "HTTP/1.1 200 OK\r\n",
      "\r\n",
      "0\r\n",
      "5\r\nhello\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Content-Length: 3\r\n",
      "HTTP/1.1 100 x\r\n\r\n",
    ),
  )
  fc.assert(
    fc.property(fc.array(piece), pieces => {
      const reader = new AnswerReader()
      reader.expect("GET")
      try {
        for (const piece of pieces) reader.push(Buffer.from(piece))
        reader.finish()
      } catch (cause) {
        expect(cause).toBeInstanceOf(BadAnswer)
      }
    }),
    { numRuns: 2000 },
  )
})
