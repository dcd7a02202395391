import { describe, expect, test } from "bun:test"
import {
  type ClientHello,
  ClientHelloReader,
  type HelloResult,
} from "../../../src/network/tls/client-hello.ts"
import { words } from "../../support/dns-messages.ts"
import {
  capturedHello,
  clients,
  contentOf,
  extension,
  type Hello,
  helloBody,
  helloBytes,
  message,
  otherName,
  protocols,
  record,
  records,
  serverName,
  vector,
} from "../../support/tls-clients.ts"

function read(...pieces: Uint8Array[]): HelloResult {
  const reader = new ClientHelloReader()
  let result: HelloResult = { kind: "more" }
  for (const piece of pieces) result = reader.push(piece)
  return result
}

const readHello = (hello: Hello) => read(helloBytes(hello))

function helloOf(result: HelloResult): ClientHello {
  if (result.kind !== "hello") throw new Error(JSON.stringify(result))
  return result
}

const malformed: HelloResult = { kind: "malformed", why: expect.any(String) }

/** The first byte comes alone, then the second …, then the rest in one piece, at every place in between. */
function everySplit(bytes: Buffer): Buffer[][] {
  return Array.from({ length: bytes.length + 1 }, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)])
}

const bytewise = (bytes: Buffer) => [...bytes].map(byte => Buffer.from([byte]))

describe("the hello of", () => {
  for (const [name, { command, ...expected }] of Object.entries(clients)) {
    const [program = ""] = name.split(/[ ,]/)
    const there = program === "bun" || Bun.which(program) !== null
    const title = there ? name : `${name} [skipped when there is no ${program}]`
    test.skipIf(!there)(title, async () => {
      const bytes = await capturedHello(command)
      expect(read(bytes)).toMatchObject({ kind: "hello", ...expected })
      const whole = read(bytes)
      // However it is cut into packets and into records.
      for (const pieces of everySplit(bytes)) expect(read(...pieces)).toEqual(whole)
      expect(read(...bytewise(bytes))).toEqual(whole)
      for (const size of [4096, 100, 64]) expect(read(records(contentOf(bytes), size))).toEqual(whole)
      for (const pieces of everySplit(records(contentOf(bytes), 300))) expect(read(...pieces)).toEqual(whole)
      // And nothing of it is one.
      for (let length = 0; length < bytes.length; length++)
        expect(read(bytes.subarray(0, length))).toEqual({ kind: "more" })
    })
  }
})

