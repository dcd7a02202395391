/** What a session with a limit of memory may make where names lie in memory. */
import { afterAll, expect, test } from "bun:test"
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { errno } from "../../src/kernel/file-flags.ts"
import { memoryUsed } from "../../src/kernel/file-system.ts"
import { MemoryRoom } from "../../src/live/memory-room.ts"

const made: string[] = []
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true })
})

function openDirectory(parent: string) {
  const path = mkdtempSync(join(parent, "cordon-test-"))
  made.push(path)
  const descriptor = openSync(path, "r")
  return { path, descriptor, [Symbol.dispose]: () => closeSync(descriptor) }
}

/** More than other programs are likely to put there meanwhile. */
const most = 64 * 2 ** 20

test("is as much as the limit, for what is there and for what names take, and anew when it is gone", () => {
  using directory = openDirectory("/dev/shm")
  const room = new MemoryRoom(most)
  expect(room.answer(directory.descriptor)).toBe(0)
  const before = memoryUsed(directory.descriptor) ?? 0
  for (let number = 0; number < 100; number++)
    symlinkSync("a".repeat(4000), join(directory.path, `${number}`))
  expect((memoryUsed(directory.descriptor) ?? 0) - before).toBeGreaterThanOrEqual(100 * 5000)
  expect(room.answer(directory.descriptor)).toBe(0)
  const big = join(directory.path, "big")
  writeFileSync(big, Buffer.alloc(2 * most))
  expect(room.answer(directory.descriptor)).toBe(-errno.noSpace)
  truncateSync(big)
  expect(room.answer(directory.descriptor)).toBe(0)
  unlinkSync(big)
})

test("is whatever there is on a disk", () => {
  using directory = openDirectory(tmpdir())
  const expected = memoryUsed(directory.descriptor) === undefined ? 0 : -errno.noSpace
  const room = new MemoryRoom(0)
  room.answer(directory.descriptor)
  writeFileSync(join(directory.path, "file"), Buffer.alloc(2 ** 20))
  expect(room.answer(directory.descriptor)).toBe(expected)
})
