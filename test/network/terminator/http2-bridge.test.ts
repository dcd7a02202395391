import { describe, expect, test } from "bun:test"
import { frameType, numberFrame } from "../../../src/network/http2/frames.ts"
import { settingsFrame } from "../../../src/network/http2/settings.ts"
import { bearer, placeholder, recordText, secret } from "../../support/ended-host.ts"
import { data, Http2Stage, headers, paddedData, raw, request } from "../../support/http2-stage.ts"

const { reset, windowUpdate, goAway } = frameType

describe("a request and its answer", () => {
  test("pass, and are recorded when both are over", () => {
    const stage = new Http2Stage()
    stage.ask(1, { ":path": "/x?token=1" })
    expect(stage.server.take()).toEqual(["HEADERS 1 /x?token=1 end"])
    stage.answer(headers(1, { ":status": "200" }), data(1, "hello"))
    expect(stage.records).toEqual([])
    stage.answer(data(1, "", true))
    expect(stage.client.take()).toEqual(["HEADERS 1 200", "DATA 1 hello", "DATA 1  end"])
    expect(stage.records.map(recordText)).toEqual(["GET /x 200 allow"])
  })

  test("with bodies and trailers both ways, as gRPC has them", () => {
    const stage = new Http2Stage()
    stage.ask(1, { ":method": "POST", te: "trailers" }, false)
    stage.say(data(1, "one"), data(1, "two"), headers(1, { "x-checksum": "1" }, true))
    expect(stage.server.take()).toEqual([
      "HEADERS 1 /",
      "DATA 1 one",
      "DATA 1 two",
      "HEADERS 1 x-checksum end",
    ])
    stage.answer(headers(1, { ":status": "200" }), data(1, "a"), headers(1, { "grpc-status": "0" }, true))
    expect(stage.client.take()).toEqual(["HEADERS 1 200", "DATA 1 a", "HEADERS 1 grpc-status end"])
  })

  test("with announcements before the answer", () => {
    const stage = new Http2Stage()
    stage.ask(1)
    stage.answer(headers(1, { ":status": "103" }), headers(1, { ":status": "200" }, true))
    expect(stage.client.take()).toEqual(["HEADERS 1 103", "HEADERS 1 200 end"])
    expect(stage.records.map(recordText)).toEqual(["GET / 200 allow"])
  })

  test("of many streams at once, in any order", () => {
    const stage = new Http2Stage()
    for (const stream of [1, 3, 5]) stage.ask(stream, { ":path": `/${stream}` })
    stage.answer(headers(5, { ":status": "205" }, true), headers(1, { ":status": "201" }, true))
    stage.answer(headers(3, { ":status": "203" }, true))
    expect(stage.client.take()).toEqual(["HEADERS 5 205 end", "HEADERS 1 201 end", "HEADERS 3 203 end"])
    expect(stage.records.map(recordText)).toEqual([
      "GET /5 205 allow",
      "GET /1 201 allow",
      "GET /3 203 allow",
    ])
  })

  test("byte by byte", () => {
    const stage = new Http2Stage()
    for (const byte of Buffer.concat([request(1, {}, false), data(1, "body", true)]))
      stage.say(Buffer.from([byte]))
    for (const byte of Buffer.concat([headers(1, { ":status": "200" }), data(1, "answer", true)]))
      stage.answer(Buffer.from([byte]))
    expect(stage.server.take()).toEqual(["HEADERS 1 /", "DATA 1 body end"])
    expect(stage.client.take()).toEqual(["HEADERS 1 200", "DATA 1 answer end"])
  })

  test("with headers of many frames", () => {
    const stage = new Http2Stage()
    stage.ask(1, { "x-long": "v".repeat(50_000) })
    expect(stage.server.seen[0]?.headers["x-long"]).toHaveLength(50_000)
  })

  test("count their bytes", () => {
    const stage = new Http2Stage()
    stage.ask(1, { ":method": "POST" }, false)
    stage.say(data(1, "x".repeat(1000), true))
    stage.answer(headers(1, { ":status": "200" }), data(1, "y".repeat(3000), true))
    expect(stage.records[0]?.sent).toBeGreaterThan(1000)
    expect(stage.records[0]?.sent).toBeLessThan(1200)
    expect(stage.records[0]?.received).toBeGreaterThan(3000)
    expect(stage.records[0]?.received).toBeLessThan(3100)
  })
})