describe("the server's name", () => {
  test.each([
    ["a.example", "a.example"],
    ["A.Example", "a.example"],
    ["a.example.", "a.example"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["_a.example", "_a.example"],
    ["db", "db"],
    ["10.0.0.1", "10.0.0.1"],
  ])("%s is %s", (text, name) => {
    expect(helloOf(readHello({ extensions: [serverName(text)] })).serverName).toBe(name)
  })

  test.each([
    "",
    ".",
    "a..b",
    "a b",
    "*.example",
    "a.example\0",
    "a.example\0.b.example",
    "b\xfccher.example",
    "127.1",
    "0x7f.1",
    "::1",
    "[::1]",
    "a.example:443",
    "user@a.example",
    "-a.example",
    "a\n",
  ])("%j is none", text => {
    expect(readHello({ extensions: [serverName(text)] })).toEqual(malformed)
  })

  test.each([
    ["none", "none" as const],
    ["no extension that is one", []],
    ["others alone", [protocols("h2"), extension(43, Buffer.from([2, 3, 4]))]],
  ])("may be left out: %s", (_, extensions) => {
    expect(helloOf(readHello({ extensions })).serverName).toBeUndefined()
  })

  test.each([
    ["the extension twice", [serverName("a.example"), serverName("a.example")]],
    ["two names", [serverName("a.example", "b.example")]],
    ["no name", [serverName()]],
    ["an empty extension, as servers send it", [extension(0, Buffer.alloc(0))]],
    ["a name of a type that nobody knows", [otherName(1)]],
    [
      "bytes after the list",
      [extension(0, Buffer.concat([serverName("a.example").subarray(4), Buffer.from("x")]))],
    ],
    [
      "bytes after the name",
      [extension(0, vector(2, Buffer.from([0]), vector(2, Buffer.from("a.example")), Buffer.from("x")))],
    ],
    [
      "a list that is longer than it is",
      [extension(0, Buffer.concat([words(20), Buffer.from([0]), words(1), Buffer.from("a")]))],
    ],
    [
      "a name that is longer than its list",
      [extension(0, vector(2, Buffer.from([0]), words(9), Buffer.from("a")))],
    ],
  ])("may not be said in two ways: %s", (_, extensions) => {
    expect(readHello({ extensions })).toEqual(malformed)
  })
})

describe("what else it says", () => {
  test("the protocols, in their order, with bytes that are no text", () => {
    const { alpn } = helloOf(readHello({ extensions: [protocols("h2", "\x8a\x8a", "http/1.1")] }))
    expect(alpn).toEqual(["h2", "\x8a\x8a", "http/1.1"])
  })

  test.each([
    ["no protocol", protocols()],
    ["an empty one", protocols("h2", "")],
    ["one that is cut short", extension(16, vector(2, Buffer.from([5, 0x68])))],
    ["bytes after them", extension(16, Buffer.concat([vector(2, Buffer.from("\x02h2")), Buffer.from("x")]))],
    ["nothing", extension(16, Buffer.alloc(0))],
  ])("not %s", (_, one) => expect(readHello({ extensions: [one] })).toEqual(malformed))

  test.each([
    ["an encrypted hello", 0xfe0d, true],
    ["an encrypted name of the draft before it", 0xffce, true],
    ["something else", 0x0a0a, false],
  ])("whether there is %s", (_, type, expected) => {
    const extensions = [serverName("a.example"), extension(type, Buffer.alloc(200))]
    expect(helloOf(readHello({ extensions }))).toMatchObject({
      serverName: "a.example",
      encryptedClientHello: expected,
    })
  })
})

describe("a hello that two servers could read differently", () => {
  test.each<[string, Hello]>([
    ["any extension twice", { extensions: [extension(13, words(1)), extension(13, words(1))] }],
    ["bytes after the extensions", { rest: Buffer.from("x") }],
    ["bytes instead of extensions", { extensions: "none", rest: Buffer.from("x") }],
    ["extensions that are cut short", { extensions: "none", rest: words(9, 0, 1) }],
    ["an extension that is cut short", { extensions: [words(13, 9)] }],
    ["half an extension's type", { extensions: [Buffer.from([0])] }],
    ["a session of 33 bytes", { session: Buffer.alloc(33) }],
    ["no cipher", { ciphers: Buffer.alloc(0) }],
    ["half a cipher", { ciphers: Buffer.alloc(3) }],
    ["no compression", { compressions: Buffer.alloc(0) }],
  ])("%s", (_, hello) => expect(readHello(hello)).toEqual(malformed))

  test("is none when it is whole", () => {
    for (const hello of [
      {},
      { session: Buffer.alloc(0) },
      { extensions: "none" as const },
      { version: 0x0301 },
    ])
      expect(readHello(hello).kind).toBe("hello")
  })

  test("every cut of a hello that pretends to be whole", () => {
    const body = helloBody({ extensions: [serverName("a.example"), protocols("h2")] })
    // The one cut that is whole: to a hello without extensions, of which nothing is left.
    const plain = helloBody({ extensions: "none" }).length
    for (let length = 0; length < body.length; length++)
      if (length !== plain) expect(read(record(message(body.subarray(0, length))))).toEqual(malformed)
    expect(read(record(message(body.subarray(0, plain)))).kind).toBe("hello")
  })
})

describe("records", () => {
  const whole = message(helloBody({ extensions: [serverName("a.example")] }))
  const first = whole.subarray(0, 40)
  const second = record(whole.subarray(40))

  test("of any version of TLS", () => {
    for (const version of [0x0300, 0x0301, 0x0303, 0x0304])
      expect(read(record(whole, { version })).kind).toBe("hello")
  })

  test.each([
    ["an alert between them", [record(first), record(Buffer.from([1, 0]), { type: 21 }), second]],
    ["a change of ciphers between them", [record(first), record(Buffer.from([1]), { type: 20 }), second]],
    ["another version between them", [record(first), record(whole.subarray(40), { version: 0x0201 })]],
    ["an empty one", [record(Buffer.alloc(0)), record(whole)]],
    ["an empty one between them", [record(first), record(Buffer.alloc(0)), second]],
    ["one of more than 16 KiB", [record(Buffer.concat([whole, Buffer.alloc(16_385 - whole.length)]))]],
    ["another message after it", [record(Buffer.concat([whole, message(Buffer.alloc(4), 2)]))]],
    [
      "a second hello after it",
      [record(Buffer.concat([whole, message(helloBody({ extensions: [serverName("b.example")] }))]))],
    ],
    ["another message first", [record(message(Buffer.alloc(4), 2))]],
    ["a request to say hello first", [record(message(Buffer.alloc(0), 0))]],
    ["a hello that would be 16 MiB long", [record(Buffer.from([1, 0xff, 0xff, 0xff]))]],
  ])("with %s", (_, pieces) => {
    expect(read(Buffer.concat(pieces))).toEqual(malformed)
    expect(read(...bytewise(Buffer.concat(pieces)))).toEqual(malformed)
  })

  test("of one byte each are too many, of two not", () => {
    const long = message(
      helloBody({ extensions: [serverName("a.example"), extension(21, Buffer.alloc(400 - 98))] }),
    )
    expect(read(records(long, 1))).toEqual(malformed)
    expect(read(records(long, 2))).toMatchObject({ serverName: "a.example" })
  })

  test("hold hellos up to 32 KiB", () => {
    const padded = (length: number) => {
      const bare = message(helloBody({ extensions: [extension(21, Buffer.alloc(0))] })).length
      return records(message(helloBody({ extensions: [extension(21, Buffer.alloc(length - bare))] })), 16_384)
    }
    expect(read(padded(32 * 1024)).kind).toBe("hello")
    expect(read(padded(32 * 1024 + 1))).toEqual(malformed)
  })

  test("what follows the hello counts for nothing", () => {
    expect(read(record(whole), Buffer.from("junk"))).toMatchObject({ serverName: "a.example" })
    expect(read(Buffer.concat([record(whole), record(Buffer.alloc(9), { type: 23 })]))).toMatchObject({
      serverName: "a.example",
    })
  })

  test("what was said once stays said", () => {
    const reader = new ClientHelloReader()
    const result = reader.push(Buffer.from("GET"))
    expect(reader.push(helloBytes())).toEqual(result)
  })
})

describe("no TLS", () => {
  test.each([
    ["HTTP", "GET / HTTP/1.1\r\n"],
    ["SSH", "SSH-2.0-OpenSSH_9.2"],
    ["PostgreSQL asking whether it may begin TLS", "\0\0\0\x08\x04\xd2\x16\x2f"],
    ["a length and a hello of something else", "\x16\x02\0\0"],
    ["an alert", "\x15\x03\x01\0\x02\x01\0"],
    ["data", "\x17\x03\x03\0\x01x"],
    ["BitTorrent", "\x13BitTorrent protocol"],
    ["bytes above all", "\xff\xff\xff\xff"],
    ["nearly a hello of SSL 2.0", "\x80\x2e\x01\x03\x01\0\x15\0\0\0\x11"],
  ])("%s", (_, text) => {
    const bytes = Buffer.from(text, "latin1")
    expect(read(bytes)).toEqual({ kind: "not tls" })
    expect(read(...bytewise(bytes))).toEqual({ kind: "not tls" })
  })

  test("is known by the first byte, mostly", () => {
    for (let first = 0; first < 0x80; first++)
      expect(read(Buffer.from([first])).kind).toBe(first === 22 ? "more" : "not tls")
  })

  test("nothing has been said yet", () => {
    expect(read()).toEqual({ kind: "more" })
    expect(read(Buffer.alloc(0), Buffer.alloc(0))).toEqual({ kind: "more" })
  })

  test("the hello of SSL 2.0 begins TLS and can name no server", () => {
    const body = Buffer.concat([
      Buffer.from([1, 3, 1]),
      words(3, 0, 16),
      Buffer.from([0, 0, 5]),
      Buffer.alloc(16),
    ])
    const old = Buffer.concat([words(0x8000 | body.length), body])
    expect(read(old)).toEqual(malformed)
    expect(read(...bytewise(old))).toEqual(malformed)
    for (let length = 0; length < 11; length++)
      expect(read(old.subarray(0, length))).toEqual({ kind: "more" })
  })
})
