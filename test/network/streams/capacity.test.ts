import { describe, expect, test } from "bun:test"
import { connectionCapacity } from "../../../src/network/streams/capacity.ts"

const limits = (files: string) => `Limit                     Soft Limit           Hard Limit           Units
Max core file size        0                    unlimited            bytes
Max open files            ${files.padEnd(20)} 1048576              files
Max locked memory         8388608              8388608              bytes
`

describe("how many connections there may be", () => {
  test.each([
    ["1048576", 4096],
    ["unlimited", 4096],
    ["20000", 4096],
    ["4096", 640],
    ["1024", 32],
    ["256", 32],
  ])("with %s open files", (files, expected) => {
    expect(connectionCapacity(limits(files))).toBe(expected)
  })

  test("with the files of this process", () => {
    expect(connectionCapacity()).toBeGreaterThanOrEqual(32)
    expect(connectionCapacity()).toBeLessThanOrEqual(4096)
  })

  test("leaves what other things may take", () => {
    for (const files of [1024, 2048, 8192, 65_536])
      expect(4 * connectionCapacity(limits(String(files)))).toBeLessThanOrEqual(Math.max(files - 1536, 128))
  })
})
