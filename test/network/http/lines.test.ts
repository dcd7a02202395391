import { describe, expect, test } from "bun:test"
import { LineReader, type Lines } from "../../../src/network/http/lines.ts"

function read(text: string, { bytesMax = 1000, emptyMax = 0 } = {}): Lines {
  return new LineReader({ bytesMax, emptyMax }).push(Buffer.from(text, "latin1"))
}

/** The same, byte by byte, until there is something. */
function readSlowly(text: string, { bytesMax = 1000, emptyMax = 0 } = {}): Lines {
  const reader = new LineReader({ bytesMax, emptyMax })
  for (const byte of Buffer.from(text, "latin1")) {
    const lines = reader.push(Uint8Array.of(byte))
    if (lines.kind !== "more") return lines
  }
  return { kind: "more" }
}

describe("lines up to the empty one", () => {
  test.each([
    ["\r\n", []],
    ["a\r\n\r\n", ["a"]],
    ["a\r\nb: c\r\n\r\nrest\r\n", ["a", "b: c"]],
    ["\xff\0\r\n\r\n", ["\xff\0"]],
  ])("%j", (text, lines) => {
    const length = text.length - (text.endsWith("rest\r\n") ? 6 : 0)
    expect(read(text)).toEqual({ kind: "lines", lines, length })
    expect(readSlowly(text)).toEqual({ kind: "lines", lines, length })
  })

  test.each(["", "a", "a\r", "a\r\n", "a\r\n\r", "\r"])("%j: not yet", text => {
    expect(read(text)).toEqual({ kind: "more" })
    expect(readSlowly(text)).toEqual({ kind: "more" })
  })

  test.each([
    ["a\n", "a line feed alone"],
    ["\n", "a line feed alone, at the start"],
    ["a\r\n\n", "a line feed alone for the empty line"],
    ["a\r\nb\nc\r\n\r\n", "a line feed alone in the middle"],
    ["a\rb\r\n\r\n", "a carriage return alone"],
    ["a\r\r\n\r\n", "two carriage returns"],
    ["a\r\n\r\r\n\r\n", "two carriage returns for the empty line"],
  ])("%j: %s", text => {
    expect(read(text).kind).toBe("malformed")
    expect(readSlowly(text).kind).toBe("malformed")
  })
})

describe("empty lines before the first one", () => {
  test("as many as are passed over", () => {
    const bounds = { emptyMax: 2 }
    expect(read("\r\n\r\na\r\n\r\n", bounds)).toEqual({ kind: "lines", lines: ["a"], length: 9 })
    expect(readSlowly("\r\n\r\na\r\n\r\n", bounds)).toEqual({ kind: "lines", lines: ["a"], length: 9 })
    expect(read("\r\n\r\n", bounds)).toEqual({ kind: "more" })
  })

  test("one more is the empty one", () => {
    expect(read("\r\n\r\n\r\na\r\n", { emptyMax: 2 })).toEqual({ kind: "lines", lines: [], length: 6 })
  })

  test("those after it are what they are", () => {
    expect(read("\r\na\r\n\r\nb", { emptyMax: 2 })).toEqual({ kind: "lines", lines: ["a"], length: 7 })
  })
})

describe("no more than so many bytes", () => {
  test("with the empty line", () => {
    expect(read("12345678\r\n\r\n", { bytesMax: 12 }).kind).toBe("lines")
    expect(read("123456789\r\n\r\n", { bytesMax: 12 }).kind).toBe("too large")
    expect(readSlowly("123456789\r\n\r\n", { bytesMax: 12 }).kind).toBe("too large")
    expect(read("12345678\r\n\r\nmuch more that belongs to nobody", { bytesMax: 12 }).kind).toBe("lines")
  })

  test("are kept", () => {
    const reader = new LineReader({ bytesMax: 10, emptyMax: 0 })
    reader.push(Buffer.from("12345"))
    expect(reader.push(Buffer.alloc(1_000_000, "x")).kind).toBe("too large")
    expect(reader.bytes.length).toBe(11)
  })
})

test("the first line is there before it has ended", () => {
  const reader = new LineReader({ bytesMax: 100, emptyMax: 1 })
  const seen: [string, boolean, boolean][] = []
  for (const piece of ["\r", "\n", "GE", "T", "\r", "\nx", "\r\n"]) {
    reader.push(Buffer.from(piece))
    const { text, ended } = reader.firstLine()
    seen.push([text, ended, reader.firstLineEnded])
  }
  expect(seen).toEqual([
    ["\r", false, false],
    ["", false, false],
    ["GE", false, false],
    ["GET", false, false],
    ["GET\r", false, false],
    ["GET", true, true],
    ["GET", true, true],
  ])
})
