import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { frameType, headerFrames, numberFrame, preface } from "../../../src/network/http2/frames.ts"
import { encodeHeaders } from "../../../src/network/http2/headers.ts"
import { settingsFrame, streamsMax } from "../../../src/network/http2/settings.ts"
import { recordText } from "../../support/ended-host.ts"
import { data, Http2Stage, headers, paddedData, raw, request } from "../../support/http2-stage.ts"

const { reset, windowUpdate, settings, ping, pushPromise, continuation } = frameType
const rules = ["allow api.test GET /repos/**", "allow api.test POST /repos/me/**"]

describe("a request that a rule allows", () => {
  test.each([
    ["GET", "/repos/a"],
    ["GET", "/repos/a/b?c=d"],
    ["HEAD", "/repos/a"],
    ["POST", "/repos/me/x"],
  ])("%s %s passes", (method, path) => {
    const stage = new Http2Stage({ rules })
    stage.ask(1, { ":method": method, ":path": path })
    expect(stage.server.take()).toEqual([`HEADERS 1 ${path} end`])
  })
})

describe("a request that none allows", () => {
  test.each([
    ["POST", "/repos/a"],
    ["DELETE", "/repos/me/x"],
    ["GET", "/admin"],
    ["GET", "/repos/../admin"],
    ["GET", "/repos/..%2fadmin"],
    ["GET", "/repos/%2e%2e/admin"],
    ["GET", "/repos/..;/admin"],
    ["GET", "/repos/..%252fadmin"],
    ["GET", "//admin"],
    ["GET", "/repos/..%5cadmin"],
    ["GET", "/Repos/a"],
    ["get", "/admin"],
    ["OPTIONS", "*"],
  ])("%s %s is answered here and never reaches the server", (method, path) => {
    const stage = new Http2Stage({ rules })
    stage.ask(1, { ":method": method, ":path": path })
    expect(stage.server.take()).toEqual([])
    const [head, body] = stage.client.seen
    expect(head?.headers).toMatchObject({ ":status": "403", "content-length": String(body?.text.length) })
    expect(body?.text).toContain("blocked")
    expect(stage.records.map(recordText)).toEqual([`${method} ${path} 403 deny`])
  })

  test("leaves the connection as it is for the next", () => {
    const stage = new Http2Stage({ rules })
    stage.ask(1, { ":path": "/admin" })
    stage.ask(3, { ":path": "/repos/a" })
    expect(stage.server.take()).toEqual(["HEADERS 3 /repos/a end"])
  })

  test("that has a body may send it: it is thrown away, and costs no credit", () => {
    const stage = new Http2Stage({ rules })
    stage.ask(1, { ":method": "POST", ":path": "/admin" }, false)
    expect(stage.client.take().map(line => line.split(" ")[0])).toEqual(["HEADERS", "DATA"])
    stage.say(data(1, "0123456789"), paddedData(1, "abc", 4, true), data(1, "x"))
    expect(stage.client.take()).toEqual(["WINDOW 0 10", "WINDOW 1 10", "WINDOW 0 8", "WINDOW 0 1"])
    stage.say(
      numberFrame(reset, 1, 8),
      headers(1, { "x-trailer": "1" }, true),
      numberFrame(windowUpdate, 1, 5),
    )
    expect(stage.server.take()).toEqual([])
  })

  test("whose body nobody ends counts as open: there is a bound", () => {
    const stage = new Http2Stage({ rules })
    for (let count = 0; count < streamsMax; count++) stage.ask(2 * count + 1, { ":path": "/admin" }, false)
    stage.client.take()
    stage.ask(2 * streamsMax + 1)
    expect(stage.client.take()).toEqual([`RST ${2 * streamsMax + 1} 7`])
    stage.say(numberFrame(reset, 1, 8), data(3, "", true), headers(5, { "x-trailer": "1" }, true))
    for (let count = 1; count <= 4; count++) stage.ask(2 * (streamsMax + count) + 1, { ":path": "/repos/a" })
    expect(stage.server.take()).toHaveLength(3)
  })

  test("by HEAD has no body", () => {
    const stage = new Http2Stage({ rules })
    stage.ask(1, { ":method": "HEAD", ":path": "/admin" })
    expect(stage.client.take()).toEqual(["HEADERS 1 403 end"])
  })

  test("of a client that takes no body now gets the status alone", () => {
    const small = new Http2Stage({ rules }, [[4, 10]])
    small.ask(1, { ":path": "/admin" })
    expect(small.client.take()).toEqual(["HEADERS 1 403 end"])
    const full = new Http2Stage({ rules, swaps: [] })
    full.ask(1, { ":path": "/repos/a" })
    full.answer(headers(1, { ":status": "200" }))
    for (let count = 0; count < 4; count++) full.answer(data(1, "x".repeat(count === 3 ? 16_383 : 16_384)))
    full.client.take()
    full.ask(3, { ":path": "/admin" })
    expect(full.client.take()).toEqual(["HEADERS 3 403 end"])
  })

  test("costs credit that the server must not use: it is kept back from it", () => {
    const stage = new Http2Stage({ rules })
    stage.ask(1, { ":path": "/admin" })
    const length = stage.client.seen[1]?.text.length ?? 0
    expect(length).toBeGreaterThan(20)
    stage.say(numberFrame(windowUpdate, 0, length + 7))
    expect(stage.server.take()).toEqual(["WINDOW 0 7"])
  })

  test("makes what the server sent on old credit wait, and not get lost", () => {
    const stage = new Http2Stage({ rules, swaps: [] })
    stage.ask(1, { ":path": "/admin" })
    stage.ask(3, { ":path": "/repos/a" })
    const length = stage.client.seen[1]?.text.length ?? 0
    stage.client.take()
    stage.answer(headers(3, { ":status": "200" }))
    for (let count = 0; count < 3; count++) stage.answer(data(3, "x".repeat(16_384)))
    expect(stage.bridge.holdsServer).toBe(false)
    stage.answer(data(3, "y".repeat(16_383)), headers(3, { "x-last": "1" }, true))
    expect(stage.bridge.holdsServer).toBe(true)
    expect(stage.client.take()).toHaveLength(4)
    stage.say(numberFrame(windowUpdate, 0, length))
    expect(stage.bridge.holdsServer).toBe(false)
    expect(stage.client.take().map(line => line.slice(0, 9))).toEqual(["DATA 3 yy", "HEADERS 3"])
  })
})

