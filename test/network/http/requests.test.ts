import { describe, expect, test } from "bun:test"
import { HttpRequests } from "../../../src/network/http/requests.ts"
import { actionsOf, passedOn, type Told, text, told } from "../../support/http-actions.ts"

const bytesOf = (text: string) => Buffer.from(text, "latin1")
const read = (whole: string, options?: { decoded?: boolean }) => told(actionsOf([bytesOf(whole)], options))

/** In one piece, in two cut at every place, and byte by byte: always the same. */
function readAll(whole: string, options?: { decoded?: boolean }): Told[] {
  const bytes = bytesOf(whole)
  const once = read(whole, options)
  for (let at = 0; at <= bytes.length; at++)
    expect(told(actionsOf([bytes.subarray(0, at), bytes.subarray(at)], options))).toEqual(once)
  expect(
    told(
      actionsOf(
        [...bytes].map(byte => Uint8Array.of(byte)),
        options,
      ),
    ),
  ).toEqual(once)
  return once
}

const get = "GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n"
const post = "POST /b HTTP/1.1\r\nHost: b.example\r\nContent-Length: 5\r\n\r\nhello"
const chunked =
  "PUT /c HTTP/1.1\r\nHost: c.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\nX: y\r\n\r\n"
const websocket = "GET /ws HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

describe("requests one after the other", () => {
  test("each has its head, its body and its end", () => {
    expect(readAll(get + post + chunked + get)).toEqual([
      { kind: "head", line: "GET /a HTTP/1.1", host: "a.example", text: get },
      { kind: "end", trailers: [] },
      { kind: "head", line: "POST /b HTTP/1.1", host: "b.example", text: post.slice(0, -5) },
      { kind: "body", text: "hello" },
      { kind: "end", trailers: [] },
      {
        kind: "head",
        line: "PUT /c HTTP/1.1",
        host: "c.example",
        text: chunked.slice(0, chunked.indexOf("3\r\nabc")),
      },
      { kind: "body", text: chunked.slice(chunked.indexOf("3\r\nabc")) },
      { kind: "end", trailers: ["X: y"] },
      { kind: "head", line: "GET /a HTTP/1.1", host: "a.example", text: get },
      { kind: "end", trailers: [] },
    ])
  })

  test("come out byte for byte as they went in", () => {
    const whole = `\r\n${get}${post}\r\n\r\n${chunked}${post}`
    expect(passedOn(actionsOf([bytesOf(whole)]))).toBe(whole)
  })

  test("have the data of their chunks alone, when that is asked for", () => {
    expect(readAll(chunked + get, { decoded: true }).filter(({ kind }) => kind !== "head")).toEqual([
      { kind: "body", text: "abcdefg" },
      { kind: "end", trailers: ["X: y"] },
      { kind: "end", trailers: [] },
    ])
  })

  test("a thousand of them in one piece", () => {
    const actions = read((get + post).repeat(500))
    expect(actions.filter(({ kind }) => kind === "head")).toHaveLength(1000)
    expect(actions.at(-1)).toEqual({ kind: "end", trailers: [] })
  })

  test("a body of no bytes is none", () => {
    const empty = post.replace("5\r\n\r\nhello", "0\r\n\r\n")
    expect(readAll(empty + get).map(({ kind }) => kind)).toEqual(["head", "end", "head", "end"])
  })

  test("a body that looks like a request is a body", () => {
    const inner = "GET /admin HTTP/1.1\r\nHost: b.example\r\n\r\n"
    const outer = `POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`
    expect(readAll(outer + get).map(({ kind }) => kind)).toEqual(["head", "body", "end", "head", "end"])
    const framed = `POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`
    expect(readAll(framed + get).map(({ kind }) => kind)).toEqual(["head", "body", "end", "head", "end"])
  })

  test("bodies are slices of what came", () => {
    const requests = new HttpRequests()
    requests.push(bytesOf("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 10000000\r\n\r\n"))
    const piece = Buffer.alloc(1_000_000)
    const [action, ...more] = requests.push(piece)
    expect(more).toEqual([])
    if (action?.kind !== "body") throw new Error("there is no body")
    expect(action.bytes.buffer).toBe(piece.buffer)
    expect(action.bytes.length).toBe(piece.length)
  })

  test("many small chunks are one piece, and not thousands", () => {
    const small = "1\r\na\r\n".repeat(10_000)
    const whole = `${chunked.slice(0, chunked.indexOf("3\r\nabc"))}${small}0\r\n\r\n`
    for (const decoded of [false, true]) {
      const bodies = actionsOf([bytesOf(whole)], { decoded }).filter(({ kind }) => kind === "body")
      expect(bodies).toHaveLength(1)
    }
    expect(read(whole, { decoded: true })[1]).toEqual({ kind: "body", text: "a".repeat(10_000) })
  })
})

