/** SETTINGS on their way from one side to the other: what we take part in is bounded by what we can do. */

import { ConnectionError, errorCode, type Frame, frameBytes, frameType } from "./frames.ts"
import { listBytesMax, tableBytesMax } from "./headers.ts"

/** RFC 9113 section 6.5.2. */
const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxHeaderListSize: 6,
} as const

/** Streams that one connection may have open at once; each costs us memory. */
export const streamsMax = 1000

/** What the client may send of one stream before it is told to go on, until it says otherwise. */
export const initialWindow = 65_535

/**
 * Settings as the other side may have them. What is not named here is left out: larger frames, pushed answers, streams
 * that become WebSockets (RFC 8441; clients then use HTTP/1.1 for those).
 * @throws ConnectionError when the frame has an impossible size or value
 */
export function passedSettings(
  frame: Frame,
  from: "client" | "server",
): { bytes: Buffer; window: number | undefined } {
  const { payload, stream } = frame
  if (payload.length % 6 !== 0) throw new ConnectionError(errorCode.frameSize, "settings are cut short")
  if (stream !== 0) throw new ConnectionError(errorCode.protocol, "settings of a stream")
  const given = new Map<number, number>()
  for (let at = 0; at < payload.length; at += 6)
    given.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
  const window = given.get(setting.initialWindowSize)
  if (window !== undefined && window > 0x7fff_ffff)
    throw new ConnectionError(errorCode.flowControl, "a window of more than 2 GiB")
  const most = (id: number, bound: number) => Math.min(given.get(id) ?? bound, bound)
  const passed: [id: number, value: number][] = [
    [setting.headerTableSize, most(setting.headerTableSize, tableBytesMax)],
    [setting.maxHeaderListSize, most(setting.maxHeaderListSize, listBytesMax)],
    from === "client"
      ? [setting.enablePush, 0]
      : [setting.maxConcurrentStreams, most(setting.maxConcurrentStreams, streamsMax)],
  ]
  if (window !== undefined) passed.push([setting.initialWindowSize, window])
  return { bytes: settingsFrame(passed), window }
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * settings.length)
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * index)
    payload.writeUInt32BE(value, 6 * index + 2)
  }
  return frameBytes({ type: frameType.settings, flags: 0, stream: 0, payload })
}