describe("other ways past a rule", () => {
  test.each([
    ["another host", { ":authority": "evil.test" }, "421"],
    ["another port", { ":authority": "api.test:8443" }, "421"],
    ["no host at all", { ":authority": "%zz" }, "421"],
    ["TRACE, which repeats the secret", { ":method": "TRACE" }, "405"],
    [
      "a header that names another method",
      { "x-http-method-override": "DELETE", ":path": "/repos/a" },
      "403",
    ],
    ["and its other name", { "x-method-override": "delete", ":path": "/repos/a" }, "403"],
    ["a header that names another path", { "x-original-url": "/admin", ":path": "/repos/a" }, "403"],
    ["and its other name", { "x-rewrite-url": "/admin", ":path": "/repos/a" }, "403"],
  ])("%s: refused", (_, change, status) => {
    const stage = new Http2Stage({ rules })
    stage.ask(1, { ":path": "/repos/a", ...change })
    expect(stage.server.take()).toEqual([])
    expect(stage.client.seen[0]?.headers[":status"]).toBe(status)
  })

  test("CONNECT is refused", () => {
    const stage = new Http2Stage()
    stage.say(headers(1, { ":method": "CONNECT", ":authority": "api.test:443" }))
    expect(stage.client.seen[0]?.headers[":status"]).toBe("405")
    expect(stage.server.take()).toEqual([])
  })

  test.each([["api.test"], ["API.test"], ["api.test."], ["api.test:443"]])("%s is the host", authority => {
    const stage = new Http2Stage()
    stage.ask(1, { ":authority": authority })
    expect(stage.server.take()).toEqual(["HEADERS 1 / end"])
  })

  test("a body that is longer than it says, where servers would read a second request", () => {
    const stage = new Http2Stage({ rules })
    stage.ask(1, { ":method": "POST", ":path": "/repos/me/x", "content-length": "5" }, false)
    stage.say(data(1, "hello"), data(1, "GET /admin HTTP/1.1\r\n\r\n"))
    expect(stage.server.take()).toEqual(["HEADERS 1 /repos/me/x", "DATA 1 hello", "RST 1 8"])
    expect(stage.client.take()).toEqual(["RST 1 1", "WINDOW 0 23"])
  })

  test("a body that is shorter than it says", () => {
    for (const end of [data(1, "hel", true), headers(1, { "x-trailer": "1" }, true)]) {
      const stage = new Http2Stage()
      stage.ask(1, { ":method": "POST", "content-length": "5" }, false)
      stage.server.take()
      stage.say(end)
      expect(stage.server.take()).toEqual(["RST 1 8"])
      expect(stage.client.take()[0]).toBe("RST 1 1")
    }
  })

  test("trailers that steer", () => {
    const stage = new Http2Stage()
    stage.ask(1, { ":method": "POST" }, false)
    stage.server.take()
    stage.say(headers(1, { "transfer-encoding": "chunked" }, true))
    expect(stage.server.take()).toEqual(["RST 1 8"])
  })

  test("a malformed request is reset, and the next one passes", () => {
    const stage = new Http2Stage()
    stage.ask(1, { "Upper-Case": "x" })
    stage.ask(3)
    expect(stage.client.take()).toEqual(["RST 1 1"])
    expect(stage.server.take()).toEqual(["HEADERS 3 / end"])
  })

  test("headers behind the end of a request reset it", () => {
    const stage = new Http2Stage()
    stage.ask(1)
    stage.server.take()
    stage.say(headers(1, { "x-trailer": "1" }, true))
    expect(stage.server.take()).toEqual(["RST 1 8"])
  })

  test("more streams at once than are carried are refused, and more later are not", () => {
    const stage = new Http2Stage()
    for (let count = 0; count <= streamsMax; count++) stage.ask(2 * count + 1)
    expect(stage.client.take()).toEqual([`RST ${2 * streamsMax + 1} 7`])
    stage.answer(headers(1, { ":status": "200" }, true))
    stage.ask(2 * streamsMax + 3)
    expect(stage.server.take().at(-1)).toBe(`HEADERS ${2 * streamsMax + 3} / end`)
  })
})

