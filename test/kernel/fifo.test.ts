/** What the other end of a FIFO does, as tee(2) and poll(2) tell it. */
import { afterAll, describe, expect, test } from "bun:test"
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hasHadWriter } from "../../src/kernel/fifo.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-fifo-"))
afterAll(() => rmSync(directory, { recursive: true }))

let made = 0
function fifo(): string {
  const path = join(directory, `fifo-${made++}`)
  Bun.spawnSync(["mkfifo", path])
  return path
}

const reader = (path: string) => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
const writer = (path: string) => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)

describe("a FIFO", () => {
  test("without a writer has had none, however often it is asked", () => {
    const read = reader(fifo())
    expect([hasHadWriter(read), hasHadWriter(read), hasHadWriter(read)]).toEqual([false, false, false])
    closeSync(read)
  })

  test("has one that holds it and writes nothing", () => {
    const path = fifo()
    const read = reader(path)
    const write = writer(path)
    expect(hasHadWriter(read)).toBe(true)
    closeSync(write)
    closeSync(read)
  })

  test("has one that was there before the reader", () => {
    const path = fifo()
    const first = reader(path)
    const write = writer(path)
    const second = reader(path)
    closeSync(first)
    expect(hasHadWriter(second)).toBe(true)
    for (const descriptor of [write, second]) closeSync(descriptor)
  })

  test("had one that came and went without a word", () => {
    const path = fifo()
    const read = reader(path)
    closeSync(writer(path))
    expect([hasHadWriter(read), hasHadWriter(read)]).toEqual([true, true])
    closeSync(read)
  })

  test("one that came and went before the reader does not count", () => {
    const path = fifo()
    const first = reader(path)
    closeSync(writer(path))
    const second = reader(path)
    expect([hasHadWriter(first), hasHadWriter(second)]).toEqual([true, false])
    for (const descriptor of [first, second]) closeSync(descriptor)
  })

  test("keeps what was written, asked ever so often", () => {
    const path = fifo()
    const read = reader(path)
    const write = writer(path)
    writeSync(write, "all of it")
    for (let times = 0; times < 200_000; times++) if (hasHadWriter(read) !== true) expect(times).toBe(-1)
    closeSync(write)
    expect(hasHadWriter(read)).toBe(true)
    const bytes = Buffer.alloc(20)
    expect(bytes.toString("utf8", 0, readSync(read, bytes))).toBe("all of it")
    closeSync(read)
  })
})

test("what is no pipe, or not open for reading, is none", () => {
  const path = fifo()
  const read = reader(path)
  const files = ["/etc/passwd", "/", "/dev/null", "/dev/urandom"].map(name => openSync(name, "r"))
  const others = [...files, writer(path), openSync("/etc/passwd", 0o10000000), 999]
  expect(others.map(hasHadWriter)).toEqual(others.map(() => undefined))
  for (const descriptor of [read, ...others.slice(0, -1)]) closeSync(descriptor)
})
