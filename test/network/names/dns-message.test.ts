import { describe, expect, test } from "bun:test"
import {
  addressAnswer,
  codeAnswer,
  pointerAnswer,
  type Query,
  readQuery,
  responseCode,
} from "../../../src/network/names/dns-message.ts"
import { codes, optRecord, question, readAnswer, types, wireName, words } from "../../support/dns-messages.ts"

function queryOf(bytes: Uint8Array): Query {
  const read = readQuery(bytes)
  if (read.kind !== "query") throw new Error(`it is ${read.kind}`)
  return read.query
}

/** The code of what is answered without anybody thinking about it. */
function refusalOf(bytes: Uint8Array): number {
  const read = readQuery(bytes)
  if (read.kind !== "answered") throw new Error(`it is ${read.kind}`)
  return readAnswer(read.answer).code
}

const label63 = "a".repeat(63)
/** 255 bytes with the lengths and the root: as long as a name gets (RFC 1035, 2.3.4). */
const longest = [label63, label63, label63, "b".repeat(61)].join(".")

describe("a question", () => {
  test.each([
    ["github.com", types.A],
    ["_dmarc.example.com", types.TXT],
    ["xn--bcher-kva.example", types.HTTPS],
    ["", types.NS],
    [longest, types.AAAA],
  ])("%s, type %d", (name, type) => {
    expect(queryOf(question({ name, type }))).toMatchObject({ name, type, class: 1, extension: undefined })
  })

  test("is read in lower case, and repeated as it came", () => {
    const query = queryOf(question("GitHub.COM"))
    expect(query.name).toBe("github.com")
    expect(readAnswer(codeAnswer(query, responseCode.ok)).question?.name).toBe("GitHub.COM")
  })

  test.each([
    ["a dot within a label", Buffer.from("\x03a.b\x03com\0", "latin1"), "a\\046b.com"],
    ["what looks like its escape", Buffer.from("\x06a\\046b\x03com\0", "latin1"), "a\\092046b.com"],
    ["bytes that are no text", Buffer.from("\x02\xff\0\x03com\0", "latin1"), "\\255\\000.com"],
    ["a line break", Buffer.from("\x03a\nb\0", "latin1"), "a\\010b"],
    ["letters beyond ASCII, which have no case here", Buffer.from("\x01\xc4\0", "latin1"), "\\196"],
  ])("%s has a text of its own", (_, name, text) => {
    expect(queryOf(question({ name })).name).toBe(text)
  })

  test.each([
    ["nothing more", []],
    [
      "a cookie and padding",
      [
        optRecord({
          data: Buffer.concat([words(10, 8), Buffer.alloc(8), words(12, 300), Buffer.alloc(300)]),
        }),
      ],
    ],
    [
      "a signature that nobody asked for",
      [Buffer.concat([wireName("key.example"), words(250, 255, 0, 0, 3), Buffer.alloc(3)])],
    ],
  ])("with %s", (_, records) => {
    expect(queryOf(question({ name: "a.example", records })).name).toBe("a.example")
  })

  test("with an extension: version and wish for DNSSEC", () => {
    const query = queryOf(question({ name: "a.example", records: [optRecord({ dnssecOk: true })] }))
    expect(query.extension).toEqual({ version: 0, dnssecOk: true })
  })
})

describe("no question at all: silence", () => {
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["less than a header", question("a.example").subarray(0, 11)],
    ["an answer", question({ name: "a.example", flags: 0x8180 })],
    ["an answer that is cut short", question({ name: "a.example", flags: 0x8000 }).subarray(0, 12)],
  ])("%s", (_, bytes) => expect(readQuery(bytes)).toEqual({ kind: "garbage" }))
})

