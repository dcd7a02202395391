/** A client and a server of HTTP/2, played frame by frame, with the bridge between them. */
import type { Header } from "../../src/network/credentials/swap.ts"
import {
  dataFrames,
  type Frame,
  FrameReader,
  frameBytes,
  headerFrames,
  preface,
} from "../../src/network/http2/frames.ts"
import { HeaderBlocks } from "../../src/network/http2/header-blocks.ts"
import { encodeHeaders } from "../../src/network/http2/headers.ts"
import { settingsFrame } from "../../src/network/http2/settings.ts"
import type { RequestRecord } from "../../src/network/streams/ended-connection.ts"
import { Http2Bridge } from "../../src/network/terminator/http2-bridge.ts"
import { type EndedOptions, endedHost } from "./ended-host.ts"

/** A table of facts, as text. */
const names = [
  "DATA",
  "HEADERS",
  "PRIORITY",
  "RST",
  "SETTINGS",
  "PUSH",
  "PING",
  "GOAWAY",
  "WINDOW",
  "CONTINUATION",
]

export type Seen = {
  kind: string
  stream: number
  end: boolean
  text: string
  headers: Record<string, string>
}

/** What one end has got. */
class End {
  readonly seen: Seen[] = []
  readonly #reader: FrameReader
  readonly #blocks = new HeaderBlocks()

  constructor(from: "client" | "server") {
    this.#reader = new FrameReader(from)
  }

  push(bytes: Buffer): void {
    for (const frame of this.#reader.push(bytes)) this.#frame(frame)
  }

  /** What has come since the last look, as text: `HEADERS 1 end`. */
  take(): string[] {
    return this.seen
      .splice(0)
      .map(({ kind, stream, end, text }) => [kind, stream, text, end ? "end" : ""].join(" ").trim())
  }

  #frame(frame: Frame): void {
    const kind = names[frame.type] ?? `type ${frame.type}`
    const end = (frame.type === 0 || frame.type === 1) && (frame.flags & 1) === 1
    if (kind !== "HEADERS" && kind !== "CONTINUATION") {
      const ack = (kind === "SETTINGS" || kind === "PING") && frame.flags & 1 ? "ack" : ""
      const text = kind === "DATA" ? String(frame.payload) : ack || numbersOf(kind, frame.payload)
      this.seen.push({ kind, stream: frame.stream, end, text, headers: {} })
      return
    }
    const block = this.#blocks.push(frame)
    if (block === undefined) return
    const headers = Object.fromEntries(block.headers)
    const text = headers[":path"] ?? headers[":status"] ?? Object.keys(headers).join(",")
    this.seen.push({ kind: "HEADERS", stream: block.stream, end: block.endStream, text, headers })
  }
}

function numbersOf(kind: string, payload: Buffer): string {
  if (kind === "SETTINGS" || kind === "PING") return ""
  const numbers: number[] = []
  for (let at = 0; at + 4 <= payload.length; at += 4) numbers.push(payload.readUInt32BE(at))
  return numbers.join(",")
}

export class Http2Stage {
  readonly client = new End("server")
  readonly server = new End("client")
  readonly records: RequestRecord[] = []
  readonly bridge: Http2Bridge

  /** @param settings what the client says first; `greets` when the server has said its own */
  constructor(
    options: EndedOptions = {},
    settings: readonly (readonly [number, number])[] = [],
    { greets = true, hasRoom = (): boolean => true } = {},
  ) {
    this.bridge = new Http2Bridge(endedHost(options), {
      toClient: bytes => this.client.push(bytes),
      toServer: bytes => this.server.push(bytes),
      hasRoom,
      record: entry => void this.records.push(entry),
    })
    this.say(preface, settingsFrame(settings))
    if (greets) this.answer(settingsFrame([]))
    this.client.take()
    this.server.take()
  }

  /** The client sends frames. */
  say(...frames: readonly Uint8Array[]) {
    return this.bridge.fromClient(Buffer.concat(frames))
  }

  /** The server does. */
  answer(...frames: readonly Uint8Array[]) {
    return this.bridge.fromServer(Buffer.concat(frames))
  }

  /** The client asks for something. */
  ask(stream: number, change: Record<string, string> = {}, end = true) {
    return this.say(request(stream, change, end))
  }
}

export function request(stream: number, change: Record<string, string> = {}, end = true): Buffer {
  const {
    ":method": method = "GET",
    ":path": path = "/",
    ":authority": authority = "api.test",
    ...more
  } = change
  const first = { ":method": method, ":scheme": "https", ":authority": authority, ":path": path }
  return headerFrames(stream, encodeHeaders(Object.entries({ ...first, ...more })), end)
}

export function headers(stream: number, fields: Record<string, string>, end = false): Buffer {
  return headerFrames(stream, encodeHeaders(Object.entries(fields) as Header[]), end)
}

export function data(stream: number, text: string, end = false): Buffer {
  return dataFrames(stream, Buffer.from(text), end)
}

export function paddedData(stream: number, text: string, padding: number, end = false): Buffer {
  const payload = Buffer.concat([Buffer.from([padding]), Buffer.from(text), Buffer.alloc(padding)])
  return frameBytes({ type: 0, flags: 0x8 | (end ? 1 : 0), stream, payload })
}

export function raw(type: number, stream: number, payload: Uint8Array = Buffer.alloc(0), flags = 0): Buffer {
  return frameBytes({ type, flags, stream, payload: Buffer.from(payload) })
}
