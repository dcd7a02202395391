/**
 * Frames of HTTP/2 from a client and a server, sensible ones among any, in pieces of any size: whatever they are, a
 * request that no rule allows never reaches the server, no secret reaches the client in a header, and the client is
 * never sent more than it takes.
 */
import fc from "fast-check"
import { frameType, numberFrame } from "../../src/network/http2/frames.ts"
import { settingsFrame } from "../../src/network/http2/settings.ts"
import { placeholder, secret } from "../support/ended-host.ts"
import { data, Http2Stage, headers, paddedData, raw, request } from "../support/http2-stage.ts"
import { target } from "./target.ts"

const stream = fc.constantFrom(0, 1, 2, 3, 5, 7, 9)

const anyFrame = fc
  .record({
    type: fc.integer({ min: 0, max: 12 }),
    flags: fc.integer({ min: 0, max: 255 }),
    stream,
    payload: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ type, flags, stream, payload }) => raw(type, stream, payload, flags))

const content = fc.oneof(fc.string(), fc.constantFrom(secret, secret.slice(0, 11), "x".repeat(16_000)))
const credit = fc.tuple(stream, fc.integer({ min: 1, max: 100_000 }))

const common = fc.oneof(
  anyFrame,
  fc.tuple(stream, content, fc.boolean()).map(([stream, text, end]) => data(stream, text, end)),
  fc
    .tuple(stream, content, fc.integer({ max: 200, min: 0 }))
    .map(([stream, text, padding]) => paddedData(stream, text, padding)),
  credit.map(([stream, bytes]) => numberFrame(frameType.windowUpdate, stream, bytes)),
  fc
    .tuple(stream, fc.integer({ min: 0, max: 13 }))
    .map(([stream, code]) => numberFrame(frameType.reset, stream, code)),
  fc.uint8Array({ maxLength: 30 }).map(bytes => Buffer.from(bytes)),
)

const path = fc.constantFrom(
  "/allowed",
  "/allowed/x",
  "/denied",
  "/allowed/../denied",
  "/allowed/..%2fdenied",
  "*",
)

const fromClient = fc.oneof(
  common,
  fc
    .tuple(stream, path, fc.boolean(), fc.constantFrom("GET", "POST", "TRACE"))
    .map(([stream, path, end, method]) =>
      request(stream, { ":path": path, ":method": method, authorization: `Bearer ${placeholder}` }, end),
    ),
  fc.nat({ max: 100_000 }).map(window => settingsFrame([[4, window]])),
)

const fromServer = fc.oneof(
  common,
  fc
    .tuple(stream, fc.constantFrom("100", "200", "204"), fc.boolean())
    .map(([stream, status, end]) => headers(stream, { ":status": status, "x-echo": secret }, end)),
)

const step = fc.oneof(
  fc.record({ who: fc.constant("client" as const), bytes: fromClient }),
  fc.record({ who: fc.constant("server" as const), bytes: fromServer }),
)

/** Bytes of DATA that the client was sent, and what it said that it takes. */
function overdrawn(stage: Http2Stage, granted: number): boolean {
  const sent = stage.client.seen
    .filter(({ kind }) => kind === "DATA")
    .reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  return sent > 65_535 + granted
}

/** A grant of the client as it was read: of the whole connection, in a frame of its own. */
function grantOf(bytes: Uint8Array): number {
  const frame = Buffer.from(bytes)
  const isGrant =
    frame.length === 13 && frame.readUInt8(3) === frameType.windowUpdate && frame.readUInt32BE(5) === 0
  return isGrant ? frame.readUInt32BE(9) : 0
}

export const endedStreams = target(
  { name: "ended-streams", weight: 2, runs: 400 },
  fc.record({ steps: fc.array(step, { maxLength: 60 }), cut: fc.integer({ min: 1, max: 20_000 }) }),
  ({ steps, cut }) => {
    const stage = new Http2Stage({
      rules: ["allow api.test GET,POST /allowed/**", "allow api.test GET,POST /allowed"],
    })
    let granted = 0
    run: for (const { who, bytes } of steps) {
      if (who === "client") granted += grantOf(bytes)
      for (let at = 0; at < bytes.length; at += cut) {
        const piece = bytes.subarray(at, at + cut)
        if ((who === "client" ? stage.say(piece) : stage.answer(piece)) === "over") break run
      }
    }
    stage.bridge.close()
    for (const { headers } of stage.server.seen)
      if (headers[":path"] !== undefined && !headers[":path"].startsWith("/allowed"))
        throw new Error(`${headers[":path"]} reached the server`)
    for (const { headers } of stage.client.seen)
      if (headers["x-echo"] === secret) throw new Error("the secret came in")
    if (overdrawn(stage, granted)) throw new Error("the client was sent more than it takes")
  },
)
