import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import fc from "fast-check"
import type { RequestRecord } from "../../../src/network/streams/ended-connection.ts"
import type { Outcome } from "../../../src/network/terminator/bridge.ts"
import { Http1Bridge } from "../../../src/network/terminator/http1.ts"
import {
  bearer,
  type EndedOptions,
  endedHost,
  placeholder,
  recordText,
  secret,
} from "../../support/ended-host.ts"

/** A client and a server of HTTP/1.1, played byte by byte, with the bridge between them. */
class Stage {
  readonly records: RequestRecord[] = []
  readonly bridge: Http1Bridge
  #toClient = ""
  #toServer = ""

  constructor(options: EndedOptions = {}) {
    this.bridge = new Http1Bridge(endedHost(options), {
      toClient: bytes => {
        this.#toClient += bytes.toString("latin1")
      },
      hasRoom: () => true,
      toServer: bytes => {
        this.#toServer += bytes.toString("latin1")
      },
      record: entry => void this.records.push(entry),
    })
  }

  say(text: string): Outcome {
    return this.bridge.fromClient(Buffer.from(text, "latin1"))
  }

  answer(text: string): Outcome {
    return this.bridge.fromServer(Buffer.from(text, "latin1"))
  }

  /** What the client has got since the last look. */
  get client(): string {
    const text = this.#toClient
    this.#toClient = ""
    return text
  }

  get server(): string {
    const text = this.#toServer
    this.#toServer = ""
    return text
  }
}

const get = (path = "/", ...headers: string[]) =>
  ["GET ", path, " HTTP/1.1\r\n", ...["Host: api.test", ...headers].map(line => `${line}\r\n`), "\r\n"].join(
    "",
  )
const ok = (body = "ok") => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const rules = ["allow api.test GET /repos/**", "allow api.test POST /repos/me/**"]

