/** HTTP/2 from the client to the server: everything that comes this way may be hostile. */
import type { Header } from "../credentials/swap.ts"
import { authorityOf } from "../http/authority.ts"
import {
  ConnectionError,
  contentOf,
  type ErrorCode,
  errorCode,
  type Frame,
  frameBytes,
  frameFlag,
  frameType,
  headerFrames,
  numberFrame,
} from "../http2/frames.ts"
import { type HeaderBlock, HeaderBlocks } from "../http2/header-blocks.ts"
import { encodeHeaders } from "../http2/headers.ts"
import { passedSettings, streamsMax } from "../http2/settings.ts"
import { authorityText, decide, pathOf } from "./decision.ts"
import type { Http2Shared } from "./http2-bridge.ts"
import { answerRefused } from "./http2-refusal.ts"
import { areTrailers, readRequest, requestHeaders } from "./http2-requests.ts"
import { SaidFrames } from "./http2-said.ts"
import { fits, type Stream } from "./http2-streams.ts"

export class RequestsWay {
  readonly #said = new SaidFrames()
  readonly #blocks = new HeaderBlocks()
  readonly #shared: Http2Shared
  readonly #onCredit: () => void

  /** @param onCredit called when the client takes more */
  constructor(shared: Http2Shared, onCredit: () => void) {
    this.#shared = shared
    this.#onCredit = onCredit
  }

  get isBehind(): boolean {
    return !this.#said.isEmpty
  }

  /** @throws ConnectionError */
  push(bytes: Buffer): void {
    for (const frame of this.#said.read(bytes, this.#shared.hasRoom)) this.#frame(frame)
  }

  #frame(frame: Frame): void {
    this.#blocks.expect(frame)
    switch (frame.type) {
      case frameType.headers:
      case frameType.continuation: {
        const block = this.#blocks.push(frame)
        if (block !== undefined) this.#headers(block)
        break
      }
      case frameType.data:
        this.#data(frame)
        break
      case frameType.reset:
        this.#reset(frame)
        break
      case frameType.settings:
        this.#settings(frame)
        break
      case frameType.windowUpdate:
        this.#credit(frame)
        break
      case frameType.ping:
      case frameType.goAway:
        this.#shared.toServer(frameBytes({ ...frame, stream: 0 }))
        break
      case frameType.pushPromise:
        throw new ConnectionError(errorCode.protocol, "a client promises an answer")
      // Priorities, and what is not known: both may be ignored (RFC 9113 section 5.3.2, 5.5).
    }
  }

