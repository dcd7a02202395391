import { describe, expect, test } from "bun:test"
import { ConnectionError, FrameReader, frameType } from "../../../src/network/http2/frames.ts"
import {
  initialWindow,
  passedSettings,
  settingsFrame,
  streamsMax,
} from "../../../src/network/http2/settings.ts"

function frameOf(settings: readonly (readonly [number, number])[]) {
  const [frame] = new FrameReader("server").push(settingsFrame(settings))
  if (frame === undefined) throw new Error("no frame")
  return frame
}

/** What the other side gets to see. */
function passed(
  from: "client" | "server",
  settings: readonly (readonly [number, number])[],
): Record<number, number> {
  const { bytes } = passedSettings(frameOf(settings), from)
  const [{ payload } = frameOf([])] = new FrameReader("server").push(bytes)
  const seen: Record<number, number> = {}
  for (let at = 0; at < payload.length; at += 6) seen[payload.readUInt16BE(at)] = payload.readUInt32BE(at + 2)
  return seen
}

describe("a client's settings", () => {
  test("ask for no pushed answers, whatever the client wants", () => {
    expect(passed("client", [])[2]).toBe(0)
    expect(passed("client", [[2, 1]])[2]).toBe(0)
  })

  test("keep its window, which we note too", () => {
    expect(passed("client", [[4, 1_000_000]])[4]).toBe(1_000_000)
    expect(passedSettings(frameOf([[4, 17]]), "client").window).toBe(17)
    expect(passedSettings(frameOf([]), "client").window).toBeUndefined()
    expect(initialWindow).toBe(65_535)
  })

  test("say nothing of how many streams a server may open", () => {
    expect(3 in passed("client", [[3, 100]])).toBe(false)
  })
})

describe("a server's settings", () => {
  test("allow as many streams as it does, and no more than we carry", () => {
    expect(passed("server", [[3, 100]])[3]).toBe(100)
    expect(passed("server", [[3, 1_000_000]])[3]).toBe(streamsMax)
    expect(passed("server", [])[3]).toBe(streamsMax)
  })

  test("never offer pushed answers, WebSockets over streams, or what nobody knows", () => {
    const seen = passed("server", [
      [2, 1],
      [8, 1],
      [9, 1],
      [0x1a2a, 7],
    ])
    expect(Object.keys(seen).sort()).toEqual(["1", "3", "6"])
  })
})

describe.each(["client", "server"] as const)("settings of a %s", from => {
  test("never raise what we read: tables, lists, frames", () => {
    const seen = passed(from, [
      [1, 65_536],
      [5, 1_000_000],
      [6, 10_000_000],
    ])
    expect(seen[1]).toBe(4096)
    expect(5 in seen).toBe(false)
    expect(seen[6]).toBe(65_536)
  })

  test("lower it", () => {
    expect(passed(from, [[1, 0]])[1]).toBe(0)
    expect(passed(from, [[6, 1000]])[6]).toBe(1000)
  })

  test("count as said last", () => {
    const twice = [
      [4, 1],
      [4, 2],
    ] as const
    expect(passed(from, twice)[4]).toBe(2)
  })

  test.each([
    ["cut short", { payload: Buffer.alloc(7) }],
    ["of a stream", { stream: 1 }],
    ["with a window beyond 2 GiB", { payload: frameOf([[4, 0x8000_0000]]).payload }],
  ])("%s end the connection", (_, change) => {
    expect(() => passedSettings({ ...frameOf([]), ...change }, from)).toThrow(ConnectionError)
  })
})

test("a frame of settings is one", () => {
  expect(frameOf([[1, 2]])).toMatchObject({ type: frameType.settings, flags: 0, stream: 0 })
})
