import { describe, expect, test } from "bun:test"
import {
  type HeadResult,
  headBytes,
  headMax,
  type RequestHead,
  RequestHeadReader,
} from "../../../src/network/http/head.ts"

const bytesOf = (text: string) => Buffer.from(text, "latin1")

function read(...pieces: (string | Uint8Array)[]): HeadResult {
  const reader = new RequestHeadReader()
  let result: HeadResult = { kind: "more" }
  for (const piece of pieces) result = reader.push(typeof piece === "string" ? bytesOf(piece) : piece)
  return result
}

function headOf(text: string): RequestHead {
  const result = read(text)
  if (result.kind !== "head") throw new Error(JSON.stringify(result))
  return result
}

/** A request with a Host, and more lines. */
const request = (line: string, ...lines: string[]) => [line, "Host: a.example", ...lines, "", ""].join("\r\n")

test("a head as browsers send it", () => {
  const text = request("GET /a?b HTTP/1.1", "User-Agent: x", "Cookie: a=b; c", "cookie: d")
  expect(headOf(`${text}GET /next`)).toEqual({
    kind: "head",
    method: "GET",
    target: { form: "origin", text: "/a?b" },
    version: "1.1",
    headers: [
      { name: "Host", value: "a.example" },
      { name: "User-Agent", value: "x" },
      { name: "Cookie", value: "a=b; c" },
      { name: "cookie", value: "d" },
    ],
    host: { host: "a.example", port: undefined },
    body: { kind: "none" },
    upgrade: [],
    length: text.length,
  })
})

describe("the host", () => {
  test.each([
    ["GET / HTTP/1.1", "Host: A.Example.:8080", { host: "a.example", port: 8080 }],
    ["GET http://a.example/ HTTP/1.1", "Host: a.example", { host: "a.example", port: undefined }],
    ["GET http://a.example:80/ HTTP/1.1", "Host: a.example", { host: "a.example", port: undefined }],
    ["GET http://a.example/ HTTP/1.1", "Host: a.example:80", { host: "a.example", port: 80 }],
    ["GET https://A.Example:8443/ HTTP/1.1", "hOsT:a.example:8443", { host: "a.example", port: 8443 }],
    ["CONNECT a.example:443 HTTP/1.1", "Host: a.example:443", { host: "a.example", port: 443 }],
    ["CONNECT a.example:443 HTTP/1.1", "Host: a.example", { host: "a.example", port: undefined }],
    ["OPTIONS * HTTP/1.1", "Host: [::1]:80", { host: "::1", port: 80 }],
    ["GET / HTTP/1.0", "Host: a.example", { host: "a.example", port: undefined }],
    ["GET / HTTP/1.0", "X: y", undefined],
    ["GET http://a.example:81/ HTTP/1.0", "X: y", { host: "a.example", port: 81 }],
  ])("of %s, %s", (line, field, host) => {
    expect(headOf(`${line}\r\n${field}\r\n\r\n`).host).toEqual(host)
  })

  test.each([
    ["none", "GET / HTTP/1.1", "X: y"],
    ["two", "GET / HTTP/1.1", "Host: a.example\r\nHost: a.example"],
    ["two, of which one is odd", "GET / HTTP/1.1", "Host: a.example\r\nX: y\r\nhOST: b.example"],
    ["an empty one", "GET / HTTP/1.1", "Host:"],
    ["no name", "GET / HTTP/1.1", "Host: a b"],
    ["a list", "GET / HTTP/1.1", "Host: a.example, b.example"],
    ["a user", "GET / HTTP/1.1", "Host: a.example@b.example"],
    ["another than the target's", "GET http://b.example/ HTTP/1.1", "Host: a.example"],
    ["another port than the target's", "GET http://a.example/ HTTP/1.1", "Host: a.example:81"],
    ["the other scheme's port", "GET https://a.example/ HTTP/1.1", "Host: a.example:80"],
    ["another than the tunnel's", "CONNECT b.example:443 HTTP/1.1", "Host: a.example:443"],
    ["another port than the tunnel's", "CONNECT a.example:443 HTTP/1.1", "Host: a.example:80"],
    ["another than the target's, of HTTP/1.0", "GET http://b.example/ HTTP/1.0", "Host: a.example"],
  ])("may not be in doubt: %s", (_, line, field) => {
    expect(read(`${line}\r\n${field}\r\n\r\n`).kind).toBe("malformed")
  })
})

