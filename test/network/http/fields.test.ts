import { describe, expect, test } from "bun:test"
import {
  bodyOf,
  fieldsMax,
  isHeadOnly,
  listOf,
  readFields,
  valuesOf,
} from "../../../src/network/http/fields.ts"

function fields(...lines: string[]) {
  const read = readFields(lines)
  if (typeof read === "string") throw new Error(read)
  return read
}

describe("a field", () => {
  test.each([
    ["Host: a.example", "Host", "a.example"],
    ["host:a.example", "host", "a.example"],
    ["X: \t a  b \t ", "X", "a  b"],
    ["X:", "X", ""],
    ["X: :", "X", ":"],
    ["x-!#$%&'*+.^_`|~: 1", "x-!#$%&'*+.^_`|~", "1"],
    ["X: caf\xe9 \xa0", "X", "caf\xe9 \xa0"],
    ["X: a\tb", "X", "a\tb"],
  ])("%j", (line, name, value) => expect(fields(line)).toEqual([{ name, value }]))

  test.each([
    ["Host : a.example", "a space before the colon"],
    ["Host\t: a.example", "a tab before the colon"],
    [" Host: a.example", "a space at the start"],
    ["\tfolded", "a tab at the start"],
    ["Host", "no colon"],
    [": a", "no name"],
    ["", "nothing"],
    ["Ho st: a", "a space in the name"],
    ["Ho(st: a", "a bracket in the name"],
    ["H\xf6st: a", "a letter beyond ASCII in the name"],
    ["X: a\0b", "a zero byte"],
    ["X: a\rb", "a carriage return"],
    ["X: a\nb", "a line feed"],
    ["X: a\x0bb", "a vertical tab"],
    ["X: a\x7fb", "a delete character"],
    ["X: \x1b[31m", "an escape sequence"],
  ])("%j is none: %s", line => expect(readFields([line])).toBeString())

  test(`at most ${fieldsMax} of them`, () => {
    const lines = Array.from({ length: fieldsMax }, () => "X: 1")
    expect(readFields(lines)).toHaveLength(fieldsMax)
    expect(readFields([...lines, "X: 1"])).toBeString()
  })

  test("a value of spaces takes no longer than one of letters", () => {
    const [first] = fields(`X: a${" ".repeat(1_000_000)}b${" ".repeat(1_000_000)}`)
    expect(first?.value).toHaveLength(1_000_002)
  })
})

test("values and lists are found whatever the case of the name, in order", () => {
  const all = fields("Via: a", "Connection: Keep-Alive ,\t Upgrade", "via: b", "CONNECTION:,x,,")
  expect(valuesOf(all, "via")).toEqual(["a", "b"])
  expect(listOf(all, "connection")).toEqual(["keep-alive", "upgrade", "x"])
  expect(valuesOf(all, "none")).toEqual([])
})

describe("the body", () => {
  const body = (...lines: string[]) => bodyOf(fields(...lines), "1.1")

  test("reaches as far as the fields say", () => {
    expect(body()).toEqual({ kind: "none" })
    expect(body("Content-Length: 0")).toEqual({ kind: "length", bytes: 0 })
    expect(body("content-length:  42 ")).toEqual({ kind: "length", bytes: 42 })
    expect(body("Content-Length: 999999999999999")).toEqual({ kind: "length", bytes: 999_999_999_999_999 })
    expect(body("Transfer-Encoding: chunked")).toEqual({ kind: "chunked" })
    expect(body("transfer-encoding:Chunked")).toEqual({ kind: "chunked" })
    expect(bodyOf(fields("Content-Length: 1"), "1.0")).toEqual({ kind: "length", bytes: 1 })
  })

  test.each([
    ["both", ["Content-Length: 5", "Transfer-Encoding: chunked"]],
    ["both, the other way round", ["Transfer-Encoding: chunked", "Content-Length: 5"]],
    ["both, of which one is empty", ["Content-Length:", "Transfer-Encoding: chunked"]],
    ["two lengths", ["Content-Length: 5", "Content-Length: 6"]],
    ["two lengths that are the same", ["Content-Length: 5", "content-length: 5"]],
    ["a list of lengths", ["Content-Length: 5, 5"]],
    ["an empty length", ["Content-Length:"]],
    ["a sign", ["Content-Length: +5"]],
    ["a negative one", ["Content-Length: -1"]],
    ["a fraction", ["Content-Length: 5.0"]],
    ["a hexadecimal one", ["Content-Length: 0x5"]],
    ["a power of ten", ["Content-Length: 1e3"]],
    ["a zero before it", ["Content-Length: 05"]],
    ["something after it", ["Content-Length: 5 b"]],
    ["digits of another script", ["Content-Length: \xb2"]],
    ["more than anybody has", ["Content-Length: 1000000000000000"]],
    ["more than a number holds", ["Content-Length: 99999999999999999999999"]],
    ["two codings", ["Transfer-Encoding: gzip, chunked"]],
    ["two fields of codings", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
    ["identity", ["Transfer-Encoding: identity"]],
    ["chunked, and then another", ["Transfer-Encoding: chunked, identity"]],
    ["nearly chunked", ["Transfer-Encoding: xchunked"]],
    ["chunked in quotes", ['Transfer-Encoding: "chunked"']],
    ["chunked with a parameter", ["Transfer-Encoding: chunked;q=1"]],
    ["chunked with a comma", ["Transfer-Encoding: ,chunked"]],
    ["chunked with a space that is none", ["Transfer-Encoding: \xa0chunked"]],
    ["an empty coding", ["Transfer-Encoding:"]],
  ])("nobody can tell where it ends: %s", (_, lines) => {
    expect(body(...lines)).toBeString()
  })

  test("HTTP/1.0 knows no codings", () => {
    expect(bodyOf(fields("Transfer-Encoding: chunked"), "1.0")).toBeString()
  })
})

test("what steers a request stands in its head alone", () => {
  for (const name of [
    "Host",
    "content-length",
    "AUTHORIZATION",
    "Proxy-Authorization",
    "te",
    "X-HTTP-Method",
    "x-rewrite-url",
  ])
    expect(isHeadOnly(name)).toBe(true)
  for (const name of [
    "grpc-status",
    "digest",
    "x-host",
    "authorization-info",
    "x-http-method-overridden",
    "",
  ])
    expect(isHeadOnly(name)).toBe(false)
})
