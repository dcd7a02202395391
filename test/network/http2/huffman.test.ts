import { describe, expect, test } from "bun:test"
import { decodeHuffman } from "../../../src/network/http2/huffman.ts"

const decode = (hex: string) => decodeHuffman(Buffer.from(hex, "hex"))

describe("RFC 7541, appendix C", () => {
  test.each([
    ["f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"],
    ["a8eb10649cbf", "no-cache"],
    ["25a849e95ba97d7f", "custom-key"],
    ["25a849e95bb8e8b4bf", "custom-value"],
    ["6402", "302"],
    ["aec3771a4b", "private"],
    ["d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"],
    ["9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"],
    ["640eff", "307"],
    ["9bd9ab", "gzip"],
    [
      "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
      "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ],
    ["", ""],
  ])("%s is %s", (hex, text) => {
    expect(decode(hex)).toBe(text)
  })
})

/** The code of each byte, found by asking: eight of them fill whole bytes, so that there is no padding. */
function codes(): Map<number, string> {
  const found = new Map<number, string>()
  const follow = (code: string) => {
    if (code.length > 30) return
    const bits = code.repeat(8).match(/.{8}/g) ?? []
    const text = decodeHuffman(Buffer.from(bits.map(byte => Number.parseInt(byte, 2))))
    if (text?.length === 8 && new Set(text).size === 1) found.set(text.charCodeAt(0), code)
    else {
      follow(`${code}0`)
      follow(`${code}1`)
    }
  }
  follow("0")
  follow("1")
  return found
}

test("every byte has a code, and the codes fill all that there is but the end-of-string symbol", () => {
  const all = codes()
  expect(all.size).toBe(256)
  const filled = [...all.values()].reduce((sum, code) => sum + 2 ** (30 - code.length), 0)
  expect(filled + 1).toBe(2 ** 30)
})

describe("what no encoder writes is refused", () => {
  test.each([
    ["the end-of-string symbol", "ffffffff"],
    ["padding of a whole byte", "f1e3c2e5f23a6ba0ab90f4ffff"],
    ["the beginning of a long code", "fffffe"],
    ["zeros as padding", "18"],
  ])("%s", (_, hex) => {
    expect(decode(hex)).toBeUndefined()
  })
})
