import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import {
  ConnectionError,
  contentOf,
  dataFrames,
  errorCode,
  type Frame,
  FrameReader,
  frameBytes,
  frameFlag,
  frameType,
  headerFrames,
  numberFrame,
  payloadMax,
  preface,
} from "../../../src/network/http2/frames.ts"

const frame = (change: Partial<Frame> = {}): Frame => ({
  type: frameType.data,
  flags: 0,
  stream: 1,
  payload: Buffer.from("payload"),
  ...change,
})

/** The code of the error that ends the connection. */
function codeOf(step: () => unknown): number | undefined {
  try {
    step()
    return undefined
  } catch (cause) {
    if (cause instanceof ConnectionError) return cause.code
    throw cause
  }
}

describe("frames", () => {
  test("are nine bytes and a payload (RFC 9113 section 4.1)", () => {
    const bytes = frameBytes(frame({ type: 1, flags: 5, stream: 0x01020304 }))
    expect(bytes.toString("hex")).toBe(`00000701050102030${"4"}${Buffer.from("payload").toString("hex")}`)
  })

  test("are read as they were written, in pieces of any size", () => {
    const some = fc.record({
      type: fc.integer({ min: 0, max: 255 }),
      flags: fc.integer({ min: 0, max: 255 }),
      stream: fc.integer({ min: 0, max: 0x7fff_ffff }),
      payload: fc.uint8Array({ maxLength: 100 }).map(bytes => Buffer.from(bytes)),
    })
    fc.assert(
      fc.property(fc.array(some), fc.integer({ min: 1, max: 50 }), (frames, size) => {
        const reader = new FrameReader("server")
        const bytes = Buffer.concat(frames.map(frameBytes))
        const read: Frame[] = []
        for (let at = 0; at < bytes.length; at += size)
          read.push(...reader.push(bytes.subarray(at, at + size)))
        expect(read).toEqual(frames)
      }),
    )
  })

  test("ignore the bit that is reserved", () => {
    const bytes = frameBytes(frame({ stream: 5 }))
    bytes.writeUInt8(0x80, 5)
    expect(new FrameReader("server").push(bytes)[0]?.stream).toBe(5)
  })

  test("may be as large as both sides agreed on, and no larger", () => {
    const largest = frameBytes(frame({ payload: Buffer.alloc(payloadMax) }))
    expect(new FrameReader("server").push(largest)[0]?.payload).toHaveLength(payloadMax)
    const head = largest.subarray(0, 9)
    head.writeUIntBE(payloadMax + 1, 0, 3)
    expect(codeOf(() => new FrameReader("server").push(head))).toBe(errorCode.frameSize)
  })
})

describe("a client's preface", () => {
  test("stands first", () => {
    const reader = new FrameReader("client")
    expect(reader.push(Buffer.concat([preface, frameBytes(frame())]))).toEqual([frame()])
    expect(reader.push(frameBytes(frame()))).toEqual([frame()])
  })

  test("may come byte by byte", () => {
    const reader = new FrameReader("client")
    for (const byte of preface) expect(reader.push(Buffer.from([byte]))).toEqual([])
    expect(reader.push(frameBytes(frame()))).toEqual([frame()])
  })

  test.each(["GET / HTTP/1.1\r\n", "PRI * HTTP/1.1\r\n", "\0\0\0\x04\0\0\0\0\0"])("%j is none", text => {
    expect(codeOf(() => new FrameReader("client").push(Buffer.from(text)))).toBe(errorCode.protocol)
  })
})

describe("content", () => {
  test.each([
    ["no padding", 0, "content", "content"],
    ["padding", frameFlag.padded, "\x03content\0\0\0", "content"],
    ["padding of nothing", frameFlag.padded, "\0content", "content"],
    ["padding alone", frameFlag.padded, "\x02\0\0", ""],
  ])("of data with %s", (_, flags, payload, content) => {
    expect(String(contentOf(frame({ flags, payload: Buffer.from(payload) })))).toBe(content)
  })

  test("of headers is without their priority", () => {
    const flags = frameFlag.priority | frameFlag.padded
    const payload = Buffer.from("\x02\0\0\0\x01\x10block\0\0")
    expect(String(contentOf(frame({ type: frameType.headers, flags, payload })))).toBe("block")
    expect(String(contentOf(frame({ flags: frameFlag.priority, payload: Buffer.from("data") })))).toBe("data")
  })

  test.each([
    ["more padding than payload", frameFlag.padded, "\x05abc"],
    ["padding without its length", frameFlag.padded, ""],
    ["a priority that is cut", frameFlag.priority, "\0\0\0"],
  ])("with %s ends the connection", (_, flags, payload) => {
    const broken = frame({ type: frameType.headers, flags, payload: Buffer.from(payload) })
    expect(codeOf(() => contentOf(broken))).toBe(errorCode.protocol)
  })
})

describe("what is written", () => {
  const read = (bytes: Buffer) => new FrameReader("server").push(bytes)

  test("headers go on in as many frames as they need", () => {
    const block = Buffer.alloc(2 * payloadMax + 1, 7)
    const frames = read(headerFrames(3, block, true))
    expect(frames.map(({ type }) => type)).toEqual([1, 9, 9])
    expect(frames.map(({ flags }) => flags)).toEqual([frameFlag.endStream, 0, frameFlag.endHeaders])
    expect(Buffer.concat(frames.map(({ payload }) => payload))).toEqual(block)
    expect(read(headerFrames(3, Buffer.from("x"), false))[0]?.flags).toBe(frameFlag.endHeaders)
  })

  test("data likewise, and the last one ends the stream", () => {
    const content = Buffer.alloc(payloadMax + 1, 7)
    const frames = read(dataFrames(3, content, true))
    expect(frames.map(({ flags }) => flags)).toEqual([0, frameFlag.endStream])
    expect(frames.map(({ payload }) => payload.length)).toEqual([payloadMax, 1])
    expect(read(dataFrames(3, Buffer.alloc(0), true))).toHaveLength(1)
    expect(read(dataFrames(3, Buffer.from("x"), false))[0]?.flags).toBe(0)
  })

  test("numbers", () => {
    expect(read(numberFrame(frameType.goAway, 0, 7, 1))[0]?.payload.toString("hex")).toBe("0000000700000001")
    expect(read(numberFrame(frameType.windowUpdate, 5, 65_535))[0]).toMatchObject({ stream: 5, type: 8 })
  })
})
