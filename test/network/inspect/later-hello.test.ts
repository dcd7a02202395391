import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { firstHello, LaterHello } from "../../../src/network/inspect/later-hello.ts"
import {
  extension,
  helloBody,
  helloBytes,
  message,
  record,
  records,
  serverName,
} from "../../support/tls-clients.ts"

const changeCipherSpec = record(Buffer.from([1]), { type: 20, version: 0x0303 })
const alert = record(Buffer.from([1, 90]), { type: 21, version: 0x0303 })
const encrypted = record(Buffer.alloc(60, 0xa5), { type: 23, version: 0x0303 })
const helloFor = (name: string, size = 16_384) =>
  records(message(helloBody({ extensions: [serverName(name)] })), size)
const plainHello = message(helloBody({ extensions: [serverName("web.test")] }))
const earlyHello = message(
  helloBody({ extensions: [serverName("web.test"), extension(42, Buffer.alloc(0))] }),
)

/** What goes up of bytes that follow a first hello for web.test, and why no more does. */
function follow(bytes: Buffer, { piece = bytes.length, first = plainHello } = {}) {
  const later = new LaterHello(first, name =>
    name === "web.test" ? undefined : { why: `it is for ${name}` },
  )
  const passed: Uint8Array[] = []
  let why: string | undefined
  for (let at = 0; at < bytes.length && why === undefined && !later.isOpen; at += piece) {
    const end = Math.min(at + piece, bytes.length)
    for (const found of later.push(Buffer.from(bytes.subarray(at, end))))
      if (found.kind === "pass") passed.push(found.bytes)
      else why = found.flaw.why
    // The caller passes on by itself from here.
    if (later.isOpen) passed.push(bytes.subarray(end))
  }
  return { passed: Buffer.concat(passed), why, isOpen: later.isOpen, isUndecided: later.isUndecided }
}

const pieces = [1, 2, 5, 7, 11, 100, 100_000]

describe("what no second hello is", () => {
  test.each([
    ["data of TLS 1.3", [changeCipherSpec, encrypted]],
    ["data without the record that nobody needs", [encrypted]],
    ["a key of TLS 1.2", [record(message(Buffer.alloc(66), 16)), changeCipherSpec, encrypted]],
    ["a certificate of TLS 1.2", [record(message(Buffer.alloc(5000), 11), { version: 0x0303 })]],
    ["a message in the smallest records", [records(message(Buffer.alloc(20), 16), 1), encrypted]],
    [
      "the encrypted end of TLS 1.2's short way",
      [changeCipherSpec, record(Buffer.alloc(40, 0), { version: 0x0303 })],
    ],
    [
      "the same, which begins as a hello does",
      [changeCipherSpec, record(Buffer.from([1, 77, 3, 3, 3, ...Buffer.alloc(40)]))],
    ],
  ])("%s passes, and nothing is looked at from there on", (_, parts) => {
    const bytes = Buffer.concat([...parts, Buffer.from("whatever")])
    for (const piece of pieces) {
      const { passed, why, isOpen, isUndecided } = follow(bytes, { piece })
      expect({ why, isOpen, isUndecided }).toEqual({ why: undefined, isOpen: true, isUndecided: false })
      expect(passed.equals(bytes)).toBe(true)
    }
  })

  test("random bytes of TLS 1.2 are not taken for one", () => {
    const random = fc.uint8Array({ minLength: 16, maxLength: 80 })
    fc.assert(
      fc.property(random, bytes => {
        const { why, isOpen } = follow(Buffer.concat([changeCipherSpec, record(bytes)]))
        expect({ why, isOpen }).toEqual({ why: undefined, isOpen: true })
      }),
      { numRuns: 20_000, seed: 1 },
    )
  })

  test("records that say nothing pass, and more may come", () => {
    const bytes = Buffer.concat([changeCipherSpec, alert, alert])
    for (const piece of pieces) {
      const { passed, isOpen, isUndecided } = follow(bytes, { piece })
      expect(passed.equals(bytes)).toBe(true)
      expect([isOpen, isUndecided]).toEqual([false, false])
    }
  })
})