describe("what a client offers to go on with", () => {
  test.each([
    ["websocket", ["Connection: Upgrade", "Upgrade: WebSocket"], ["websocket"]],
    ["two", ["Connection: keep-alive, Upgrade", "Upgrade: h2c, websocket"], ["h2c", "websocket"]],
    [
      "in two fields",
      ["Connection: keep-alive", "Connection: upgrade", "Upgrade: a", "upgrade: b/1"],
      ["a", "b/1"],
    ],
    ["not this connection", ["Upgrade: websocket"], []],
    ["nothing", ["Connection: upgrade"], []],
  ])("%s", (_, lines, upgrade) => {
    expect(headOf(request("GET / HTTP/1.1", ...lines)).upgrade).toEqual(upgrade)
  })

  test("nothing in HTTP/1.0, which cannot", () => {
    expect(headOf(request("GET / HTTP/1.0", "Connection: upgrade", "Upgrade: websocket")).upgrade).toEqual([])
  })
})

describe("a tunnel has no body", () => {
  test("and says so", () => {
    expect(read("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n").kind).toBe("head")
    for (const field of ["Content-Length: 5", "Content-Length: 0", "Transfer-Encoding: chunked"])
      expect(read(`CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n${field}\r\n\r\n`).kind).toBe(
        "malformed",
      )
  })
})

describe("what a proxy on the way would leave out", () => {
  const text = (connection: string) =>
    `POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n${connection}\r\n\r\n`

  test.each(["Content-Length", "close, content-length", "HOST", "te,Transfer-Encoding"])(
    "is not what tells requests apart: Connection: %s",
    options => {
      expect(read(text(`Connection: ${options}`)).kind).toBe("malformed")
      expect(read(text(`Connection: close\r\nconnection: ${options}`)).kind).toBe("malformed")
    },
  )

  test.each(["close", "keep-alive", "TE, Upgrade", "X-Length, Content-Lengths"])(
    "may be anything else: Connection: %s",
    options => {
      expect(read(text(`Connection: ${options}`)).kind).toBe("head")
    },
  )
})