describe("a request and its answer", () => {
  test("pass as they are, and are recorded", () => {
    const stage = new Stage()
    expect(stage.say(get("/x?a=1", "X-Odd-Case: a  b"))).toBe("goes on")
    expect(stage.server).toBe(get("/x?a=1", "X-Odd-Case: a  b"))
    expect(stage.answer(ok())).toBe("goes on")
    expect(stage.client).toBe(ok())
    expect(stage.records.map(recordText)).toEqual(["GET /x 200 allow"])
  })

  test("with a body of a length", () => {
    const stage = new Stage()
    stage.say("POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\n\r\nhe")
    stage.say("llo")
    expect(stage.server).toEndWith("Content-Length: 5\r\n\r\nhello")
  })

  test("with a body in chunks, framed anew and without what nobody reads", () => {
    const stage = new Stage()
    stage.say("POST / HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n")
    stage.say("5;ext=1\r\nhello\r\n000A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n")
    expect(stage.server).toEndWith("\r\n\r\n5\r\nhello\r\na\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n")
  })

  test("with an answer in chunks, each as it comes", () => {
    const stage = new Stage()
    stage.say(get())
    stage.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    expect(stage.client).toEndWith("chunked\r\n\r\n")
    stage.answer("9\r\ndata: 1\n\n\r\n")
    expect(stage.client).toBe("9\r\ndata: 1\n\n\r\n")
    stage.answer("0\r\nX-Sum: 1\r\n\r\n")
    expect(stage.client).toBe("0\r\nX-Sum: 1\r\n\r\n")
  })

  test("with an answer that lasts as long as the connection", () => {
    const stage = new Stage()
    stage.say(get())
    stage.answer("HTTP/1.1 200 OK\r\n\r\nall ")
    stage.answer("of it")
    expect(stage.bridge.serverEnded()).toBe("over")
    expect(stage.client).toBe("HTTP/1.1 200 OK\r\n\r\nall of it")
    expect(stage.records).toHaveLength(1)
  })

  test("with an announcement before the body is sent", () => {
    const stage = new Stage()
    stage.say("PUT / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    expect(stage.server).toContain("Expect: 100-continue")
    stage.answer("HTTP/1.1 100 Continue\r\n\r\n")
    expect(stage.client).toBe("HTTP/1.1 100 Continue\r\n\r\n")
    stage.say("ab")
    expect(stage.server).toBe("ab")
    stage.answer(ok())
    expect(stage.records.map(recordText)).toEqual(["PUT / 200 allow"])
  })

  test("byte by byte", () => {
    const stage = new Stage()
    for (const letter of get("/x")) stage.say(letter)
    for (const letter of ok("hello")) stage.answer(letter)
    expect(stage.server).toBe(get("/x"))
    expect(stage.client).toBe(ok("hello"))
  })

  test("one after the other on one connection; one that comes early waits", () => {
    const stage = new Stage()
    stage.say(get("/1") + get("/2") + get("/3"))
    expect(stage.server).toBe(get("/1"))
    expect(stage.bridge.holdsClient).toBe(true)
    stage.answer(ok("1"))
    expect(stage.server).toBe(get("/2"))
    stage.answer(ok("2"))
    stage.answer(ok("3"))
    expect(stage.bridge.holdsClient).toBe(false)
    expect(stage.client).toBe(ok("1") + ok("2") + ok("3"))
    expect(stage.records.map(recordText)).toEqual([
      "GET /1 200 allow",
      "GET /2 200 allow",
      "GET /3 200 allow",
    ])
  })

  test("count their bytes", () => {
    const stage = new Stage()
    stage.say(`POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 1000\r\n\r\n${"x".repeat(1000)}`)
    stage.answer(ok("y".repeat(3000)))
    expect(stage.records[0]?.sent).toBeGreaterThan(1000)
    expect(stage.records[0]?.sent).toBeLessThan(1100)
    expect(stage.records[0]?.received).toBe(3000)
  })

  test("of HTTP/1.0 stay so, and name the host", () => {
    const stage = new Stage()
    stage.say("GET / HTTP/1.0\r\nX: y\r\n\r\n")
    expect(stage.server).toBe("GET / HTTP/1.0\r\nX: y\r\nHost: api.test\r\n\r\n")
    const odd = new Stage({ port: 8443 })
    odd.say("GET / HTTP/1.0\r\n\r\n")
    expect(odd.server).toBe("GET / HTTP/1.0\r\nHost: api.test:8443\r\n\r\n")
  })

  test("in absolute form go on in origin form", () => {
    const stage = new Stage()
    stage.say("GET https://api.test/x?y HTTP/1.1\r\nHost: api.test\r\n\r\n")
    expect(stage.server).toStartWith("GET /x?y HTTP/1.1\r\n")
  })

  test("to everything, OPTIONS *", () => {
    const stage = new Stage()
    stage.say("OPTIONS * HTTP/1.1\r\nHost: api.test\r\n\r\n")
    expect(stage.server).toStartWith("OPTIONS * HTTP/1.1\r\n")
  })
})

describe("a request that no rule allows", () => {
  test.each([
    "/admin",
    "/repos/../admin",
    "/repos/%2e%2e/admin",
    "/repos/..%2fadmin",
    "/repos/..%252fadmin",
    "/repos/..;x/admin",
    "//admin",
    "/repos/.%2e/admin",
    "/repos%2f..%2f..%2fadmin",
    "/repos/%00",
  ])("%s is answered here, and the connection goes on", path => {
    const stage = new Stage({ rules })
    expect(stage.say(get(path))).toBe("goes on")
    expect(stage.server).toBe("")
    const answer = stage.client
    expect(answer).toStartWith("HTTP/1.1 403 Forbidden\r\n")
    expect(answer).not.toContain("Connection: close")
    expect(answer).toContain("is blocked")
    stage.say(get("/repos/a"))
    expect(stage.server).toBe(get("/repos/a"))
    expect(stage.records.map(recordText)).toEqual([`GET ${path} 403 deny`])
  })

  test("says what to do", () => {
    const stage = new Stage({ rules })
    stage.say("POST /repos/a HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n")
    expect(stage.client).toContain("cordon run --allow-host 'api.test POST /repos/a'")
  })

  test("with a body ends the connection, and the body is thrown away", () => {
    const stage = new Stage({ rules })
    const head = "POST /admin HTTP/1.1\r\nHost: api.test\r\nContent-Length: 100\r\n\r\n"
    expect(stage.say(head)).toBe("over")
    expect(stage.client).toContain("Connection: close\r\n")
    expect(stage.say(get("/repos/a"))).toBe("goes on")
    expect(stage.server).toBe("")
  })

  test("by HEAD has no body", () => {
    const stage = new Stage({ rules })
    stage.say(get("/admin").replace("GET", "HEAD"))
    expect(stage.client).toEndWith("\r\n\r\n")
  })

  test("behind one that is allowed waits for its answer", () => {
    const stage = new Stage({ rules })
    stage.say(get("/repos/a") + get("/admin") + get("/repos/b"))
    expect(stage.client).toBe("")
    stage.answer(ok("a"))
    expect(stage.client).toMatch(/^HTTP\/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP\/1.1 403 /)
    expect(stage.server).toBe(get("/repos/a") + get("/repos/b"))
  })
})

describe("another way past the rules", () => {
  test.each([
    ["another Host", "GET /repos/a HTTP/1.1\r\nHost: evil.test\r\n\r\n", 421],
    ["another port", "GET /repos/a HTTP/1.1\r\nHost: api.test:8443\r\n\r\n", 421],
    ["another host in the target", "GET https://evil.test/repos/a HTTP/1.1\r\nHost: evil.test\r\n\r\n", 421],
    ["two Hosts", "GET /repos/a HTTP/1.1\r\nHost: api.test\r\nHost: evil.test\r\n\r\n", 400],
    ["no Host", "GET /repos/a HTTP/1.1\r\n\r\n", 400],
    ["TRACE", "TRACE /repos/a HTTP/1.1\r\nHost: api.test\r\n\r\n", 405],
    ["CONNECT", "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n", 405],
    ["another method in a header", get("/repos/a", "X-HTTP-Method-Override: DELETE"), 403],
    ["another path in a header", get("/repos/a", "X-Original-URL: /admin"), 403],
    [
      "a length and chunks",
      "POST /repos/me/x HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    [
      "two lengths",
      "POST /repos/me/x HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n",
      400,
    ],
    [
      "a length with a sign",
      "POST /repos/me/x HTTP/1.1\r\nHost: api.test\r\nContent-Length: +5\r\n\r\n",
      400,
    ],
    [
      "chunks under another name",
      "POST /repos/me/x HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: xchunked\r\n\r\n",
      400,
    ],
    [
      "a space before the colon",
      "POST /repos/me/x HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding : chunked\r\n\r\n",
      400,
    ],
    [
      "a header that goes on in the next line",
      "GET /repos/a HTTP/1.1\r\nHost: api.test\r\nX: a\r\n b\r\n\r\n",
      400,
    ],
    ["a bare line feed", "GET /repos/a HTTP/1.1\nHost: api.test\n\n", 400],
    ["a space in the target", "GET /repos/a HTTP/1.1 HTTP/1.1\r\nHost: api.test\r\n\r\n", 400],
    ["HTTP/2 in clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["no HTTP at all", "\x16\x03\x01\x00\x05hello", 400],
    ["headers without end", `GET /repos/a HTTP/1.1\r\nHost: api.test\r\n${"X: y\r\n".repeat(20_000)}`, 431],
  ])("%s is refused", (_, text, status) => {
    const stage = new Stage({ rules })
    stage.say(text)
    expect(stage.server).toBe("")
    expect(stage.client).toStartWith(`HTTP/1.1 ${status} `)
  })

  test.each([
    ["a chunk that is longer than it says", "5\r\nhelloX"],
    ["a chunk size that is none", "xyz\r\n"],
    ["trailers that steer", "0\r\nHost: evil.test\r\n\r\n"],
  ])("%s ends the request: what follows could be another one to the server", (_, body) => {
    const stage = new Stage({ rules })
    stage.say("POST /repos/me/x HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n")
    expect(stage.say(body + get("/admin"))).toBe("over")
    expect(stage.client).toStartWith("HTTP/1.1 400 ")
    expect(stage.server).not.toContain("/admin")
    const late = new Stage({ rules })
    late.say("POST /repos/me/x HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n")
    late.answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbeg")
    expect(late.say(body)).toBe("cut")
  })

  test("what is wrong behind a request does not take its answer away", () => {
    const stage = new Stage()
    expect(stage.say(`${get("/1")}no request at all\r\n\r\n`)).toBe("goes on")
    expect(stage.answer(ok("1"))).toBe("over")
    expect(stage.client).toMatch(/^HTTP\/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP\/1.1 400 /)
  })
})

describe("credentials", () => {
  const asking = get("/", `Authorization: Bearer ${placeholder}`)

  test("go in on the way to the server, and nowhere else", () => {
    const stage = new Stage()
    stage.say(asking)
    expect(stage.server).toBe(get("/", `Authorization: Bearer ${secret}`))
    stage.answer(ok())
    stage.say(get(`/?t=${placeholder}`, `X-Key: ${placeholder}`, `Cookie: ${placeholder}`))
    expect(stage.server).not.toContain(secret)
  })

  test("not into bodies and trailers", () => {
    const stage = new Stage()
    stage.say(
      `POST / HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n${placeholder}\r\n0\r\nX-T: ${placeholder}\r\n\r\n`,
    )
    expect(stage.server).not.toContain(secret)
  })

  test("not into requests to another host on the same connection", () => {
    const stage = new Stage()
    stage.say(asking.replace("api.test", "evil.test"))
    expect(stage.server).toBe("")
  })

  test("into the query, which is not recorded", () => {
    const stage = new Stage({ swaps: [{ ...bearer, as: { kind: "query", name: "key" } }] })
    stage.say(get(`/x?key=${placeholder}`))
    expect(stage.server).toStartWith(`GET /x?key=${secret} HTTP/1.1\r\n`)
    stage.answer(ok())
    expect(JSON.stringify(stage.records)).not.toContain(secret)
  })

  test("that the server repeats are placeholders inside: in headers, content, trailers", () => {
    const stage = new Stage()
    stage.say(asking)
    stage.answer(`HTTP/1.1 200 OK\r\nX-Echo: ${secret}\r\nTransfer-Encoding: chunked\r\n\r\n`)
    stage.answer(`c\r\n${secret.slice(0, 12)}\r\n`)
    stage.answer(`a\r\n${secret.slice(12)}\r\n0\r\nX-T: ${secret}\r\n\r\n`)
    const seen = stage.client
    expect(seen).not.toContain(secret)
    expect(seen).toContain(`X-Echo: ${placeholder}\r\n`)
    expect(seen).toContain(`16\r\n${placeholder}\r\n0\r\nX-T: ${placeholder}\r\n\r\n`)
  })

  test("are looked for in every answer: a page may show what another request sent", () => {
    const stage = new Stage()
    stage.say(get())
    stage.answer(ok(secret))
    expect(stage.client).toBe(ok(placeholder))
  })
})

const key = "dGhlIHNhbXBsZSBub25jZQ=="
const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
const offer = get("/socket", "Connection: Upgrade", "Upgrade: websocket", `Sec-WebSocket-Key: ${key}`)
const switching = (accepted = accept) =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted}\r\n\r\n`

describe("a WebSocket", () => {
  test("passes once the server agrees", () => {
    const stage = new Stage()
    stage.say(offer)
    expect(stage.server).toBe(offer)
    expect(stage.bridge.holdsClient).toBe(true)
    stage.answer(`${switching()}\x81\x02hi`)
    expect(stage.client).toBe(`${switching()}\x81\x02hi`)
    expect(stage.bridge.holdsClient).toBe(false)
    stage.say("\x81\x82abcd")
    stage.answer("\x81\x03you")
    expect(stage.server).toBe("\x81\x82abcd")
    expect(stage.client).toBe("\x81\x03you")
    expect(stage.bridge.serverEnded()).toBe("over")
    stage.bridge.close()
    expect(stage.records.map(recordText)).toEqual(["GET /socket 101 allow"])
    expect(stage.records[0]).toMatchObject({ received: 9 })
  })

  test("with bytes sent early waits for the server", () => {
    const stage = new Stage()
    stage.say(`${offer}\x81\x82early`)
    expect(stage.server).toBe(offer)
    stage.answer(switching())
    expect(stage.server).toBe("\x81\x82early")
  })

  test("that the server declines is an ordinary answer, and the next request is judged", () => {
    const stage = new Stage({ rules: [...rules, "allow api.test GET /socket"] })
    stage.say(`${offer}${get("/admin")}`)
    stage.answer(ok("no"))
    expect(stage.server).toBe(offer)
    expect(stage.client).toContain("403")
  })

  test("where no rule allows its path is refused", () => {
    const stage = new Stage({ rules })
    stage.say(offer)
    expect(stage.server).toBe("")
    stage.say(get("/repos/a"))
    expect(stage.server).toBe(get("/repos/a"))
  })

  test.each([
    ["another key's answer", switching("AAAA")],
    ["no answer to the key", switching().replace(/Sec-.*\r\n/, "")],
    ["another protocol", switching().replace("websocket", "h2c")],
  ])("to which the server says %s is none", (_, answer) => {
    const stage = new Stage()
    stage.say(offer)
    expect(stage.answer(answer)).toBe("over")
    expect(stage.client).toStartWith("HTTP/1.1 502 ")
  })

  test("gets its credential", () => {
    const stage = new Stage()
    stage.say(
      offer.replace("Upgrade: websocket", `Upgrade: websocket\r\nAuthorization: Bearer ${placeholder}`),
    )
    expect(stage.server).toContain(`Bearer ${secret}`)
  })
})

describe("another protocol", () => {
  test.each([
    ["HTTP/2", get("/x", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")],
    ["TLS", get("/x", "Connection: upgrade", "Upgrade: TLS/1.0")],
    ["one of two", get("/x", "Connection: Upgrade", "Upgrade: websocket, h2c", `Sec-WebSocket-Key: ${key}`)],
    ["a WebSocket without a key", get("/x", "Connection: Upgrade", "Upgrade: websocket")],
  ])("%s is not offered to the server, and the next request is read", (_, text) => {
    const stage = new Stage()
    stage.say(text + get("/2"))
    const seen = stage.server
    expect(seen).not.toMatch(/upgrade|http2-settings/i)
    stage.answer(ok())
    expect(stage.server).toBe(get("/2"))
  })

  test("other words of Connection stay", () => {
    const stage = new Stage()
    stage.say(get("/x", "Connection: keep-alive, Upgrade", "Upgrade: h2c"))
    expect(stage.server).toContain("Connection: keep-alive\r\n")
  })

  test("that the server changes to unasked is no answer", () => {
    const stage = new Stage()
    stage.say(get("/x", "Connection: Upgrade", "Upgrade: h2c"))
    expect(stage.answer("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n")).toBe("over")
    expect(stage.client).toStartWith("HTTP/1.1 502 ")
  })
})

describe("a server", () => {
  test("that speaks something else gets the client a 502", () => {
    const stage = new Stage()
    stage.say(get())
    expect(stage.answer("SSH-2.0-OpenSSH\r\n\r\n")).toBe("over")
    expect(stage.client).toStartWith("HTTP/1.1 502 ")
  })

  test("that ends within an answer has cut it", () => {
    const stage = new Stage()
    stage.say(get())
    stage.answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel")
    expect(stage.bridge.serverEnded()).toBe("cut")
    stage.bridge.close()
    expect(stage.records.map(recordText)).toEqual(["GET / 200 allow"])
  })

  test("that sends what is no answer within one has cut it", () => {
    const stage = new Stage()
    stage.say(get())
    stage.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    expect(stage.answer("no size\r\n")).toBe("cut")
  })

  test("that ends between requests, or says goodbye unasked, is done", () => {
    expect(new Stage().bridge.serverEnded()).toBe("over")
    expect(new Stage().answer("HTTP/1.1 408 Request Timeout\r\n\r\n")).toBe("over")
  })

  test("whose next answer came before the request gets none", () => {
    const stage = new Stage()
    stage.say(get("/1"))
    stage.answer(ok("1") + ok("2"))
    expect(stage.client).toBe(ok("1"))
    expect(stage.say(get("/2"))).toBe("over")
    expect(stage.server).toBe(get("/1"))
  })
})

test("a host that cannot be reached is said in each answer", () => {
  const failure = {
    kind: "refuse" as const,
    status: 504 as const,
    rule: "no answer",
    text: "api.test does not answer",
  }
  const stage = new Stage({ failure })
  stage.say(get("/x"))
  expect(stage.client).toMatch(
    /^HTTP\/1.1 504 Gateway Timeout\r\n[\s\S]*\r\n\r\ncordon: api.test does not answer\n$/,
  )
})

test("no bytes of a client bring a request to the server that no rule allows", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      get("/repos/a"),
      get("/admin"),
      "GET /admin HTTP/1.1\r\n",
      "POST /repos/me/x HTTP/1.1\r\n",
      "Host: api.test\r\n",
      "Content-Length: 30\r\n",
      "Transfer-Encoding: chunked\r\n",
      "\r\n",
      "0\r\n\r\n",
      "5\r\nhello\r\n",
      "Connection: Upgrade\r\nUpgrade: websocket\r\n",
    ),
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }),
      fc.array(fc.constantFrom(ok(), "HTTP/1.1 100 x\r\n\r\n")),
      (pieces, answers) => {
        const stage = new Stage({ rules })
        let seen = ""
        for (const [index, text] of pieces.entries()) {
          if (stage.say(text) !== "goes on") break
          seen += stage.server
          const answer = answers[index]
          if (answer !== undefined && stage.answer(answer) !== "goes on") break
        }
        // A request line as the server would read it: at the start, behind a head or behind a body.
        const bodies = seen.replace(/Content-Length: 30\r\n[\s\S]*?\r\n\r\n[\s\S]{0,30}/g, "\r\n\r\n")
        expect(bodies).not.toMatch(/(^|\r\n\r\n)GET \/admin/)
      },
    ),
    { numRuns: 2000 },
  )
})
