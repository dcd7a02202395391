import { describe, expect, test } from "bun:test"
import { closeSync, readSync, writeSync } from "node:fs"
import { copyStream, pieceMax } from "../../src/kernel/stream-copy.ts"
import { streamPair } from "../../src/kernel/stream-pair.ts"

/** Two pairs: what is written to `source` can be copied from `from` to `to`, and read at `sink`. */
function setUp() {
  const [source, from] = streamPair()
  const [to, sink] = streamPair()
  return {
    source,
    from,
    to,
    sink,
    [Symbol.dispose]() {
      for (const descriptor of [source, from, to, sink]) if (descriptor >= 0) close(descriptor)
    },
  }
}

const closed = new Set<number>()
function close(descriptor: number): void {
  if (!closed.delete(descriptor)) closeSync(descriptor)
}
function closeEarly(descriptor: number): void {
  closeSync(descriptor)
  closed.add(descriptor)
}

/** Writes as much as there is room for. */
function fill(descriptor: number, byte: number): number {
  const piece = Buffer.alloc(4096, byte)
  let count = 0
  for (;;) {
    try {
      count += writeSync(descriptor, piece)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EAGAIN") throw cause
      return count
    }
  }
}

/** Reads all that has come. */
function drain(descriptor: number): Buffer {
  const pieces: Buffer[] = []
  const piece = Buffer.alloc(65_536)
  for (;;) {
    try {
      const length = readSync(descriptor, piece)
      if (length === 0) return Buffer.concat(pieces)
      pieces.push(Buffer.from(piece.subarray(0, length)))
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EAGAIN") throw cause
      return Buffer.concat(pieces)
    }
  }
}

describe("copying", () => {
  test("takes what is there", () => {
    using streams = setUp()
    writeSync(streams.source, "hello ")
    writeSync(streams.source, "world")
    expect(copyStream(streams.from, streams.to, pieceMax)).toEqual({
      count: 11,
      left: undefined,
      failure: undefined,
    })
    expect(drain(streams.sink).toString()).toBe("hello world")
  })

  test("does nothing when there is nothing", () => {
    using streams = setUp()
    expect(copyStream(streams.from, streams.to, pieceMax)).toEqual({
      count: 0,
      left: undefined,
      failure: undefined,
    })
  })

  test("leaves the end to the event loop", () => {
    using streams = setUp()
    writeSync(streams.source, "last")
    closeEarly(streams.source)
    expect(copyStream(streams.from, streams.to, pieceMax)).toEqual({
      count: 4,
      left: undefined,
      failure: undefined,
    })
    expect(readSync(streams.from, Buffer.alloc(1))).toBe(0)
  })

  test.each([1000, 65_536, pieceMax])("gives back what the receiver did not take, in pieces of %d", piece => {
    using streams = setUp()
    const taken = fill(streams.to, 1)
    writeSync(streams.source, "x".repeat(3000))
    const { count, left, failure } = copyStream(streams.from, streams.to, piece)
    expect(count).toBe(0)
    expect(failure).toBeUndefined()
    expect(left?.toString()).toBe("x".repeat(Math.min(3000, piece)))
    expect(drain(streams.sink).length).toBe(taken)
    // What was not read is still there.
    const rest = copyStream(streams.from, streams.to, piece)
    expect(rest.count).toBe(3000 - Math.min(3000, piece))
  })

  test("keeps what it gives back when it is used again", () => {
    using streams = setUp()
    fill(streams.to, 1)
    writeSync(streams.source, "first")
    const { left } = copyStream(streams.from, streams.to, pieceMax)
    writeSync(streams.source, "second")
    copyStream(streams.from, streams.to, pieceMax)
    expect(left?.toString()).toBe("first")
  })

  test("loses and doubles nothing over many turns with a receiver that is often full", () => {
    using streams = setUp()
    let sent = 0
    let held: Buffer = Buffer.alloc(0)
    const received: Buffer[] = []
    const next = () => Buffer.from(Array.from({ length: 5000 }, (_, index) => (sent + index) % 251))
    for (let turn = 0; turn < 400; turn++) {
      const piece = next()
      try {
        sent += writeSync(streams.source, piece)
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "EAGAIN") throw cause
      }
      if (held.length === 0) held = copyStream(streams.from, streams.to, 4096).left ?? held
      else {
        try {
          held = held.subarray(writeSync(streams.to, held))
        } catch (cause) {
          if ((cause as NodeJS.ErrnoException).code !== "EAGAIN") throw cause
        }
      }
      if (turn % 7 === 0) received.push(drain(streams.sink))
    }
    received.push(drain(streams.sink))
    const all = Buffer.concat(received)
    expect(all.length).toBeGreaterThan(500_000)
    expect(all.every((byte, index) => byte === index % 251)).toBe(true)
  })
})

describe("what breaks", () => {
  test("the receiver: EPIPE and no signal", () => {
    using streams = setUp()
    closeEarly(streams.sink)
    writeSync(streams.source, "hello")
    expect(copyStream(streams.from, streams.to, pieceMax).failure).toEqual({ side: "to", errno: 32 })
  })

  test("the sender", () => {
    using streams = setUp()
    expect(copyStream(-1, streams.to, pieceMax).failure).toEqual({ side: "from", errno: 9 })
  })
})