/** What comes → what it is, whole and byte by byte. */
const texts: readonly (readonly [string, HeadResult["kind"]])[] = [
  ["GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "head"],
  ["\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "head"],
  ["\r\n\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "head"],
  ["\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "malformed"],
  ["\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "malformed"],
  ["\r\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "malformed"],
  ["GET / HTTP/1.1\nHost: a.example\n\n", "malformed"],
  ["GET / HTTP/1.1\r\nHost: a.example\n\r\n", "malformed"],
  ["GET / HTTP/1.1\r\nX: y\rHost: b.example\r\nHost: a.example\r\n\r\n", "malformed"],
  ["GET / HTTP/1.1\r\n Host: a.example\r\n\r\n", "malformed"],
  ["GET / HTTP/1.1\r\nHost: a.example\r\n folded\r\n\r\n", "malformed"],
  ["GET / HTTP/1.1\r\nX: y\r\n\tHost: b.example\r\nHost: a.example\r\n\r\n", "malformed"],
  ["GET / HTTP/1.1\r\nHost : a.example\r\n\r\n", "malformed"],
  ["GET / HTTP/1.1\r\nHost: a.example\0\r\n\r\n", "malformed"],
  ["GET /\r\nHost: a.example\r\n\r\n", "malformed"],
  ["GET /\n", "malformed"],
  ["GET / HTTP/1.1\r\n\r\n", "malformed"],
  ["GET / HTTP/1.1\r\nHost: a.example\r\nX y\r\n\r\n", "malformed"],
  ["GET / HTTP/1.1\r\nHost: a.example\r\n", "more"],
  ["GET", "more"],
  ["", "more"],
  ["\r\n", "more"],
  ["SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "not http"],
  ["EHLO machine\r\n", "not http"],
  ["RFB 003.008\n", "not http"],
  ["*1\r\n$4\r\nPING\r\n", "not http"],
  ["\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c", "not http"],
  ["\x16\x03\x01\0\x05", "not http"],
  ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2"],
  ["PRI * HTTP/2.0\r\n\r\nSM\r\n", "more"],
  ["PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "malformed"],
  ["PRI * HTTP/2.0\r\nHost: a.example\r\n\r\n", "malformed"],
  ["\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "malformed"],
  ["PRI * HTTP/2.0\n\nSM\n\n", "malformed"],
]

describe("what comes", () => {
  test.each(texts)("%j is %s", (text, kind) => {
    const result = read(text)
    expect(result.kind).toBe(kind)
    const last = [...bytesOf(text)].map(byte => Uint8Array.of(byte))
    expect(read(...last)).toEqual(result)
    for (let at = 0; at <= text.length; at++) expect(read(text.slice(0, at), text.slice(at))).toEqual(result)
  })

  test("is told once: what follows changes nothing", () => {
    const reader = new RequestHeadReader()
    const first = reader.push(bytesOf("\x00"))
    expect(reader.push(bytesOf("GET / HTTP/1.1\r\n"))).toEqual(first)
  })

  test("in an answer that says why, in printable words", () => {
    for (const [text] of texts) {
      const result = read(text)
      if ("why" in result) expect(result.why).toMatch(/^[ -~]+$/)
    }
  })
})

describe("too large", () => {
  const filled = (length: number) => {
    const bare = request("GET / HTTP/1.1", "X: ").length
    return request("GET / HTTP/1.1", `X: ${"x".repeat(length - bare)}`)
  }

  test("a head of more than 64 KiB", () => {
    expect(read(filled(headMax)).kind).toBe("head")
    expect(read(filled(headMax + 1)).kind).toBe("too large")
    expect(read(filled(headMax + 1).slice(0, headMax)).kind).toBe("more")
  })

  test("a first line without an end", () => {
    expect(read(`GET /${"x".repeat(headMax)}`).kind).toBe("too large")
    expect(read("x".repeat(headMax + 1)).kind).toBe("too large")
  })

  test("a head with too many fields", () => {
    expect(read(request("GET / HTTP/1.1", ...Array(255).fill("X: y"))).kind).toBe("head")
    expect(read(request("GET / HTTP/1.1", ...Array(256).fill("X: y"))).kind).toBe("malformed")
  })
})

describe("bytes that cannot be a request are told at once", () => {
  test.each([
    ["in a large piece without a line break", "\x81".repeat(100_000)],
    ["after a few letters", `AMQP\0${"\x01".repeat(100_000)}`],
  ])("%s", (_, text) => expect(read(text)).toEqual({ kind: "not http" }))

  test("a head that comes byte by byte takes time by its length", () => {
    const time = (length: number) => {
      const reader = new RequestHeadReader()
      const start = performance.now()
      for (const byte of bytesOf(`GET /${"x".repeat(length)}`)) reader.push(Uint8Array.of(byte))
      return performance.now() - start
    }
    const best = (length: number) => Math.min(...Array.from({ length: 5 }, () => time(length)))
    const [short, long] = [best(6_000), best(60_000)]
    // Ten times the bytes; a hundred times the work if each byte looked at all before it.
    expect(long / short).toBeLessThan(60)
  })
})

describe("a head as bytes again", () => {
  test("says the same", () => {
    for (const text of [
      request("GET /a HTTP/1.1", "X: y", "x:z"),
      request("GET http://a.example/b?c HTTP/1.1", "Caf: \xe9"),
      "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n",
      "CONNECT a.example:443 HTTP/1.0\r\n\r\n",
    ]) {
      const head = headOf(text)
      const { length, ...again } = headOf(headBytes(head).toString("latin1"))
      expect(again).toEqual({ ...head, length: undefined } as unknown as typeof again)
    }
  })

  test("with other fields", () => {
    const head = headOf(request("GET / HTTP/1.1", "Authorization: Bearer placeholder"))
    const headers = head.headers.map(field =>
      field.name === "Authorization" ? { ...field, value: "Bearer s\xe9cret" } : field,
    )
    expect(headBytes({ ...head, headers }).toString("latin1")).toBe(
      "GET / HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bearer s\xe9cret\r\n\r\n",
    )
  })

  test.each(["a\r\nHost: b.example", "a\n", "a\0"])(
    "never with a value that would be two lines: %j",
    value => {
      const head = headOf(request("GET / HTTP/1.1"))
      expect(() => headBytes({ ...head, headers: [{ name: "X", value }] })).toThrow("bug")
    },
  )
})
