/** Lines from somebody who may never end one. */
import { describe, expect, test } from "bun:test"
import * as fc from "fast-check"
import { BoundedLines } from "../../src/base/bounded-lines.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

/** All lines of a text that comes in pieces. */
function linesOf(pieces: readonly string[], most = 100): string[] {
  const lines = new BoundedLines(most)
  return pieces.flatMap(piece => lines.push(bytes(piece)))
}

describe("lines", () => {
  test.each([
    [["a\nb\n"], ["a", "b"]],
    [
      ["a", "b\nc", "\n"],
      ["ab", "c"],
    ],
    [["\n\n"], ["", ""]],
    [["a\r\n"], ["a\r"]],
    [["a"], []],
    [[""], []],
    [
      ["", "a\n", "", "b", "\n"],
      ["a", "b"],
    ],
  ])("of %j are %j", (pieces, lines) => {
    expect(linesOf(pieces)).toEqual(lines)
  })

  test("are the same however the bytes are cut, characters of several bytes too", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme" }).map(text => text.replaceAll("\n", ""))),
        fc.array(fc.nat({ max: 200 })),
        (texts, cuts) => {
          const all = bytes(texts.map(text => `${text}\n`).join(""))
          const places = [0, ...cuts.map(cut => cut % (all.length + 1)).sort((a, b) => a - b), all.length]
          const lines = new BoundedLines(10_000)
          const found = places.slice(1).flatMap((to, index) => lines.push(all.subarray(places[index], to)))
          expect(found).toEqual(texts)
        },
      ),
    )
  })

  test.each([
    ["Uint8Array", bytes("first")],
    ["Buffer", Buffer.from("first")],
  ])("do not change when the %s that they came in is used again", (_, chunk) => {
    const lines = new BoundedLines(100)
    lines.push(chunk)
    chunk.fill(120)
    expect(lines.push(bytes("\n"))).toEqual(["first"])
  })

  test("of bytes that are no UTF-8 are lines all the same", () => {
    expect(new BoundedLines(10).push(Uint8Array.of(0xff, 10))).toEqual(["\ufffd"])
  })
})

describe("the bound", () => {
  test("lets a line of just that length pass, and leaves out a longer one", () => {
    const lines = new BoundedLines(3)
    expect(lines.push(bytes("abc\nabcd\nab\n"))).toEqual(["abc", "ab"])
    expect(lines.tooLong).toBe(1)
  })

  test("is about bytes, not about characters", () => {
    expect(linesOf(["é\n"], 1)).toEqual([])
    expect(linesOf(["é\n"], 2)).toEqual(["é"])
  })

  test("is noticed while the line goes on, and holds however it comes", () => {
    const lines = new BoundedLines(3)
    lines.push(bytes("abc"))
    expect(lines.isOverfull).toBe(false)
    lines.push(bytes("d"))
    expect(lines.isOverfull).toBe(true)
    expect(lines.push(bytes("e\nok\n"))).toEqual(["ok"])
    expect([lines.isOverfull, lines.tooLong]).toEqual([false, 1])
  })

  test("keeps memory: of a line without end nothing is held", () => {
    const lines = new BoundedLines(1000)
    const before = process.memoryUsage.rss()
    const chunk = new Uint8Array(1 << 20).fill(97)
    for (let count = 0; count < 500; count++) lines.push(chunk)
    expect(lines.isOverfull).toBe(true)
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 << 20)
  })
})

describe("the rest", () => {
  test("is what has no line break yet", () => {
    const lines = new BoundedLines(10)
    lines.push(bytes("a\nb"))
    expect(lines.rest()).toBe("b")
    expect(lines.rest()).toBeUndefined()
  })

  test("is nothing when it is too long", () => {
    const lines = new BoundedLines(1)
    lines.push(bytes("ab"))
    expect(lines.rest()).toBeUndefined()
    expect(lines.tooLong).toBe(1)
  })
})