  #headers(block: HeaderBlock): void {
    const { stream: number, endStream, headers } = block
    const { streams } = this.#shared
    if (number % 2 === 0) throw new ConnectionError(errorCode.protocol, "a client's stream has an odd number")
    const known = streams.get(number)
    // One that is neither known nor new was refused or reset. It had to be decoded: the tables of both ends go on.
    if (known !== undefined) this.#trailers(number, known, endStream, headers)
    else if (number <= streams.last) streams.refused.delete(number)
    else this.#open(block)
  }

  #open({ stream: number, endStream, headers, size }: HeaderBlock): void {
    const { streams, ended, toServer } = this.#shared
    streams.last = number
    const request = readRequest(headers, endStream)
    if (request === undefined || streams.count + streams.refused.size >= streamsMax) {
      this.#answerReset(number, request === undefined ? errorCode.protocol : errorCode.refusedStream)
      return
    }
    const authorities = request.authority === undefined ? [] : [authorityOf(request.authority)]
    const decision = decide(ended, { ...request, authorities })
    if (decision.kind === "refuse") {
      answerRefused(this.#shared, { ...request, number, endStream }, decision)
      return
    }
    const { method, length: left } = request
    const { rule, target } = decision
    const path = pathOf(request.target)
    streams.add(number, { method, path, rule, left, clientEnded: false }).sent += size
    const changed = requestHeaders({
      ...request,
      authority: request.authority ?? authorityText(ended),
      target,
      headers: decision.headers,
    })
    toServer(headerFrames(number, encodeHeaders(changed), endStream))
    if (endStream) streams.end(number, "clientEnded")
  }

  /** Section 8.1: they end the request, and name nothing that steers it. */
  #trailers(number: number, stream: Stream, endStream: boolean, headers: readonly Header[]): void {
    if (!endStream || stream.clientEnded || (stream.left ?? 0) > 0 || !areTrailers(headers)) {
      this.#resetBoth(number, errorCode.protocol)
      return
    }
    this.#shared.toServer(headerFrames(number, encodeHeaders(headers), true))
    this.#shared.streams.end(number, "clientEnded")
  }

  #data(frame: Frame): void {
    const { stream: number, payload, flags } = frame
    const endStream = (flags & frameFlag.endStream) !== 0
    this.#refuseIdle(number)
    const stream = this.#shared.streams.get(number)
    if (stream === undefined || stream.clientEnded || !fits(stream, contentOf(frame).length, endStream)) {
      if (stream !== undefined) this.#resetBoth(number, errorCode.protocol)
      this.#swallow(number, payload.length, endStream)
      return
    }
    stream.sent += payload.length
    this.#shared.toServer(frameBytes({ ...frame, flags: flags & (frameFlag.endStream | frameFlag.padded) }))
    if (endStream) this.#shared.streams.end(number, "clientEnded")
  }

  /** The server never hears of these bytes: the credit that they used is given back here. */
  #swallow(number: number, bytes: number, endStream: boolean): void {
    const { streams, toClient } = this.#shared
    if (bytes > 0) toClient(numberFrame(frameType.windowUpdate, 0, bytes))
    if (endStream) streams.refused.delete(number)
    else if (bytes > 0 && streams.refused.has(number))
      toClient(numberFrame(frameType.windowUpdate, number, bytes))
  }

  #reset(frame: Frame): void {
    this.#refuseIdle(frame.stream)
    if (frame.payload.length !== 4) throw new ConnectionError(errorCode.frameSize, "a reset has 4 bytes")
    this.#shared.streams.refused.delete(frame.stream)
    if (this.#shared.streams.get(frame.stream) === undefined) return
    this.#shared.toServer(frameBytes({ ...frame, flags: 0 }))
    this.#shared.streams.drop(frame.stream)
  }

  #settings(frame: Frame): void {
    if (frame.flags & frameFlag.ack) {
      this.#shared.toServer(frameBytes({ ...frame, stream: 0, payload: Buffer.alloc(0) }))
      return
    }
    const { bytes, window } = passedSettings(frame, "client")
    this.#shared.streamWindow = window ?? this.#shared.streamWindow
    this.#shared.toServer(bytes)
  }

  #credit(frame: Frame): void {
    const { stream, payload } = frame
    if (payload.length !== 4) throw new ConnectionError(errorCode.frameSize, "a window update has 4 bytes")
    if (stream !== 0) {
      if (this.#shared.streams.get(stream) !== undefined)
        this.#shared.toServer(frameBytes({ ...frame, flags: 0 }))
      return
    }
    const bytes = payload.readUInt32BE(0) & 0x7fff_ffff
    if (bytes === 0) throw new ConnectionError(errorCode.protocol, "a window update of nothing")
    const servers = this.#shared.window.grant(bytes)
    if (servers > 0) this.#shared.toServer(numberFrame(frameType.windowUpdate, 0, servers))
    this.#onCredit()
  }

  #refuseIdle(number: number): void {
    if (number === 0 || number % 2 === 0 || number > this.#shared.streams.last)
      throw new ConnectionError(errorCode.protocol, "a frame for a stream that nobody opened")
  }

  #answerReset(number: number, code: ErrorCode): void {
    this.#shared.toClient(numberFrame(frameType.reset, number, code))
  }

  #resetBoth(number: number, code: ErrorCode): void {
    this.#answerReset(number, code)
    this.#shared.toServer(numberFrame(frameType.reset, number, errorCode.cancel))
    this.#shared.streams.drop(number)
  }
}