describe("what steers a connection is the two ends' own", () => {
  test("settings and their acknowledgement, pings, goodbyes", () => {
    const stage = new Http2Stage()
    stage.answer(settingsFrame([[3, 7]]), raw(frameType.settings, 0, undefined, 1))
    expect(stage.client.take()).toEqual(["SETTINGS 0", "SETTINGS 0 ack"])
    stage.say(raw(frameType.settings, 0, undefined, 1), raw(frameType.ping, 0, Buffer.from("12345678")))
    expect(stage.server.take()).toEqual(["SETTINGS 0 ack", "PING 0"])
    stage.answer(raw(frameType.ping, 0, Buffer.from("12345678"), 1))
    stage.answer(numberFrame(goAway, 0, 0, 0))
    expect(stage.client.take()).toEqual(["PING 0 ack", "GOAWAY 0 0,0"])
  })

  test("credit for a stream and for the connection", () => {
    const stage = new Http2Stage()
    stage.ask(1)
    stage.server.take()
    stage.say(numberFrame(windowUpdate, 1, 100), numberFrame(windowUpdate, 0, 200))
    expect(stage.server.take()).toEqual(["WINDOW 1 100", "WINDOW 0 200"])
    stage.answer(numberFrame(windowUpdate, 1, 300), numberFrame(windowUpdate, 0, 400))
    expect(stage.client.take()).toEqual(["WINDOW 1 300", "WINDOW 0 400"])
  })

  test("padding", () => {
    const stage = new Http2Stage({ swaps: [] })
    stage.ask(1, { ":method": "POST" }, false)
    stage.say(paddedData(1, "up", 3, true))
    stage.answer(headers(1, { ":status": "200" }), paddedData(1, "down", 2, true))
    expect(stage.server.take().at(-1)).toBe("DATA 1 \x03up\0\0\0 end")
    expect(stage.client.take().at(-1)).toBe("DATA 1 \x02down\0\0 end")
  })

  test("a reset of the client", () => {
    const stage = new Http2Stage()
    stage.ask(1)
    stage.server.take()
    stage.say(numberFrame(reset, 1, 8))
    expect(stage.server.take()).toEqual(["RST 1 8"])
    expect(stage.records.map(recordText)).toEqual(["GET / 0 allow"])
    // The server sent these before it knew: their credit comes back, and the client hears nothing.
    stage.answer(headers(1, { ":status": "200" }), data(1, "late"))
    expect(stage.client.take()).toEqual([])
    expect(stage.server.take()).toEqual(["WINDOW 0 4"])
  })

  test("a reset of the server, with its reason", () => {
    const stage = new Http2Stage()
    stage.ask(1)
    stage.answer(headers(1, { ":status": "200" }), data(1, "half"), numberFrame(reset, 1, 2))
    expect(stage.client.take()).toEqual(["HEADERS 1 200", "DATA 1 half", "RST 1 2"])
    expect(stage.records.map(recordText)).toEqual(["GET / 200 allow"])
  })

  test("priorities and what nobody knows are left out", () => {
    const stage = new Http2Stage()
    stage.say(raw(frameType.priority, 1, Buffer.alloc(5)), raw(0x10, 0, Buffer.from("u=1")), raw(0xee, 3))
    stage.answer(raw(0xa, 0, Buffer.from("alt-svc")), raw(0xc, 0, Buffer.from("origin")))
    expect(stage.server.take()).toEqual([])
    expect(stage.client.take()).toEqual([])
  })

  test("a server that is done with a request whose body still comes may say so", () => {
    const stage = new Http2Stage()
    stage.ask(1, { ":method": "POST" }, false)
    stage.answer(headers(1, { ":status": "413" }, true), numberFrame(reset, 1, 0))
    expect(stage.client.take()).toEqual(["HEADERS 1 413 end", "RST 1 0"])
    stage.say(data(1, "still"))
    expect(stage.client.take()).toEqual(["WINDOW 0 5"])
    expect(stage.records.map(recordText)).toEqual(["POST / 413 allow"])
  })

  test("a server that goes away with a request open has cut it", () => {
    const stage = new Http2Stage()
    expect(stage.bridge.serverEnded()).toBe("over")
    stage.ask(1)
    expect(stage.bridge.serverEnded()).toBe("cut")
    stage.bridge.close()
    expect(stage.records.map(recordText)).toEqual(["GET / 0 allow"])
  })
})

