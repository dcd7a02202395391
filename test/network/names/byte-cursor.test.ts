import { describe, expect, test } from "bun:test"
import { ByteCursor } from "../../../src/network/names/byte-cursor.ts"

const cursor = (...bytes: number[]) => new ByteCursor(Buffer.from(bytes))

describe("what is there is read in order", () => {
  test("numbers, the first byte the highest", () => {
    const read = cursor(1, 2, 3, 0xff, 0xfe)
    expect([read.number(1), read.number(2), read.number(2), read.left]).toEqual([1, 0x0203, 0xfffe, 0])
  })

  test("vectors with their length before them, empty ones too", () => {
    const read = cursor(2, 7, 8, 0, 1, 9, 0)
    expect([read.vector(1), read.vector(2), read.vector(1), read.left]).toEqual([
      Buffer.from([7, 8]),
      Buffer.from([9]),
      Buffer.alloc(0),
      0,
    ])
  })

  test("so many bytes", () => {
    const read = cursor(1, 2, 3)
    expect([read.take(0), read.take(2), read.left]).toEqual([Buffer.alloc(0), Buffer.from([1, 2]), 1])
  })
})

describe("what is cut short is nothing, and nothing comes after it", () => {
  test("a number", () => {
    const read = cursor(1)
    expect([read.number(2), read.number(1), read.left]).toEqual([undefined, undefined, 0])
  })

  test("a vector", () => {
    const read = cursor(5, 1, 1, 9)
    expect([read.vector(1), read.vector(1), read.number(1), read.left]).toEqual([
      undefined,
      undefined,
      undefined,
      0,
    ])
  })

  test("a length of a vector", () => {
    const read = cursor(0)
    expect([read.vector(2), read.left]).toEqual([undefined, 0])
  })

  test("bytes", () => {
    const read = cursor(1, 2)
    expect([read.take(3), read.take(1)]).toEqual([undefined, undefined])
  })
})
