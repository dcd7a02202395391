/** What the running kernel does, found out by asking it. */
import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hostKernel, readSwitch } from "../../src/host/kernel-facts.ts"

const root = mkdtempSync(join(tmpdir(), "cordon-kernel-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe("a switch", () => {
  test("is its value without the line break", () => {
    writeFileSync(join(root, "switch"), "1\n")
    expect(readSwitch(join(root, "switch"))).toBe("1")
    expect(readSwitch("/proc/sys/kernel/ostype")).toBe("Linux")
  })

  test("that this kernel does not have is none", () => {
    expect(readSwitch(join(root, "none"))).toBeUndefined()
    expect(readSwitch("/proc/sys/kernel/no_such_switch")).toBeUndefined()
  })

  test.skipIf(process.getuid?.() === 0)("that may not be read is none [skipped when root]", () => {
    writeFileSync(join(root, "closed"), "1")
    chmodSync(join(root, "closed"), 0)
    expect(readSwitch(join(root, "closed"))).toBeUndefined()
  })

  test("in the place of a directory is our own mistake, and not swallowed", () => {
    expect(() => readSwitch(root)).toThrow("EISDIR")
  })
})

describe("the kernel", () => {
  test.each([
    [0, false],
    [1, false],
    [5, false],
    [6, true],
    [7, true],
  ])("with Landlock ABI %d keeps abstract sockets away: %p", (abi, scope) => {
    expect(hostKernel(abi, true)).toEqual({
      landlockAbi: abi,
      abstractSocketScope: scope,
      notification: true,
    })
  })
})
