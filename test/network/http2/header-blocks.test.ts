import { describe, expect, test } from "bun:test"
import {
  ConnectionError,
  errorCode,
  FrameReader,
  frameFlag,
  frameType,
  headerFrames,
} from "../../../src/network/http2/frames.ts"
import { type HeaderBlock, HeaderBlocks } from "../../../src/network/http2/header-blocks.ts"
import { encodeHeaders } from "../../../src/network/http2/headers.ts"

const headers = [["x-long", "v".repeat(40_000)] as const]
const frames = (stream = 1, endStream = true) =>
  new FrameReader("server").push(headerFrames(stream, encodeHeaders(headers), endStream))

function read(blocks: HeaderBlocks, all: ReturnType<typeof frames>): HeaderBlock[] {
  return all.flatMap(frame => {
    blocks.expect(frame)
    return blocks.push(frame) ?? []
  })
}

test("headers and what continues them are one block", () => {
  expect(frames().length).toBeGreaterThan(1)
  const [block] = read(new HeaderBlocks(), frames(5))
  expect(block).toMatchObject({ stream: 5, endStream: true, headers })
  expect(block?.size).toBe(encodeHeaders(headers).length)
  expect(read(new HeaderBlocks(), frames(5, false))[0]?.endStream).toBe(false)
})

test("one block follows the other", () => {
  const blocks = new HeaderBlocks()
  expect(read(blocks, [...frames(1), ...frames(3)]).map(({ stream }) => stream)).toEqual([1, 3])
})

describe("the connection ends", () => {
  const [first, second, ...rest] = frames()
  if (first === undefined || second === undefined) throw new Error("too few frames")

  test.each([
    ["when another frame comes between", [first, { ...second, type: frameType.data }]],
    ["when other headers come between", [first, first]],
    ["when another stream's continue", [first, { ...second, stream: 3 }]],
    ["when something continues what never began", [second]],
    ["when something continues what is complete", [...frames(), second]],
    ["when the block is no headers", [{ ...first, flags: frameFlag.endHeaders }]],
  ])("%s", (_, all) => {
    expect(() => read(new HeaderBlocks(), all)).toThrow(ConnectionError)
    expect(rest.length).toBeGreaterThan(0)
  })

  test.each([
    ["bytes", Buffer.alloc(16_384), 4],
    ["empty frames", Buffer.alloc(0), 64],
  ])("when there is no end of %s", (_, payload, most) => {
    const blocks = new HeaderBlocks()
    const open = { ...first, flags: 0, payload }
    blocks.push(open)
    for (let count = 1; count < most; count++) blocks.push({ ...open, type: frameType.continuation })
    expect(() => blocks.push({ ...open, type: frameType.continuation })).toThrow(
      new ConnectionError(errorCode.enhanceYourCalm, "headers of more than 64 KiB"),
    )
  })
})