describe("the connection ends", () => {
  test.each<[string, Buffer, number]>([
    ["with a stream of even number", request(2), 1],
    ["with headers of stream 0", request(0), 1],
    ["with data of stream 0", data(0, "x"), 1],
    ["with data of a stream that nobody opened", data(5, "x"), 1],
    ["with a reset of one", numberFrame(reset, 5, 0), 1],
    ["with a reset that is cut", Buffer.concat([request(1), raw(reset, 1, Buffer.alloc(3))]), 6],
    ["with credit that is cut", raw(windowUpdate, 0, Buffer.alloc(3)), 6],
    ["with credit of nothing", numberFrame(windowUpdate, 0, 0), 1],
    ["with settings that are cut", raw(settings, 0, Buffer.alloc(5)), 6],
    ["with a promise", raw(pushPromise, 1, Buffer.alloc(4)), 1],
    ["with headers that are none", raw(frameType.headers, 1, Buffer.from([0xff]), 4), 9],
    ["with headers that never end", raw(continuation, 1, Buffer.alloc(1)), 1],
    [
      "with a ping within headers",
      Buffer.concat([raw(frameType.headers, 1), raw(ping, 0, Buffer.alloc(8))]),
      1,
    ],
    ["with a frame that is too large", Buffer.from("00400100000000000001", "hex"), 6],
  ])("%s", (_, bytes, code) => {
    const stage = new Http2Stage()
    expect(stage.say(bytes)).toBe("over")
    expect(stage.client.take().at(-1)).toMatch(new RegExp(`^GOAWAY 0 \\d+,${code}$`))
    expect(stage.server.take().at(-1)).toBe("GOAWAY 0 0,0")
  })
})

test("no bytes of a client make anything else than frames, an end, or nothing", () => {
  const stream = fc.constantFrom(0, 1, 2, 3, 5)
  const frame = fc
    .record({
      type: fc.integer({ min: 0, max: 12 }),
      flags: fc.integer({ min: 0, max: 255 }),
      stream,
      payload: fc.uint8Array({ maxLength: 40 }),
    })
    .map(({ type, flags, stream, payload }) => raw(type, stream, payload, flags))
  const sensible = fc
    .tuple(stream, fc.boolean())
    .chain(([number, end]) =>
      fc.constantFrom(
        request(number, {}, end),
        data(number, "x", end),
        numberFrame(windowUpdate, number, 5),
        preface,
        settingsFrame([[4, 9]]),
      ),
    )
  fc.assert(
    fc.property(fc.array(fc.oneof(frame, sensible), { maxLength: 30 }), frames => {
      const stage = new Http2Stage({ rules: ["allow api.test GET /x"] })
      for (const bytes of frames) if (stage.say(bytes) === "over") break
      stage.bridge.close()
      // What the rule does not allow never got through.
      expect(stage.server.seen.filter(({ headers }) => headers[":path"] === "/")).toEqual([])
    }),
    { numRuns: 1000 },
  )
})

test("headers that cost a byte each are written out as far as there is room, and the others wait", () => {
  const room = { most: 1000, taken: () => 0 }
  const stage = new Http2Stage({}, [], { hasRoom: () => room.taken() < room.most })
  room.taken = () => stage.server.seen.length
  // A field of 4,000 bytes, which goes into the table, and then fifteen times by its number there (RFC 7541, section 6).
  const field = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4000, "a")])
  const plain = encodeHeaders([
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", "api.test"],
    [":path", "/"],
  ]).subarray(1)
  const requests = Array.from({ length: 100 }, (_, index) =>
    headerFrames(2 * index + 1, Buffer.concat([plain, index === 0 ? field : Buffer.alloc(15, 0xbe)]), true),
  )
  expect(Buffer.concat(requests).length).toBeLessThan(10_000)
  room.most = 2
  stage.say(...requests)
  expect([stage.server.seen.length, stage.bridge.isBehind]).toEqual([2, true])
  room.most = 1000
  stage.say()
  expect([stage.server.seen.length, stage.bridge.isBehind]).toEqual([100, false])
  expect(stage.server.take().at(-1)).toBe("HEADERS 199 / end")
})