describe("credentials", () => {
  const asking = { authorization: `Bearer ${placeholder}` }

  test("go in on the way to the server", () => {
    const stage = new Http2Stage()
    stage.ask(1, asking)
    expect(stage.server.seen[0]?.headers.authorization).toBe(`Bearer ${secret}`)
  })

  test("do not where the placeholder stands elsewhere", () => {
    const stage = new Http2Stage()
    stage.ask(1, { ":path": `/?t=${placeholder}`, "x-key": placeholder, cookie: placeholder })
    expect(JSON.stringify(stage.server.seen)).not.toContain(secret)
    expect(stage.server.seen[0]?.headers["x-key"]).toBe(placeholder)
  })

  test("not in trailers", () => {
    const stage = new Http2Stage()
    stage.ask(1, { ":method": "POST" }, false)
    const trailers = { "x-token": `Bearer ${placeholder}` }
    stage.say(headers(1, trailers, true))
    expect(stage.server.seen.at(-1)?.headers).toEqual(trailers)
  })

  test("not in bodies", () => {
    const stage = new Http2Stage()
    stage.ask(1, { ...asking, ":method": "POST" }, false)
    stage.say(data(1, placeholder, true))
    expect(stage.server.take().at(-1)).toBe(`DATA 1 ${placeholder} end`)
  })

  test("into the query", () => {
    const swaps = [{ ...bearer, as: { kind: "query" as const, name: "key" } }]
    const stage = new Http2Stage({ swaps })
    stage.ask(1, { ":path": `/x?key=${placeholder}&a=1` })
    expect(stage.server.take()).toEqual([`HEADERS 1 /x?key=${secret}&a=1 end`])
    stage.answer(headers(1, { ":status": "200" }, true))
    expect(stage.records.map(recordText)).toEqual(["GET /x 200 allow"])
  })

  test("that the server repeats are placeholders inside: in headers, bodies and trailers", () => {
    const stage = new Http2Stage()
    stage.ask(1, asking)
    stage.answer(headers(1, { ":status": "200", "x-echo": `<${secret}>` }))
    stage.answer(data(1, `a ${secret.slice(0, 10)}`), data(1, `${secret.slice(10)} z`))
    stage.answer(headers(1, { "x-trailer": secret }, true))
    expect(JSON.stringify(stage.client.seen)).not.toContain(secret)
    expect(stage.client.seen[0]?.headers["x-echo"]).toBe(`<${placeholder}>`)
    const body = stage.client.seen.filter(({ kind }) => kind === "DATA").map(({ text }) => text)
    expect(body.join("")).toBe(`a ${placeholder} z`)
    expect(stage.client.seen.at(-1)?.headers).toEqual({ "x-trailer": placeholder })
  })

  test("padding that is left out with them gives its credit back", () => {
    const stage = new Http2Stage()
    stage.ask(1, asking)
    stage.server.take()
    stage.answer(headers(1, { ":status": "200" }), paddedData(1, secret, 9, true))
    expect(stage.client.take()).toEqual(["HEADERS 1 200", `DATA 1 ${placeholder} end`])
    expect(stage.server.take()).toEqual(["WINDOW 0 10", "WINDOW 1 10"])
  })

  test("of an encoded answer cannot be found, and it passes untouched", () => {
    const stage = new Http2Stage()
    stage.ask(1, asking)
    stage.answer(headers(1, { ":status": "200", "content-encoding": "gzip" }), data(1, secret, true))
    expect(stage.client.take().at(-1)).toBe(`DATA 1 ${secret} end`)
  })
})