describe("the first bytes", () => {
  test.each([
    ["\x00\x01\x02", "not http"],
    ["SSH-2.0-OpenSSH_9.2\r\nmore", "not http"],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0", "http2"],
  ] as const)("of something else are given back, all of them: %j", (whole, kind) => {
    expect(read(whole)).toEqual([{ kind, text: whole }])
    const requests = new HttpRequests()
    const actions = [...bytesOf(whole)].flatMap(byte => requests.push(Uint8Array.of(byte)))
    expect(actions).toHaveLength(1)
    expect(actions[0]?.kind).toBe(kind)
    expect(whole.startsWith(passedOn(actions))).toBe(true)
    expect(requests.push(bytesOf("more"))).toEqual([])
  })

  test("of something else are all given back when they come in two large pieces", () => {
    const requests = new HttpRequests()
    expect(requests.push(bytesOf("LETTERS"))).toEqual([])
    const actions = requests.push(Buffer.concat([bytesOf("\0"), Buffer.alloc(200_000, "x")]))
    expect(actions.map(({ kind }) => kind)).toEqual(["not http"])
    expect(passedOn(actions)).toHaveLength(200_008)
  })

  test.each(["\x00\x01", "SSH-2.0-x\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "EHLO a\r\n"])(
    "after a request are an error: %j",
    rest => {
      expect(readAll(get + rest).at(-1)).toEqual({ kind: "malformed" })
      expect(readAll(get + rest)).toHaveLength(3)
    },
  )
})

describe("a change of protocol", () => {
  const offered = () => {
    const requests = new HttpRequests()
    return { requests, kinds: requests.push(bytesOf(websocket)).map(({ kind }) => kind) }
  }

  test("waits for the server, and then everything passes", () => {
    const { requests, kinds } = offered()
    expect(kinds).toEqual(["head", "end"])
    expect(requests.waiting).toBe(true)
    expect(requests.push(bytesOf("early "))).toEqual([])
    expect(told(requests.switched(true))).toEqual([{ kind: "opaque", text: "early " }])
    expect(requests.waiting).toBe(false)
    expect(told(requests.push(bytesOf(get)))).toEqual([{ kind: "opaque", text: get }])
  })

  test("that the server does not take leaves what was held a request", () => {
    const { requests } = offered()
    expect(requests.push(bytesOf(get.slice(0, 10)))).toEqual([])
    expect(requests.switched(false)).toEqual([])
    expect(told(requests.push(bytesOf(get.slice(10) + post))).map(({ kind }) => kind)).toEqual([
      "head",
      "end",
      "head",
      "body",
      "end",
    ])
  })

  test("and what was held may then be no request", () => {
    const { requests } = offered()
    requests.push(bytesOf("\x81\x05hello"))
    expect(told(requests.switched(false))).toEqual([{ kind: "malformed" }])
    expect(requests.push(bytesOf(get))).toEqual([])
  })

  test("may be turned down at once, by whoever takes it out of the head", () => {
    const { requests } = offered()
    expect(requests.switched(false)).toEqual([])
    expect(requests.waiting).toBe(false)
    expect(told(requests.push(bytesOf(get))).map(({ kind }) => kind)).toEqual(["head", "end"])
    expect(requests.switched(true)).toEqual([])
    expect(told(requests.push(bytesOf(get))).map(({ kind }) => kind)).toEqual(["head", "end"])
  })

  test("comes after the body of its own request", () => {
    const requests = new HttpRequests()
    const offer = post.replace("Content-Length", "Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length")
    expect(requests.push(bytesOf(offer.slice(0, -2))).map(({ kind }) => kind)).toEqual(["head", "body"])
    expect(requests.waiting).toBe(false)
    expect(requests.push(bytesOf("lo")).map(({ kind }) => kind)).toEqual(["body", "end"])
    expect(requests.waiting).toBe(true)
  })

  test("that is taken before the body is over lets the body end first", () => {
    const requests = new HttpRequests()
    const offer = post.replace("Content-Length", "Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length")
    requests.push(bytesOf(offer.slice(0, -2)))
    expect(requests.switched(true)).toEqual([])
    expect(told(requests.push(bytesOf("loPRI")))).toEqual([
      { kind: "body", text: "lo" },
      { kind: "end", trailers: [] },
      { kind: "opaque", text: "PRI" },
    ])
  })

  test("a tunnel is one", () => {
    const requests = new HttpRequests()
    requests.push(bytesOf("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"))
    expect(requests.waiting).toBe(true)
    requests.switched(true)
    expect(told(requests.push(bytesOf("\x16\x03\x01")))).toEqual([{ kind: "opaque", text: "\x16\x03\x01" }])
  })

  test("nobody offered changes nothing", () => {
    const requests = new HttpRequests()
    expect(requests.switched(true)).toEqual([])
    expect(told(requests.push(bytesOf(get))).map(({ kind }) => kind)).toEqual(["head", "end"])
    expect(requests.switched(true)).toEqual([])
    expect(told(requests.push(bytesOf(get))).map(({ kind }) => kind)).toEqual(["head", "end"])
  })

  test("holds no more than 64 KiB", () => {
    const { requests } = offered()
    expect(requests.push(Buffer.alloc(64 * 1024))).toEqual([])
    expect(told(requests.push(Buffer.alloc(1)))).toEqual([{ kind: "too large" }])
    expect(requests.switched(true)).toEqual([])
    expect(requests.push(bytesOf(get))).toEqual([])
  })
})

describe("a stream that is refused", () => {
  test("gives nothing more", () => {
    const requests = new HttpRequests()
    expect(told(requests.push(bytesOf("GET / HTTP/1.1\r\nHost : a\r\n\r\n")))).toEqual([
      { kind: "malformed" },
    ])
    expect(requests.push(bytesOf(get))).toEqual([])
  })

  test("was passed on up to there, request by request", () => {
    const bad = "GET /bad HTTP/1.1\nHost: b.example\r\n\r\n"
    const actions = actionsOf([bytesOf(get + post + bad + get)])
    expect(passedOn(actions)).toBe(get + post)
    expect(actions.at(-1)?.kind).toBe("malformed")
  })
})

/**
 * Known ways to put a request where one side sees a body (PortSwigger's and others' lists, RFC 9112 section 11.2): each is
 * one request, or more of them that we all see, or malformed. None passes a second Host that we did not see.
 */
const smuggled = "GET /admin HTTP/1.1\r\nHost: evil.example\r\n\r\n"
const start = (...lines: string[]) => ["POST / HTTP/1.1", "Host: a.example", ...lines, "", ""].join("\r\n")
const corpus: Record<string, string> = {
  "CL.TE": `${start("Content-Length: 6", "Transfer-Encoding: chunked")}0\r\n\r\n${smuggled}`,
  "TE.CL": `${start("Transfer-Encoding: chunked", "Content-Length: 4")}5c\r\n${smuggled}`,
  "CL.CL": `${start("Content-Length: 0", `Content-Length: ${smuggled.length}`)}${smuggled}`,
  "a list of lengths": `${start(`Content-Length: 0, ${smuggled.length}`)}${smuggled}`,
  "TE with a tab": `${start("Transfer-Encoding:\tchunked", "Content-Length: 3")}0\r\n\r\n${smuggled}`,
  "TE with a vertical tab": `${start("Transfer-Encoding: \x0bchunked")}0\r\n\r\n${smuggled}`,
  "TE with a space before the colon": `${start("Transfer-Encoding : chunked")}0\r\n\r\n${smuggled}`,
  "TE twice": `${start("Transfer-Encoding: chunked", "Transfer-Encoding: x")}0\r\n\r\n${smuggled}`,
  "TE folded": `${start("Transfer-Encoding:", " chunked")}0\r\n\r\n${smuggled}`,
  "TE behind a carriage return": `${start("X: y\rTransfer-Encoding: chunked")}0\r\n\r\n${smuggled}`,
  "TE behind a line feed": `${start("X: y\nTransfer-Encoding: chunked")}0\r\n\r\n${smuggled}`,
  "TE with a zero byte": `${start("Transfer-Encoding: chunked\0")}0\r\n\r\n${smuggled}`,
  "TE in an underscore's spelling": `${start("Transfer_Encoding: chunked", "Content-Length: 5")}0\r\n\r\nGET`,
  "TE of HTTP/1.0": `${start("Transfer-Encoding: chunked").replace("1.1", "1.0")}0\r\n\r\n${smuggled}`,
  "length with a sign": `${start(`Content-Length: +${smuggled.length}`)}${smuggled}`,
  "length in octal": `${start(`Content-Length: 0${smuggled.length}`)}${smuggled}`,
  "chunk size that overflows": `${start("Transfer-Encoding: chunked")}10000000000000000\r\n${smuggled}`,
  "chunk size with 0x": `${start("Transfer-Encoding: chunked")}0x0\r\n\r\n${smuggled}`,
  "chunk's line feed in an extension": `${start("Transfer-Encoding: chunked")}2;\nxx\r\n4c\r\n0\r\n\r\n${smuggled}`,
  "chunk's end without a line break": `${start("Transfer-Encoding: chunked")}1\r\nab0\r\n\r\n${smuggled}`,
  "chunked trailer with a Host": `${start("Transfer-Encoding: chunked")}0\r\nHost: evil.example\r\n\r\n`,
  "two Hosts": start("Host: evil.example"),
  "a Host behind a space": start(" Host: evil.example"),
  "a Host in the target": smuggled
    .replace("/admin", "http://evil.example/admin")
    .replace("Host: evil", "Host: a"),
  "a Host with a port and a user": start().replace("Host: a.example", "Host: a.example:80@evil.example"),
  "a line feed for a line break": smuggled.replaceAll("\r\n", "\n"),
  "a request of HTTP/0.9": "GET http://evil.example/\r\n",
  h2c:
    start("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__") +
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a WebSocket that is none": `${websocket}${smuggled}`,
  "GET with a body": `GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  "no body after all": `GET / HTTP/1.1\r\nHost: a.example\r\n\r\n${smuggled}`,
  "an empty line too many": `${get}\r\n\r\n\r\n${smuggled}`,
}

describe("smuggling", () => {
  /** Those that are legal, and how they are read. */
  const legal: Record<string, string[]> = {
    "TE in an underscore's spelling": ["head", "body", "end", "head?"],
    h2c: ["head", "end"],
    "a WebSocket that is none": ["head", "end"],
    "GET with a body": ["head", "body", "end"],
    "no body after all": ["head", "end", "head", "end"],
  }

  test.each(Object.entries(corpus))("%s", (name, whole) => {
    const actions = readAll(whole)
    const kinds = actions.map(({ kind }) => kind)
    const expected = legal[name]
    if (expected === undefined) expect(kinds.at(-1)).toBe("malformed")
    else expect(kinds).toEqual(expected.filter(kind => !kind.endsWith("?")) as typeof kinds)
    // No head of another host leaves without being seen as one.
    const seen = actions.filter(action => action.kind === "head").map(({ host }) => host)
    const passed = passedOn(actionsOf([bytesOf(whole)]).filter(({ kind }) => kind === "head"))
    expect(passed.includes("Host: evil.example")).toBe(seen.includes("evil.example"))
  })
})

test("what a caller sees as text is what came", () => {
  const [head] = actionsOf([bytesOf(get)])
  expect(head?.kind === "head" && text(head.bytes)).toBe(get)
})
