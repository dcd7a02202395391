/** Names of unix sockets, as the kernel takes them (unix(7)). */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { unixAddressMax, unixName, writeUnixPath } from "../../src/live/unix-name.ts"

function address(path: string, family = 1): Buffer {
  const bytes = Buffer.alloc(128, 0x7a)
  bytes.writeUInt16LE(family)
  bytes.write(path, 2, "latin1")
  return bytes
}

function pathOf(bytes: Buffer, size: number): string | undefined {
  const name = unixName(bytes, size)
  return name?.kind === "path" ? name.bytes.toString("latin1") : name?.kind
}

describe("a path", () => {
  test("ends with its NUL, or with the address", () => {
    expect(pathOf(address("/run/x\0garbage"), 110)).toBe("/run/x")
    expect(pathOf(address("/run/x\0"), 9)).toBe("/run/x")
    expect(pathOf(address("/run/xyz"), 8)).toBe("/run/x")
    expect(pathOf(address("x"), 3)).toBe("x")
  })
  test("may have 108 bytes", () => {
    expect(pathOf(address("p".repeat(108)), 110)).toBe("p".repeat(108))
    expect(pathOf(address(`${"p".repeat(107)}\0`), 110)).toBe("p".repeat(107))
  })
  test("may hold any bytes", () => expect(pathOf(address("\xff\n\x1b\0"), 20)).toBe("\xff\n\x1b"))
})

test("a name that begins with NUL is abstract, however long it is", () => {
  for (const size of [3, 4, 50, 110]) expect(pathOf(address("\0abc"), size)).toBe("abstract")
})

test("the family by itself is no name", () => expect(pathOf(address("x"), 2)).toBe("none"))

test.each([-1, 0, 1, 111, 128, 2 ** 31 - 1])("%d bytes are no address", size =>
  expect(unixName(address("x"), size)).toBeUndefined(),
)
test.each([0, 2, 10, 16, 257])("family %d is none of ours", family =>
  expect(unixName(address("x", family), 20)).toBeUndefined(),
)

test("what is written is read again", () => {
  const bytes = Buffer.alloc(unixAddressMax + 1, 0x7a)
  const path = fc
    .uint8Array({ minLength: 1, maxLength: 108 })
    .filter(all => !all.includes(0))
    .map(all => Buffer.from(all))
  fc.assert(
    fc.property(path, path => {
      const size = writeUnixPath(bytes, path)
      expect(size).toBeLessThanOrEqual(unixAddressMax)
      expect(pathOf(bytes, size)).toBe(path.toString("latin1"))
      expect(size === unixAddressMax || bytes[size - 1] === 0).toBe(true)
    }),
  )
})