describe("a question that is not as it must be", () => {
  const pointer = Buffer.from([0xc0, 12])
  test.each([
    ["a header alone", question("a.example").subarray(0, 12)],
    ["a name that is cut short", question("a.example").subarray(0, 20)],
    ["no class", question("a.example").subarray(0, -1)],
    ["no question", question({ name: "a.example", counts: [0, 0, 0, 0] })],
    ["two questions", question({ name: "a.example", counts: [2, 0, 0, 0] })],
    ["an answer in it", question({ name: "a.example", counts: [1, 1, 0, 0] })],
    ["an authority in it", question({ name: "a.example", counts: [1, 0, 1, 0] })],
    ["a pointer to itself", question({ name: pointer })],
    ["a label and a pointer", question({ name: Buffer.concat([Buffer.from("\x01a"), pointer]) })],
    ["a label of a kind that was never defined", question({ name: Buffer.from([0x41, 1, 2, 3]) })],
    [
      "a label of 64 bytes",
      question({ name: Buffer.concat([Buffer.from([64]), Buffer.alloc(64), Buffer.alloc(1)]) }),
    ],
    ["a name of 256 bytes", question(`${longest}c`)],
    ["bytes after it", question({ name: "a.example", rest: Buffer.from("x") })],
    ["a record that is not there", question({ name: "a.example", counts: [1, 0, 0, 1] })],
    ["65,535 records that are not there", question({ name: "a.example", counts: [1, 0, 0, 65_535] })],
    [
      "a record longer than the message",
      question({ name: "a.example", records: [Buffer.concat([wireName(""), words(41, 512, 0, 0, 9)])] }),
    ],
    ["two extensions", question({ name: "a.example", records: [optRecord(), optRecord()] })],
    ["an extension of a name", question({ name: "a.example", records: [optRecord({ owner: "a.example" })] })],
  ])("%s", (_, bytes) => expect(refusalOf(bytes)).toBe(codes.FORMERR))

  test.each([1, 2, 4, 5, 15])("operation %d is none of ours", opcode => {
    expect(refusalOf(question({ name: "a.example", flags: opcode << 11 }))).toBe(codes.NOTIMP)
  })

  test("a version of the extension that does not exist yet", () => {
    const read = readQuery(question({ name: "a.example", records: [optRecord({ version: 1 })] }))
    const answer = readAnswer(read.kind === "answered" ? read.answer : undefined)
    expect(answer.code).toBe(16)
    expect(answer.opt?.version).toBe(0)
    expect(answer.question?.name).toBe("a.example")
  })

  test("the refusal has the number of the question, and not its contents", () => {
    const read = readQuery(question({ name: "a.example", id: 0xbeef, counts: [2, 0, 0, 0] }))
    const answer = readAnswer(read.kind === "answered" ? read.answer : undefined)
    expect(answer).toMatchObject({ id: 0xbeef, question: undefined, records: [] })
    expect(answer.flags).toMatchObject({ answer: true, recursionDesired: true })
  })
})

describe("an answer", () => {
  const query = queryOf(question({ name: "A.Example", id: 7, flags: 0x0110 }))

  test("with an address", () => {
    const answer = readAnswer(addressAnswer(query, Uint8Array.of(198, 18, 1, 1), 60))
    expect(answer).toEqual({
      id: 7,
      flags: { answer: true, truncated: false, recursionDesired: true, recursionAvailable: true },
      opcode: 0,
      code: codes.NOERROR,
      question: { name: "A.Example", type: types.A, class: 1 },
      records: [{ name: "A.Example", type: types.A, ttl: 60, data: "198.18.1.1" }],
      opt: undefined,
    })
  })

  test.each(["a.example", "localhost", longest])("with the name %s", name => {
    const asked = queryOf(question({ name: "1.1.18.198.in-addr.arpa", type: types.PTR }))
    const { records } = readAnswer(pointerAnswer(asked, name, 60))
    expect(records).toMatchObject([{ name: "1.1.18.198.in-addr.arpa", type: types.PTR, data: name }])
  })

  test.each(Object.entries(codes))("without a record: %s", (_, code) => {
    expect(readAnswer(codeAnswer(query, code))).toMatchObject({ code, records: [] })
  })

  test("has an extension where the question had one, and nowhere else", () => {
    const extended = queryOf(question({ name: "a.example", records: [optRecord({ dnssecOk: true })] }))
    const address = Uint8Array.of(198, 18, 1, 1)
    expect(readAnswer(addressAnswer(extended, address, 60)).opt).toEqual({
      payload: 1232,
      version: 0,
      dnssecOk: true,
    })
    expect(readAnswer(addressAnswer(query, address, 60)).opt).toBeUndefined()
  })

  test("fits into the smallest datagram that a resolver takes, whatever was asked", () => {
    const asked = queryOf(question({ name: longest, records: [optRecord()] }))
    expect(addressAnswer(asked, Uint8Array.of(198, 18, 1, 1), 60).length).toBeLessThanOrEqual(512)
    const reverse = queryOf(
      question({ name: "254.255.19.198.in-addr.arpa", type: types.PTR, records: [optRecord()] }),
    )
    expect(pointerAnswer(reverse, longest, 60).length).toBeLessThanOrEqual(512)
  })
})
