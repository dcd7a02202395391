import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { HeldBytes } from "../../../src/network/streams/held-bytes.ts"

const bytesOf = (text: string) => Buffer.from(text, "latin1")

describe("bytes that come in pieces", () => {
  test("are one after the other", () => {
    const held = new HeldBytes()
    for (const piece of ["ab", "", "c", "defg"]) held.add(bytesOf(piece))
    expect(held.bytes.toString()).toBe("abcdefg")
    expect(held.length).toBe(7)
  })

  test("are gone from the front when they are dropped", () => {
    const held = new HeldBytes()
    for (const piece of ["abc", "def"]) held.add(bytesOf(piece))
    held.drop(2)
    expect(held.bytes.toString()).toBe("cdef")
    held.add(bytesOf("g"))
    held.drop(1)
    expect(held.bytes.toString()).toBe("defg")
    held.drop(100)
    expect(held.length).toBe(0)
    held.add(bytesOf("h"))
    expect(held.bytes.toString()).toBe("h")
  })

  test("are gone when they are taken, and stay as they were", () => {
    const held = new HeldBytes()
    for (const piece of ["abc", "def"]) held.add(bytesOf(piece))
    const taken = held.take()
    for (const piece of ["g", "h"]) held.add(bytesOf(piece))
    expect([taken.toString(), held.take().toString(), held.length]).toEqual(["abcdef", "gh", 0])
  })

  test("one piece alone is not copied, and never written to", () => {
    const held = new HeldBytes()
    const memory = bytesOf("0123456789")
    const piece = memory.subarray(2, 5)
    held.add(piece)
    expect(held.bytes.buffer).toBe(piece.buffer)
    held.add(bytesOf("xyz"))
    expect(held.bytes.toString()).toBe("234xyz")
    expect(memory.toString()).toBe("0123456789")
  })

  test("what was seen stays as it was when more comes", () => {
    const held = new HeldBytes()
    held.add(bytesOf("a"))
    held.add(bytesOf("b"))
    const seen = held.bytes
    for (let count = 0; count < 100; count++) held.add(bytesOf("c"))
    held.drop(50)
    for (let count = 0; count < 100; count++) held.add(bytesOf("d"))
    expect(seen.toString()).toBe("ab")
  })
})

test("whatever is added and dropped, the rest is there", () => {
  const step = fc.oneof(
    fc.record({ add: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({ drop: fc.nat({ max: 60 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const held = new HeldBytes()
      let expected = Buffer.alloc(0)
      for (const step of steps) {
        if ("add" in step) {
          held.add(step.add)
          expected = Buffer.concat([expected, step.add])
        } else {
          held.drop(step.drop)
          expected = expected.subarray(Math.min(step.drop, expected.length))
        }
        expect(held.bytes.equals(expected)).toBe(true)
      }
    }),
    { seed: 1, numRuns: 300 },
  )
})

test("a megabyte that comes byte by byte is copied a few times, not a million times", () => {
  const held = new HeldBytes()
  const byte = bytesOf("x")
  const memories = new Set<ArrayBufferLike>()
  for (let count = 0; count < 1_000_000; count++) {
    held.add(byte)
    if (count % 1000 === 0) memories.add(held.bytes.buffer)
  }
  expect(held.length).toBe(1_000_000)
  expect(memories.size).toBeLessThan(30)
})
