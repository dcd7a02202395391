/** HTTP/2's frames (RFC 9113 section 4), bounded to the size that both sides start with: we never offer more. */

/** A table of facts, section 6. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const frameFlag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const

/** Section 7. */
export const errorCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const
export type ErrorCode = (typeof errorCode)[keyof typeof errorCode]

export type Frame = { type: number; flags: number; stream: number; payload: Buffer }

/** Ends the connection: what came is no HTTP/2. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError"
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** What a client says first (section 3.4). */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

const headSize = 9
/** SETTINGS_MAX_FRAME_SIZE, as long as nobody raises it. */
export const payloadMax = 16_384

/** Bytes of one direction → frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)
  #prefaceLeft: Buffer

  /** @param from whose bytes these are: a client's begin with the preface */
  constructor(from: "client" | "server") {
    this.#prefaceLeft = from === "client" ? preface : Buffer.alloc(0)
  }

  /** @throws ConnectionError */
  push(bytes: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    this.#readPreface()
    const frames: Frame[] = []
    while (this.#prefaceLeft.length === 0 && this.#rest.length >= headSize) {
      const length = this.#rest.readUIntBE(0, 3)
      if (length > payloadMax) throw new ConnectionError(errorCode.frameSize, `a frame of ${length} bytes`)
      if (this.#rest.length < headSize + length) break
      frames.push({
        type: this.#rest.readUInt8(3),
        flags: this.#rest.readUInt8(4),
        stream: this.#rest.readUInt32BE(5) & 0x7fff_ffff,
        payload: this.#rest.subarray(headSize, headSize + length),
      })
      this.#rest = this.#rest.subarray(headSize + length)
    }
    return frames
  }

  #readPreface(): void {
    const length = Math.min(this.#prefaceLeft.length, this.#rest.length)
    if (length === 0) return
    if (!this.#rest.subarray(0, length).equals(this.#prefaceLeft.subarray(0, length)))
      throw new ConnectionError(errorCode.protocol, "the client does not speak HTTP/2")
    this.#prefaceLeft = this.#prefaceLeft.subarray(length)
    this.#rest = this.#rest.subarray(length)
  }
}

export function frameBytes({ type, flags, stream, payload }: Frame): Buffer {
  const head = Buffer.alloc(headSize)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A payload of one or more numbers of 32 bits. */
export function numberFrame(type: number, stream: number, ...numbers: readonly number[]): Buffer {
  const payload = Buffer.alloc(4 * numbers.length)
  for (const [index, number] of numbers.entries()) payload.writeUInt32BE(number, 4 * index)
  return frameBytes({ type, flags: 0, stream, payload })
}

/** HEADERS, and CONTINUATION where one frame does not hold them. */
export function headerFrames(stream: number, block: Buffer, endStream: boolean): Buffer {
  const frames: Buffer[] = []
  for (let at = 0; at === 0 || at < block.length; at += payloadMax) {
    const isLast = at + payloadMax >= block.length
    const flags = (at === 0 && endStream ? frameFlag.endStream : 0) | (isLast ? frameFlag.endHeaders : 0)
    const type = at === 0 ? frameType.headers : frameType.continuation
    frames.push(frameBytes({ type, flags, stream, payload: block.subarray(at, at + payloadMax) }))
  }
  return Buffer.concat(frames)
}

/** DATA without padding. */
export function dataFrames(stream: number, content: Buffer, endStream: boolean): Buffer {
  const frames: Buffer[] = []
  for (let at = 0; at === 0 || at < content.length; at += payloadMax) {
    const isLast = at + payloadMax >= content.length
    const flags = isLast && endStream ? frameFlag.endStream : 0
    frames.push(
      frameBytes({ type: frameType.data, flags, stream, payload: content.subarray(at, at + payloadMax) }),
    )
  }
  return Buffer.concat(frames)
}

/** A payload without its padding and, of HEADERS, without its priority (section 6.1, 6.2). */
export function contentOf({ type, flags, payload }: Frame): Buffer {
  const padding = flags & frameFlag.padded ? payload[0] : 0
  const priority = type === frameType.headers && flags & frameFlag.priority ? 5 : 0
  const start = (flags & frameFlag.padded ? 1 : 0) + priority
  if (padding === undefined || start + padding > payload.length)
    throw new ConnectionError(errorCode.protocol, "a frame has more padding than content")
  return payload.subarray(start, payload.length - padding)
}
