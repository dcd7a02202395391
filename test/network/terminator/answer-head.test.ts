import { describe, expect, test } from "bun:test"
import {
  BadAnswer,
  bodyOf,
  endOfHead,
  fieldsOf,
  readHead,
} from "../../../src/network/terminator/answer-head.ts"

describe("a head", () => {
  test("is a line and fields", () => {
    expect(readHead("HTTP/1.1 404 Not Found\r\nA: 1\r\nB:2 \r\n\r\n")).toEqual({
      version: "HTTP/1.1",
      status: 404,
      reason: "Not Found",
      headers: [
        ["A", "1"],
        ["B", "2"],
      ],
    })
  })

  test.each(["", "HTTP/1.1", "HTTP/1.1 20 x", "HTTP/2.0 200 OK", "http/1.1 200 OK", " HTTP/1.1 200 OK"])(
    "%j is none",
    text => {
      expect(() => readHead(text)).toThrow(BadAnswer)
    },
  )
})

describe("fields", () => {
  test.each<[string, string[], [string, string][]]>([
    ["that go on in the next line are joined", ["A: 1", "  2", "\t3"], [["A", "1 2 3"]]],
    ["that are none are left out", ["no colon", ": no name", "a b: c", "X: ok"], [["X", "ok"]]],
    ["with a carriage return or a NUL too", ["A: 1\rB: 2", "C: \0", "D: 4"], [["D", "4"]]],
    [
      "may be empty",
      ["A:", "B: "],
      [
        ["A", ""],
        ["B", ""],
      ],
    ],
    ["may hold colons", ["A: b:c"], [["A", "b:c"]]],
  ])("%s", (_, lines, wanted) => {
    expect(fieldsOf(lines)).toEqual(wanted)
  })

  test("of spaces cost no more than they are long", () => {
    const long = `A: ${" ".repeat(200_000)}x`
    expect(fieldsOf([long])).toEqual([["A", "x"]])
  })

  test("of many lines likewise", () => {
    const started = performance.now()
    const lines = ["A: b", ...Array.from({ length: 85_000 }, () => " c"), " ", "B: d"]
    expect(fieldsOf(lines)).toEqual([
      ["A", `b${" c".repeat(85_000)}`],
      ["B", "d"],
    ])
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe("the end of a head", () => {
  test.each([
    ["A\r\n\r\nB", 5],
    ["A\n\nB", 3],
    ["A\n\r\nB", 4],
    ["A\r\nB\r\n", undefined],
    ["", undefined],
    ["A\r\n\r", undefined],
  ])("of %j is at %p", (text, end) => {
    expect(endOfHead(Buffer.from(text))).toBe(end as number)
  })
})

describe("a body", () => {
  const head = (headers: [string, string][], status = 200) => ({
    version: "HTTP/1.1",
    status,
    reason: "",
    headers,
  })

  test.each<[string, [string, string][], number, string | number]>([
    ["of a length", [["content-length", "5"]], 200, 5],
    ["of chunks", [["TRANSFER-ENCODING", "gzip, Chunked"]], 200, "chunked"],
    ["of another coding", [["Transfer-Encoding", "chunked, gzip"]], 200, "rest"],
    ["of nothing said", [], 200, "rest"],
    ["of 204", [["content-length", "5"]], 204, "none"],
    ["of 304", [], 304, "none"],
  ])("%s", (_, headers, status, wanted) => {
    expect(bodyOf(head(headers, status), "GET")).toBe(wanted as number)
  })

  test("of HEAD is none", () => {
    expect(bodyOf(head([["content-length", "5"]]), "HEAD")).toBe("none")
  })

  test.each([["1, 2"], ["1x"], [""], ["9".repeat(16)]])("of length %j nobody can tell", length => {
    expect(() => bodyOf(head([["content-length", length]]), "GET")).toThrow(BadAnswer)
  })
})
