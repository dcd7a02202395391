/** The modules of the built program in memory: found, let go, and never when somebody wrote to them. */
import { describe, expect, test } from "bun:test"
import { closeSync, openSync, readFileSync } from "node:fs"
import { bundleRange, isUnwritten } from "../../src/kernel/bundle.ts"
import { pageSize as ownPageSize } from "../../src/kernel/page-size.ts"
import { addressOf, rawCall } from "../../src/kernel/raw-call.ts"
import { callNumbers, presentArchitecture } from "../../src/kernel/system-calls.ts"
import { appears, everyNetwork, worldWith } from "../supervise/sessions.ts"
import { cordonBinary } from "../support/world.ts"

const number = callNumbers(presentArchitecture())
const pageSize = ownPageSize() ?? 0

test("a program that was not built has none", () => {
  expect(bundleRange()).toBeUndefined()
})

describe("pages of a private mapping", () => {
  const pages = 64
  const length = pages * pageSize

  /** mmap(2) of the program's beginning, PROT_READ | PROT_WRITE, each page looked at once. */
  function mapping(look = true): number {
    const descriptor = openSync(cordonBinary, "r")
    const isPrivate = 2
    const start = rawCall(number.mmap, 0, length, 3, isPrivate, descriptor, 0)
    closeSync(descriptor)
    for (let page = 0; look && page < pages; page++) bytesAt(start + page * pageSize)
    return start
  }

  /** process_vm_readv(2) reads through the mapping as the program itself would. */
  function bytesAt(from: number, bytes = Buffer.alloc(8)): Buffer {
    transfer(number.process_vm_readv, from, bytes)
    return bytes
  }

  function write(to: number, bytes: Buffer): void {
    transfer(number.process_vm_writev, to, bytes)
  }

  function transfer(call: number, there: number, bytes: Buffer): void {
    const [own, other] = [addressOf(bytes), there].map(address =>
      addressOf(new Uint8Array(new BigUint64Array([BigInt(address), BigInt(bytes.length)]).buffer)),
    )
    expect(rawCall(call, process.pid, own, 1, other, 1)).toBe(bytes.length)
  }

  test("are the file's as long as they are only read", () => {
    expect(isUnwritten({ start: mapping(), length }, pageSize)).toBe(true)
    expect(isUnwritten({ start: mapping(false), length }, pageSize)).toBe(true)
  })

  test.each([0, 17, pages - 1])("are not when somebody wrote to page %d", page => {
    const start = mapping()
    write(start + page * pageSize + 100, Buffer.alloc(1, 1))
    expect(isUnwritten({ start, length }, pageSize)).toBe(false)
  })

  test("count where they are asked for", () => {
    const start = mapping()
    write(start + 8 * pageSize, Buffer.alloc(1, 1))
    expect(isUnwritten({ start, length: 8 * pageSize }, pageSize)).toBe(true)
    expect(isUnwritten({ start: start + 8 * pageSize, length: pageSize }, pageSize)).toBe(false)
    expect(isUnwritten({ start: start + 9 * pageSize, length: 8 * pageSize }, pageSize)).toBe(true)
  })
})

/** Kilobytes of what is mapped of the program as data, all of it and what is there (proc_pid_smaps(5)). */
function dataOf(process_: number): { all: number; there: number } {
  const parts = readFileSync(`/proc/${process_}/smaps`, "utf8").split(/^(?=[0-9a-f]+-)/m)
  const data = parts.filter(part => / rw-p .*\/cordon$/.test(part.split("\n")[0] ?? ""))
  const sum = (name: string) =>
    data.reduce((total, part) => total + Number(new RegExp(`^${name}: +(\\d+)`, "m").exec(part)?.[1]), 0)
  return { all: sum("Size"), there: sum("Rss") }
}

describe.each(everyNetwork)("with the network %s:", network => {
  test("a session that lasts keeps a part of the modules, and goes on", async () => {
    using world = worldWith(network)
    // It lasts from 200 ms on.
    const script =
      "sleep 1; i=0; while [ $i -lt 50 ]; do echo $i > f; i=$((i+1)); done; echo > done; read -r line < fifo"
    const running = world.start(["-q", "--", "sh", "-c", `mkfifo fifo; ${script}`])
    expect(await appears(world, "done")).toBe(true)
    const { all, there } = dataOf(running.process.pid)
    expect(all).toBeGreaterThan(4000)
    expect(there).toBeLessThan(all / 2)
    running.process.kill("SIGTERM")
    await running.outcome
  })
})