describe("a second hello", () => {
  const before: [string, Buffer[]][] = [
    ["at once", []],
    ["after a change of ciphers", [changeCipherSpec]],
    ["after warnings", [alert, changeCipherSpec, alert]],
  ]
  test.each(before)("%s passes when it names the same server", (_, parts) => {
    for (const size of [1, 50, 16_384])
      for (const piece of pieces) {
        const bytes = Buffer.concat([...parts, helloFor("web.test", size), changeCipherSpec, encrypted])
        const { passed, why, isOpen } = follow(bytes, { piece })
        expect({ why, isOpen }).toEqual({ why: undefined, isOpen: true })
        expect(passed.equals(bytes)).toBe(true)
      }
  })

  test.each(before)("%s does not when it names another, not a byte of it", (_, parts) => {
    for (const size of [1, 3, 50, 16_384])
      for (const piece of pieces) {
        const bytes = Buffer.concat([...parts, helloFor("evil.test", size)])
        const { passed, why, isOpen } = follow(bytes, { piece })
        expect({ why, isOpen }).toEqual({ why: "it is for evil.test", isOpen: false })
        expect(passed.equals(Buffer.concat(parts))).toBe(true)
      }
  })

  test("is held until it is whole", () => {
    const hello = helloFor("web.test")
    const { passed, isUndecided } = follow(hello.subarray(0, -1), { piece: 20 })
    expect([passed.length, isUndecided]).toEqual([0, true])
  })

  test("that cannot be read does not pass", () => {
    for (const flawed of [
      record(
        Buffer.concat([message(helloBody({ extensions: [serverName("web.test")] })), Buffer.from([20])]),
      ),
      record(message(helloBody({ extensions: [serverName("web.test"), serverName("evil.test")] }))),
      record(Buffer.from([1, 0, 0, 4, 3, 3, 0, 0])),
      record(Buffer.alloc(0)),
      Buffer.concat([record(Buffer.from([1])), encrypted]),
    ]) {
      const { passed, why, isOpen } = follow(flawed, { piece: 3 })
      expect(why).toStartWith("its TLS cannot be read: ")
      expect([passed.length, isOpen]).toEqual([0, false])
    }
  })

  test("cannot hide behind records that say nothing", () => {
    const flood = Buffer.concat([
      ...Array.from({ length: 33 }, () => changeCipherSpec),
      helloFor("evil.test"),
    ])
    const { passed, why } = follow(flood)
    expect(why).toBe("its TLS cannot be read: too many records that say nothing follow it")
    expect(passed.length).toBe(32 * changeCipherSpec.length)
  })

  test("cannot hide behind what is no TLS", () => {
    for (const start of [
      "GET / HTTP/1.1\r\n",
      "\x18\x03\x03\x00\x01x",
      "\x16\x02\x00\x00\x01x",
      "\x80\x2e\x01",
    ])
      expect(follow(Buffer.from(start, "latin1"), { piece: 1 }).why).toBe(
        "its TLS cannot be read: what follows it is no TLS",
      )
  })
})

describe("early data", () => {
  test("may stand before a second hello, however much there is", () => {
    const data = Array.from({ length: 100 }, () =>
      record(Buffer.alloc(10_000, 3), { type: 23, version: 0x0303 }),
    )
    for (const piece of [1000, 100_000]) {
      const fine = follow(Buffer.concat([changeCipherSpec, ...data, helloFor("web.test")]), {
        piece,
        first: earlyHello,
      })
      expect([fine.why, fine.isOpen]).toEqual([undefined, true])
      const fronted = follow(Buffer.concat([changeCipherSpec, ...data, helloFor("evil.test")]), {
        piece,
        first: earlyHello,
      })
      expect([fronted.why, fronted.isOpen]).toEqual(["it is for evil.test", false])
    }
  })

  test("is not there when it was not offered: that is the end of what can be seen", () => {
    expect(follow(Buffer.concat([encrypted, helloFor("evil.test")])).isOpen).toBe(true)
  })
})

describe("the first hello", () => {
  test.each([1, 2, 3, 5, 50, 16_384])("is told from what follows, in records of %d", size => {
    const bytes = records(earlyHello, size)
    const found = firstHello(Buffer.concat([bytes, changeCipherSpec, encrypted]))
    expect(found.length).toBe(bytes.length)
    expect(found.message.equals(earlyHello)).toBe(true)
  })

  test("of a client without extensions offers nothing", () => {
    const { message: first } = firstHello(helloBytes({ extensions: "none" }))
    expect(follow(encrypted, { first }).isOpen).toBe(true)
  })
})
