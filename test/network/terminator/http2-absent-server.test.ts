import { expect, test } from "bun:test"
import { FrameReader, frameType, preface } from "../../../src/network/http2/frames.ts"
import { settingsFrame } from "../../../src/network/http2/settings.ts"
import { refusal } from "../../../src/network/terminator/decision.ts"
import { AbsentServer } from "../../../src/network/terminator/http2-absent-server.ts"
import { Http2Stage, raw } from "../../support/http2-stage.ts"

const read = (bytes: Buffer) => new FrameReader("server").push(bytes)

test("says first what every server says", () => {
  expect(read(new AbsentServer().greeting())).toMatchObject([{ type: frameType.settings, flags: 0 }])
})

test("acknowledges settings and pings, and nothing else", () => {
  const absent = new AbsentServer()
  const answers = read(absent.push(Buffer.concat([preface, settingsFrame([[4, 5]])])))
  expect(answers).toMatchObject([{ type: frameType.settings, flags: 1, payload: Buffer.alloc(0) }])
  const pong = read(absent.push(raw(frameType.ping, 0, Buffer.from("12345678"))))
  expect(pong).toMatchObject([{ type: frameType.ping, flags: 1, payload: Buffer.from("12345678") }])
  expect(absent.push(raw(frameType.settings, 0, undefined, 1))).toHaveLength(0)
  expect(absent.push(raw(frameType.goAway, 0, Buffer.alloc(8)))).toHaveLength(0)
})

test("behind a bridge whose host cannot be reached every request is answered with the reason", () => {
  const stage = new Http2Stage({ failure: refusal(502, "no trusted connection to api.test: self signed") })
  stage.ask(1)
  stage.ask(3, { ":method": "POST" }, false)
  expect(stage.server.take()).toEqual([])
  expect(stage.client.take()).toEqual([
    "HEADERS 1 502",
    "DATA 1 cordon: no trusted connection to api.test: self signed\n end",
    "HEADERS 3 502",
    "DATA 3 cordon: no trusted connection to api.test: self signed\n end",
  ])
})
