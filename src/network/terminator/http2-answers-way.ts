/** HTTP/2 from the server to the client. */
import { EchoFilter, isReadable } from "../credentials/echo.ts"
import { type Header, type Swap, swapOut } from "../credentials/swap.ts"
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
} from "../http2/frames.ts"
import { type HeaderBlock, HeaderBlocks } from "../http2/header-blocks.ts"
import { encodeHeaders } from "../http2/headers.ts"
import { passedSettings } from "../http2/settings.ts"
import type { Http2Shared } from "./http2-bridge.ts"
import type { Stream } from "./http2-streams.ts"

export class AnswersWay {
  readonly #reader = new FrameReader("server")
  readonly #blocks = new HeaderBlocks()
  readonly #shared: Http2Shared
  /** in their order, from the first that the client does not take now */
  #held: Frame[] = []

  constructor(shared: Http2Shared) {
    this.#shared = shared
  }

  get isWaiting(): boolean {
    return this.#held.length > 0
  }

  /** @throws ConnectionError */
  push(bytes: Buffer): void {
    this.#held.push(...this.#reader.push(bytes))
    this.resume()
  }

  /** Goes on with what waited for credit. */
  resume(): void {
    const frames = this.#held
    this.#held = []
    for (const [index, frame] of frames.entries())
      if (!this.#frame(frame)) {
        this.#held = frames.slice(index)
        return
      }
  }

  /** @returns false when the frame has to wait */
  #frame(frame: Frame): boolean {
    this.#blocks.expect(frame)
    const isGreeting = frame.type === frameType.settings && !(frame.flags & frameFlag.ack)
    if (!isGreeting && !this.#shared.greeting.isOver)
      throw new ConnectionError(errorCode.protocol, "the server does not begin with its settings")
    switch (frame.type) {
      case frameType.data:
        return this.#data(frame)
      case frameType.headers:
      case frameType.continuation: {
        const block = this.#blocks.push(frame)
        if (block !== undefined) this.#headers(block)
        return true
      }
      case frameType.settings:
        this.#settings(frame)
        return true
      case frameType.reset:
        this.#passStream(frame)
        this.#shared.streams.drop(frame.stream)
        return true
      case frameType.windowUpdate:
        this.#passStream(frame)
        return true
      case frameType.ping:
      case frameType.goAway:
        this.#shared.toClient(frameBytes({ ...frame, stream: 0 }))
        return true
      case frameType.pushPromise:
        throw new ConnectionError(errorCode.protocol, "the server promises answers that it was asked not to")
      default:
        // Alternative services and origins would lead the client past the border.
        return true
    }
  }

  #passStream(frame: Frame): void {
    if (frame.stream === 0 || this.#shared.streams.get(frame.stream) !== undefined)
      this.#shared.toClient(frameBytes({ ...frame, flags: 0 }))
  }

  #settings(frame: Frame): void {
    if (frame.flags & frameFlag.ack)
      this.#shared.toClient(frameBytes({ ...frame, stream: 0, payload: Buffer.alloc(0) }))
    else this.#shared.greeting.greet(passedSettings(frame, "server").bytes)
  }

  #data(frame: Frame): boolean {
    const { stream: number, payload, flags } = frame
    const stream = this.#shared.streams.get(number)
    const endStream = (flags & frameFlag.endStream) !== 0
    if (stream === undefined) {
      // The client has reset it and never sees these bytes: their credit is given back here.
      if (payload.length > 0) this.#shared.toServer(numberFrame(frameType.windowUpdate, 0, payload.length))
      return true
    }
    const content = contentOf(frame)
    const taken = stream.echo === undefined ? payload.length : content.length
    if (!this.#shared.window.take(taken)) return false
    stream.received += payload.length
    if (stream.echo === undefined)
      this.#shared.toClient(frameBytes({ ...frame, flags: flags & (frameFlag.endStream | frameFlag.padded) }))
    else
      this.#filtered(number, {
        echo: stream.echo,
        content,
        padding: payload.length - content.length,
        endStream,
      })
    if (endStream) this.#shared.streams.end(number, "serverEnded")
    return true
  }

  /** Padding is left out, and the credit that it used given back. */
  #filtered(
    number: number,
    part: { echo: EchoFilter; content: Buffer; padding: number; endStream: boolean },
  ): void {
    const { echo, content, padding, endStream } = part
    const clean = echo.push(content)
    const bytes = endStream ? Buffer.concat([clean, echo.end()]) : clean
    if (bytes.length > 0 || endStream) this.#shared.toClient(dataFrames(number, bytes, endStream))
    if (padding > 0)
      for (const place of [0, number])
        this.#shared.toServer(numberFrame(frameType.windowUpdate, place, padding))
  }

  #headers({ stream: number, endStream, headers, size }: HeaderBlock): void {
    const stream = this.#shared.streams.get(number)
    if (stream === undefined) return
    stream.received += size
    if (stream.status < 200) startAnswer(stream, headers, this.#shared.ended.swaps)
    else if (stream.echo !== undefined) {
      const rest = stream.echo.end()
      if (rest.length > 0) this.#shared.toClient(dataFrames(number, rest, false))
    }
    this.#shared.toClient(
      headerFrames(number, encodeHeaders(swapOut(this.#shared.ended.swaps, headers)), endStream),
    )
    if (endStream) this.#shared.streams.end(number, "serverEnded")
  }
}

/** Answers with a status below 200 only announce the one that counts. */
function startAnswer(stream: Stream, headers: readonly Header[], swaps: readonly Swap[]): void {
  const header = (wanted: string) => headers.find(([name]) => name === wanted)?.[1]
  stream.status = Number(header(":status")) || 0
  if (stream.status >= 200 && swaps.length > 0 && isReadable(header("content-encoding")))
    stream.echo = new EchoFilter(swaps)
}
