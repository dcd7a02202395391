/** System calls as the kernel has them, and the memory that they read and write. */
import { describe, expect, test } from "bun:test"
import { closeSync, openSync } from "node:fs"
import { addressOf, pinned, pinnedString, rawCall } from "../../src/kernel/raw-call.ts"
import { callNumbers, presentArchitecture } from "../../src/kernel/system-calls.ts"
import { cordonBinary } from "../support/world.ts"

const numbers = callNumbers(presentArchitecture())
const [badDescriptor, badAddress, invalid, notImplemented] = [9, 14, 22, 38]

describe("a call", () => {
  test("returns its result", () => {
    expect(rawCall(numbers.getpid)).toBe(process.pid)
    expect(rawCall(numbers.getppid)).toBe(process.ppid)
  })

  test("returns -errno, each time its own", () => {
    for (let times = 0; times < 1000; times++) {
      expect(rawCall(numbers.close, 999_999)).toBe(-badDescriptor)
      expect(rawCall(numbers.fcntl, 0, 999_999)).toBe(-invalid)
      expect(rawCall(numbers.write, 1, 8, 1)).toBe(-badAddress)
      expect(rawCall(100_000)).toBe(-notImplemented)
    }
  })

  test("has six arguments, of which those left out are 0", () => {
    const [readOnly, privateAnonymous] = [1, 0x22]
    const address = rawCall(numbers.mmap, 0, 4096, readOnly, privateAnonymous, -1, 0)
    expect(address).toBeGreaterThan(4096)
    expect(rawCall(numbers.munmap, address, 4096)).toBe(0)
  })

  test("returns addresses and sizes whole, though they need more than 32 bits", () => {
    const five = 5 * 2 ** 30
    const reserved = rawCall(numbers.mmap, 0, five, 0, 0x4022, -1, 0)
    expect(reserved).toBeGreaterThan(2 ** 32)
    expect(Number.isSafeInteger(reserved)).toBe(true)
    expect(rawCall(numbers.munmap, reserved, five)).toBe(0)
    const file = openSync("/proc/self/mem", "r")
    expect(rawCall(numbers.lseek, file, reserved, 0)).toBe(reserved)
    closeSync(file)
  })
})

/** getcwd(2) writes there, and says how much. */
function writeThere(address: number, size: number): number {
  return rawCall(numbers.getcwd, address, size)
}

/** Makes the collector work, and memory be given out again. */
function disturb(): void {
  const garbage = Array.from({ length: 2000 }, (_, index) => Buffer.alloc(1000 + index, 0xee))
  expect(garbage.length).toBe(2000)
  Bun.gc(true)
}

describe("pinned memory", () => {
  test("is zero at the start, and where it says", () => {
    const { bytes, address } = pinned(300)
    expect(bytes.every(byte => byte === 0)).toBe(true)
    const length = writeThere(address, 300)
    expect(bytes.toString("utf8", 0, length - 1)).toBe(process.cwd())
  })

  test("is the same in bytes and in halves of words", () => {
    const { bytes, words, address } = pinned(26)
    expect(words.length).toBe(6)
    words[1] = -2
    words[2] = 2 ** 32 + 7
    expect([bytes.readInt32LE(4), bytes.readUInt32LE(8)]).toEqual([-2, 7])
    expect(addressOf(new Uint8Array(words.buffer))).toBe(address)
  })

  test("does not move: not with subarray(), not with its ArrayBuffer, not with the collector", () => {
    const all = [8, 16, 64, 256, 4097, 65_536].map(size => pinned(size))
    const parts = all.map(({ bytes }) => [
      bytes.subarray(1, 5),
      new Uint8Array(bytes.buffer),
      bytes.slice(0, 2),
    ])
    disturb()
    for (const [index, { bytes, address }] of all.entries()) {
      expect(addressOf(bytes)).toBe(address)
      bytes.write("mark")
      const [part] = parts[index] ?? []
      expect(Buffer.from(part ?? []).toString()).toStartWith("ark")
    }
  })

  test("is kept though nobody holds it but its address", () => {
    const addresses = Array.from({ length: 100 }, () => pinned(300).address)
    disturb()
    expect(new Set(addresses).size).toBe(100)
    for (const address of addresses) expect(writeThere(address, 300)).toBe(process.cwd().length + 1)
  })

  test("holds a string with its NUL, whatever letters", () => {
    for (const text of ["", "plain", "ä€😀"]) {
      const { bytes } = pinnedString(text)
      expect(bytes.equals(Buffer.from(`${text}\0`))).toBe(true)
    }
  })

  test("of a string is what calls take for a path", () => {
    const here = -100
    const descriptor = rawCall(numbers.openat, here, pinnedString("/dev/null").address, 0)
    expect(descriptor).toBeGreaterThan(2)
    expect(rawCall(numbers.close, descriptor)).toBe(0)
  })
})

test("bytes that are none have no address", () => {
  expect(addressOf(new Uint8Array())).toBe(0)
})

test("without the C library the program says so in a sentence and refuses", () => {
  // As where the kernel gives no memory that can be written and executed.
  const { exitCode, stdout, stderr } = Bun.spawnSync([cordonBinary, "--version"], {
    env: { ...process.env, BUN_JSC_useJIT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  })
  expect(stderr.toString()).toMatch(
    /^cordon: the C library cannot be opened: .*\ncordon: → Cordon needs glibc .*\n$/,
  )
  expect(stdout.toString()).toBe("")
  expect(exitCode).toBe(125)
})
