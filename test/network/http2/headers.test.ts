import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { Header } from "../../../src/network/credentials/swap.ts"
import {
  BadHeaders,
  encodeHeaders,
  HeaderDecoder,
  listBytesMax,
  tableBytesMax,
} from "../../../src/network/http2/headers.ts"

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex")

describe("RFC 7541, appendix C", () => {
  test("C.2: one header in each form", () => {
    expect(new HeaderDecoder().decode(bytes("400a637573746f6d2d6b65790d637573746f6d2d686561646572"))).toEqual(
      [["custom-key", "custom-header"]],
    )
    expect(new HeaderDecoder().decode(bytes("040c2f73616d706c652f70617468"))).toEqual([
      [":path", "/sample/path"],
    ])
    expect(new HeaderDecoder().decode(bytes("100870617373776f726406736563726574"))).toEqual([
      ["password", "secret"],
    ])
    expect(new HeaderDecoder().decode(bytes("82"))).toEqual([[":method", "GET"]])
  })

  const requests: Header[][] = [
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
    ],
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
      ["cache-control", "no-cache"],
    ],
    [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      [":authority", "www.example.com"],
      ["custom-key", "custom-value"],
    ],
  ]

  test.each([
    [
      "C.3: without",
      [
        "828684410f7777772e6578616d706c652e636f6d",
        "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
      ],
    ],
    [
      "C.4: with",
      [
        "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        "828684be5886a8eb10649cbf",
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
      ],
    ],
  ])("%s the Huffman code, three requests that fill one table", (_, blocks) => {
    const decoder = new HeaderDecoder()
    expect(blocks.map(block => decoder.decode(bytes(block)))).toEqual(requests)
  })
})

describe("the table", () => {
  const named = (name: string, value: string) =>
    Buffer.concat([
      bytes("40"),
      Buffer.from([name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ])

  test("forgets the oldest when it is full", () => {
    const decoder = new HeaderDecoder()
    // Each is 32 + 8 + 100 bytes: 29 of them fit.
    const fits = Math.floor(tableBytesMax / 140)
    for (let index = 0; index <= fits; index++)
      decoder.decode(named(`name-${String(index).padStart(3, "0")}`, "v".repeat(100)))
    expect(decoder.decode(Buffer.from([0x80 | 62]))[0]?.[0]).toBe(`name-${String(fits).padStart(3, "0")}`)
    expect(decoder.decode(Buffer.from([0x80 | (61 + fits)]))[0]?.[0]).toBe("name-001")
    expect(() => decoder.decode(Buffer.from([0x80 | (62 + fits)]))).toThrow(BadHeaders)
  })

  test("is emptied by a header that is larger than it", () => {
    const decoder = new HeaderDecoder()
    decoder.decode(named("small", "x"))
    const long = "v".repeat(5000)
    const block = Buffer.concat([bytes("40 01 61 7f 89 26"), Buffer.from(long)])
    expect(decoder.decode(block)).toEqual([["a", long]])
    expect(() => decoder.decode(bytes("be"))).toThrow(BadHeaders)
  })

  test("becomes as small as the other side says", () => {
    const decoder = new HeaderDecoder()
    decoder.decode(named("small", "x"))
    expect(decoder.decode(bytes("be"))).toEqual([["small", "x"]])
    decoder.decode(bytes("20"))
    expect(() => decoder.decode(bytes("be"))).toThrow(BadHeaders)
    decoder.decode(bytes("3fe11f"))
    decoder.decode(named("again", "x"))
    expect(decoder.decode(bytes("be"))).toEqual([["again", "x"]])
  })
})

describe("what means nothing", () => {
  test.each([
    ["header number 0", "80"],
    ["a number that nothing has", "be"],
    ["a number far beyond", "ffffffff7f"],
    ["a number without end", "ffffffffffffffff"],
    ["a number that is cut", "ff"],
    ["a text that is cut", "40 05 61 62"],
    ["a text longer than the block", "40 7f ff ff 03 61"],
    ["a name without a value", "40 01 61"],
    ["Huffman code that is none", "40 81 00 01 61"],
    ["a table larger than what was offered", "3fe21f"],
    ["a table size behind a header", "82 20"],
    ["nothing behind the mark of a new name", "40"],
  ])("%s is refused", (_, hex) => {
    expect(() => new HeaderDecoder().decode(bytes(hex))).toThrow(BadHeaders)
  })

  test("a small block that stands for a large list is refused: 4 KiB in the table, repeated", () => {
    const decoder = new HeaderDecoder()
    decoder.decode(Buffer.concat([bytes("40 01 61 7f 81 1e"), Buffer.from("v".repeat(3968))]))
    const few = Math.floor(listBytesMax / (3968 + 33))
    expect(decoder.decode(Buffer.alloc(few, 0xbe))).toHaveLength(few)
    expect(() => decoder.decode(Buffer.alloc(few + 1, 0xbe))).toThrow("64 KiB")
  })

  test("any bytes are headers or refused, and nothing else", () => {
    const decoder = new HeaderDecoder()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), block => {
        try {
          for (const [name, value] of decoder.decode(block)) expect(typeof (name + value)).toBe("string")
        } catch (cause) {
          expect(cause).toBeInstanceOf(BadHeaders)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe("encoded headers", () => {
  const text = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)),
    maxLength: 400,
  })

  test("are what they were when they are decoded, at any place of a connection", () => {
    const decoder = new HeaderDecoder()
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 20 }), headers => {
        expect(decoder.decode(encodeHeaders(headers))).toEqual(headers)
      }),
      { numRuns: 500 },
    )
  })

  test("fill no table, so that no secret stays in one", () => {
    const decoder = new HeaderDecoder()
    decoder.decode(encodeHeaders([["authorization", "Bearer secret"]]))
    expect(() => decoder.decode(bytes("be"))).toThrow(BadHeaders)
    // 0x10: never to be put in one, neither by whom they are passed on (section 6.2.3).
    expect(encodeHeaders([["x-key", "secret"]])[1]).toBe(0x10)
  })

  test("have numbers for what the static table has whole, and for its names", () => {
    expect(encodeHeaders([[":method", "GET"]]).toString("hex")).toBe("2082")
    expect(encodeHeaders([[":status", "403"]]).toString("hex")).toBe(
      `2018${"03"}${Buffer.from("403").toString("hex")}`,
    )
  })

  test("of any length", () => {
    for (const length of [0, 126, 127, 128, 254, 255, 16_383, 16_384, 60_000]) {
      const headers: Header[] = [["x", "v".repeat(length)]]
      expect(new HeaderDecoder().decode(encodeHeaders(headers))).toEqual(headers)
    }
  })
})
