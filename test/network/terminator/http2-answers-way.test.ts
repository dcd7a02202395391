import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { frameType, numberFrame } from "../../../src/network/http2/frames.ts"
import { placeholder, secret } from "../../support/ended-host.ts"
import { data, Http2Stage, headers, raw } from "../../support/http2-stage.ts"

const { pushPromise, settings, windowUpdate, reset } = frameType

test("answers to nobody's request are not passed on, and their credit goes back", () => {
  const stage = new Http2Stage()
  stage.answer(
    headers(1, { ":status": "200" }),
    data(1, "abc"),
    numberFrame(windowUpdate, 1, 5),
    numberFrame(reset, 1, 0),
  )
  expect(stage.client.take()).toEqual([])
  expect(stage.server.take()).toEqual(["WINDOW 0 3"])
})

test("headers to nobody fill the same table as all others", () => {
  const stage = new Http2Stage()
  // A header that is added to the table (0x40), in an answer that is left out.
  stage.answer(raw(frameType.headers, 9, Buffer.from("4001780179", "hex"), 4))
  stage.ask(1)
  stage.answer(raw(frameType.headers, 1, Buffer.from("88be", "hex"), 5))
  expect(stage.client.seen.at(-1)?.headers).toEqual({ ":status": "200", x: "y" })
})

describe("the connection ends when the server", () => {
  test.each<[string, Buffer]>([
    ["promises an answer", raw(pushPromise, 1, Buffer.alloc(4))],
    ["cuts its settings", raw(settings, 0, Buffer.alloc(5))],
    ["sends headers that are none", raw(frameType.headers, 1, Buffer.from([0xff]), 4)],
    ["interrupts headers", Buffer.concat([raw(frameType.headers, 1), data(1, "x")])],
    ["sends a frame that is too large", Buffer.from("004001000000000001", "hex")],
  ])("%s", (_, bytes) => {
    const stage = new Http2Stage()
    stage.ask(1)
    expect(stage.answer(bytes)).toBe("over")
    expect(stage.client.take().at(-1)).toStartWith("GOAWAY 0 1,")
  })
})

test("data of an answer without a status is passed on, as it came", () => {
  const stage = new Http2Stage()
  stage.ask(1)
  stage.answer(data(1, "x", true))
  expect(stage.client.take()).toEqual(["DATA 1 x end"])
  expect(stage.records[0]?.request.status).toBe(0)
})

test("an empty last frame ends an answer that was looked into", () => {
  const stage = new Http2Stage()
  stage.ask(1, { authorization: `Bearer ${placeholder}` })
  stage.answer(headers(1, { ":status": "200" }), data(1, secret.slice(0, 12)), data(1, "", true))
  expect(stage.client.take()).toEqual(["HEADERS 1 200", `DATA 1 ${secret.slice(0, 12)} end`])
})

test("no bytes of a server make anything else than frames or an end", () => {
  const frame = fc
    .record({
      type: fc.integer({ min: 0, max: 12 }),
      flags: fc.integer({ min: 0, max: 255 }),
      stream: fc.constantFrom(0, 1, 3),
      payload: fc.uint8Array({ maxLength: 40 }),
    })
    .map(({ type, flags, stream, payload }) => raw(type, stream, payload, flags))
  const sensible = fc.constantFrom(
    headers(1, { ":status": "200" }),
    data(1, "x"),
    data(3, secret),
    headers(3, { ":status": "200", "x-echo": secret }),
    headers(1, { "x-trailer": "1" }, true),
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(frame, sensible), { maxLength: 30 }), frames => {
      const stage = new Http2Stage()
      for (const stream of [1, 3]) stage.ask(stream, { authorization: `Bearer ${placeholder}` })
      for (const bytes of frames) if (stage.answer(bytes) === "over") break
      const told = stage.client.seen.filter(({ headers }) => headers["x-echo"] !== undefined)
      for (const { headers } of told) expect(headers["x-echo"]).toBe(placeholder)
    }),
    { numRuns: 1000 },
  )
})
