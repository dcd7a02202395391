import { describe, expect, test } from "bun:test"
import { ChunkedReader, type ChunkedState } from "../../../src/network/http/chunks.ts"
import { text } from "../../support/http-actions.ts"

type Read = { state: ChunkedState["kind"]; passed: string; data: string; trailers: string[]; rest: string }

/** What pieces come to, in all. */
function read(...pieces: string[]): Read {
  const reader = new ChunkedReader()
  const all: Read = { state: "more", passed: "", data: "", trailers: [], rest: "" }
  for (const piece of pieces) {
    if (all.state !== "more") {
      if (all.state === "end") all.rest += piece
      continue
    }
    const { passed, data, state } = reader.push(Buffer.from(piece, "latin1"))
    all.passed += passed.map(text).join("")
    all.data += data.map(text).join("")
    all.state = state.kind
    if (state.kind === "end") {
      all.trailers = state.trailers.map(({ name, value }) => `${name}: ${value}`)
      all.rest = text(state.rest)
    }
  }
  return all
}

/** In one piece, in two cut at every place, and byte by byte: always the same. */
function readAll(whole: string): Read {
  const once = read(whole)
  for (let at = 0; at <= whole.length; at++) expect(read(whole.slice(0, at), whole.slice(at))).toEqual(once)
  expect(read(...whole)).toEqual(once)
  return once
}

describe("a chunked body", () => {
  test.each([
    ["no chunk", "0\r\n\r\n", "", []],
    ["one", "5\r\nhello\r\n0\r\n\r\n", "hello", []],
    ["more", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc", []],
    [
      "sizes in every spelling",
      "A\r\n0123456789\r\n00b\r\n0123456789a\r\n00\r\n\r\n",
      "01234567890123456789a",
      [],
    ],
    ["chunks that look like a frame", "9\r\n0\r\n\r\n0\r\n\r\r\n0\r\n\r\n", "0\r\n\r\n0\r\n\r", []],
    ["extensions", '5;a=b;c="d ; \t"\r\nhello\r\n0;last\r\n\r\n', "hello", []],
    ["trailers", "0\r\nX: y\r\nz:\r\n\r\n", "", ["X: y", "z: "]],
  ])("of %s", (_, whole, data, trailers) => {
    expect(readAll(whole)).toEqual({ state: "end", passed: whole, data, trailers, rest: "" })
    expect(readAll(`${whole}GET / `)).toEqual({ state: "end", passed: whole, data, trailers, rest: "GET / " })
  })

  test.each([
    "",
    "5",
    "5\r",
    "5\r\n",
    "5\r\nhel",
    "5\r\nhello",
    "5\r\nhello\r",
    "5\r\nhello\r\n",
    "5;a",
    "0\r\n",
    "0\r\n\r",
    "0\r\nX: y\r\n",
  ])("%j has not ended", whole => expect(readAll(whole).state).toBe("more"))

  test("large chunks are passed over, not looked at", () => {
    const reader = new ChunkedReader()
    reader.push(Buffer.from("fffffffff\r\n"))
    const piece = Buffer.alloc(1024 * 1024)
    const { passed, data } = reader.push(piece)
    expect(
      [passed, data].map(pieces => pieces.map(({ buffer, length }) => [buffer === piece.buffer, length])),
    ).toEqual([[[true, piece.length]], [[true, piece.length]]])
  })
})

describe("what two servers could read differently", () => {
  test.each([
    ["\r\nhello", "no size"],
    [";a\r\n", "no size before an extension"],
    ["-5\r\nhello", "a sign"],
    ["+5\r\nhello", "a sign, too"],
    ["0x5\r\nhello", "a size in C's spelling"],
    ["5 \r\nhello", "a space after the size"],
    [" 5\r\nhello", "a space before the size"],
    ["5 ;a\r\nhello", "a space before an extension"],
    ["5\t\r\nhello", "a tab after the size"],
    ["5g\r\nhello", "a digit that is none"],
    ["5\nhello", "a line feed alone"],
    ["5\rhello", "a carriage return alone"],
    ["5\r\r\nhello", "two carriage returns"],
    ["5;a\nhello", "a line feed alone after an extension"],
    ["5;a\rb\r\nhello", "a carriage return within an extension"],
    ["5;a\0\r\nhello", "a zero byte within an extension"],
    ["5;\x7f\r\nhello", "a control character within an extension"],
    ["5\r\nhelloX\r\n", "a chunk that is longer than it says"],
    ["5\r\nhello\n0\r\n", "a line feed alone after a chunk"],
    ["5\r\nhello\rX", "a carriage return alone after a chunk"],
    ["5\r\nhel\r\n0\r\n\r\n", "a chunk that is shorter than it says"],
    ["123456789abc\r\n", "a size of twelve digits"],
    ["000000000005\r\nhello", "the same, of zeros"],
    ["ffffffffffffffff1\r\nhello", "a size that is 1 to some"],
    ["0\r\nX : y\r\n\r\n", "a trailer with a space before its colon"],
    ["0\r\nX: y\n\r\n", "a trailer with a line feed alone"],
    ["0\r\n folded\r\n\r\n", "a trailer that is folded"],
    ["0\r\nX\r\n\r\n", "a trailer without a colon"],
    ["0\r\nGET / HTTP/1.1\r\n\r\n", "a request for a trailer"],
    ["0\r\nHost: b.example\r\n\r\n", "a Host for a trailer"],
    ["0\r\ncontent-length: 5\r\n\r\n", "a length for a trailer"],
    ["0\r\nTransfer-Encoding: chunked\r\n\r\n", "a coding for a trailer"],
    ["0\r\nX: y\r\nAuthorization: Bearer x\r\n\r\n", "a credential for a trailer"],
    ["0\r\nX-HTTP-Method-Override: DELETE\r\n\r\n", "another method for a trailer"],
    ["0\r\nX-Original-URL: /admin\r\n\r\n", "another path for a trailer"],
    ["0\r\nX_ORIGINAL_URL: /admin\r\n\r\n", "the same as programs behind CGI would read it"],
  ])("%j: %s", whole => {
    const { state, passed } = readAll(whole)
    expect(state).toBe("malformed")
    // What was passed on before is the beginning of what came: nothing that was objected to.
    expect(whole.startsWith(passed)).toBe(true)
    expect(passed.length).toBeLessThan(whole.length)
  })

  test("trailers are passed on whole, or not at all", () => {
    expect(readAll("0\r\nX: y\r\nHost: b.example\r\n\r\n").passed).toBe("0\r\n")
    expect(readAll("0\r\nX: y\r\n").passed).toBe("0\r\n")
  })
})

describe("too large", () => {
  test("an extension of more than 1,024 bytes", () => {
    expect(read(`0;${"x".repeat(1024)}\r\n\r\n`).state).toBe("end")
    expect(read(`0;${"x".repeat(1025)}\r\n\r\n`).state).toBe("malformed")
    // Each chunk may have one of its own.
    expect(read(`${`1;${"x".repeat(1000)}\r\na\r\n`.repeat(5)}0\r\n\r\n`).state).toBe("end")
  })

  test("trailers of more than 16 KiB", () => {
    const trailers = (length: number) => `0\r\nX: ${"x".repeat(length - "X: \r\n\r\n".length)}\r\n\r\n`
    expect(read(trailers(16 * 1024)).state).toBe("end")
    expect(read(trailers(16 * 1024 + 1)).state).toBe("too large")
    expect(read(trailers(16 * 1024 + 1)).passed).toBe("0\r\n")
  })
})
