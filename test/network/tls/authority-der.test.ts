import { describe, expect, test } from "bun:test"
import {
  bits,
  inContext,
  integer,
  objectIdentifier,
  octets,
  sequence,
  setOf,
  tagged,
  time,
  utf8,
  yes,
} from "../../../src/network/tls/authority-der.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const bytes = (text: string) => Buffer.from(text, "hex")

describe("lengths", () => {
  test.each([
    [0, "0400"],
    [1, "0401"],
    [0x7f, "047f"],
    [0x80, "048180"],
    [0xff, "0481ff"],
    [0x100, "04820100"],
    [0xffff, "0482ffff"],
    [0x10000, "0483010000"],
  ])("of %d bytes", (length, head) => {
    const value = tagged(0x04, Buffer.alloc(length))
    expect(hex(value.subarray(0, head.length / 2))).toBe(head)
    expect(value.length).toBe(head.length / 2 + length)
  })
})

describe("numbers", () => {
  test.each([
    ["", "020100"],
    ["00", "020100"],
    ["0000", "020100"],
    ["01", "020101"],
    ["0001", "020101"],
    ["7f", "02017f"],
    ["80", "02020080"],
    ["0080", "02020080"],
    ["ff00", "020300ff00"],
  ])("%s is never negative and has no zeros in front", (digits, encoded) => {
    expect(hex(integer(bytes(digits)))).toBe(encoded)
  })
})

describe("object identifiers", () => {
  test.each([
    ["2.5.4.3", "0603550403"],
    ["1.2.840.10045.4.3.2", "06082a8648ce3d040302"],
    ["1.3.6.1.5.5.7.3.1", "06082b06010505070301"],
    ["2.5.29.30", "0603551d1e"],
  ])("%s", (dotted, encoded) => {
    expect(hex(objectIdentifier(dotted))).toBe(encoded)
  })
})

describe("times (RFC 5280 section 4.1.2.5)", () => {
  test("have two digits for the year until 2049", () => {
    expect(time(Date.UTC(2026, 0, 2, 3, 4, 5)).toString("latin1")).toBe("\x17\x0d260102030405Z")
    expect(time(Date.UTC(2049, 11, 31, 23, 59, 59)).toString("latin1")).toBe("\x17\x0d491231235959Z")
  })

  test("and four from 2050 on", () => {
    expect(time(Date.UTC(2050, 0, 1)).toString("latin1")).toBe("\x18\x0f20500101000000Z")
  })
})

test("what holds other values holds them one after the other", () => {
  const [one, two] = [integer(bytes("01")), integer(bytes("02"))]
  expect(hex(sequence(one, two))).toBe("3006020101020102")
  expect(hex(setOf(one))).toBe("3103020101")
  expect(hex(sequence())).toBe("3000")
})

test("texts, bytes, bits and truth", () => {
  expect(hex(utf8("é"))).toBe("0c02c3a9")
  expect(hex(octets(bytes("ff")))).toBe("0401ff")
  expect(hex(bits(bytes("80"), 7))).toBe("03020780")
  expect(hex(bits(bytes("80")))).toBe("03020080")
  expect(hex(yes)).toBe("0101ff")
})

test("a place in a context is constructed, or primitive in the place of its own tag", () => {
  expect(hex(inContext(3, bytes("05")))).toBe("a30105")
  expect(hex(inContext(2, bytes("61"), true))).toBe("820161")
})
