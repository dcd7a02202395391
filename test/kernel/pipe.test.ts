/** A pipe that takes something at once, or is none. */
import { expect, test } from "bun:test"
import { close } from "../../src/kernel/file-calls.ts"
import { makePipe, writeAtOnce } from "../../src/kernel/libc.ts"
import { readRest } from "../../src/kernel/path-contents.ts"

function pipeFor(capacity: number) {
  const pipe = makePipe(capacity)
  if (pipe === undefined) throw new Error("no pipe")
  return pipe
}

test.each([0, 1, 65_536, 65_537, 1_000_000])(
  "%d bytes go in before anybody reads, and all come out",
  size => {
    const { from, to } = pipeFor(size)
    writeAtOnce(to, new Uint8Array(size).fill(7))
    close(to)
    const read = readRest(from)
    close(from)
    expect(read).toEqual(Buffer.alloc(size, 7))
  },
)

test("one that the kernel does not allow is none", () => {
  expect(makePipe(2 ** 31 - 1)).toBeUndefined()
})

test("it is no mistake that the reader has gone, and one that nothing could be written", () => {
  const { from, to } = pipeFor(10)
  close(from)
  expect(() => writeAtOnce(to, new Uint8Array(10))).not.toThrow()
  close(to)
  expect(() => writeAtOnce(to, new Uint8Array(10))).toThrow("write: EBADF")
})
