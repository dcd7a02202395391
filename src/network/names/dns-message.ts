/**
 * DNS messages (RFC 1035), as far as the resolvers of programs ask and we answer: one question, nothing compressed,
 * and the extension of RFC 6891. What comes is hostile: each loop ends with the message, nothing throws.
 */

export const recordType = {
  address: 1,
  pointer: 12,
  options: 41,
  incrementalTransfer: 251,
  transfer: 252,
} as const
export const internetClass = 1

/** RFC 1035, 4.1.1; the last of RFC 6891 */
export const responseCode = {
  ok: 0,
  malformed: 1,
  failed: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const
export type ResponseCode = (typeof responseCode)[keyof typeof responseCode]

export type Query = {
  /** lower case, "" for the root, no trailing dot; `\DDD` for bytes that are neither letter, digit, hyphen nor underscore */
  name: string
  type: number
  class: number
  header: Header
  /** as it came: some resolvers compare the letters' case (draft-vixie-dnsext-dns0x20) */
  question: Buffer
  /** undefined without EDNS */
  extension: Extension | undefined
}

type Header = { id: number; flags: number }
type Extension = { version: number; dnssecOk: boolean }

export type ReadQuery =
  | { kind: "query"; query: Query }
  /** not a question that anybody need think about: this says so to whoever asked */
  | { kind: "answered"; answer: Buffer }
  /** no answer: not even a header, or an answer itself, which two servers would send to and fro for ever */
  | { kind: "garbage" }

const headerLength = 12
const flag = {
  response: 0x8000,
  opcode: 0x7800,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
} as const
const checkingDisabled = 0x0010
const labelMax = 63
const nameMax = 255
/** What fits everywhere (RFC 6891, 6.2.5); none of our answers is as long. */
const payloadMax = 1232
const dnssecOk = 0x8000
/** Where the question's name stands in every answer (RFC 1035, 4.1.4). */
const pointerToQuestion = 0xc000 | headerLength

export function readQuery(bytes: Uint8Array): ReadQuery {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (message.length < headerLength) return { kind: "garbage" }
  const header = { id: message.readUInt16BE(0), flags: message.readUInt16BE(2) }
  if (header.flags & flag.response) return { kind: "garbage" }
  const without = { header, question: Buffer.alloc(0), extension: undefined }
  const bare = (code: ResponseCode): ReadQuery => ({ kind: "answered", answer: codeAnswer(without, code) })
  if (header.flags & flag.opcode) return bare(responseCode.notImplemented)
  const [questions, answers, authorities, additional] = [4, 6, 8, 10].map(at => message.readUInt16BE(at))
  if (questions !== 1 || answers !== 0 || authorities !== 0) return bare(responseCode.malformed)
  const name = readName(message, headerLength)
  if (name === undefined || name.end + 4 > message.length) return bare(responseCode.malformed)
  const questionEnd = name.end + 4
  const extension = readAdditional(message, questionEnd, additional ?? 0)
  if (extension === "malformed") return bare(responseCode.malformed)
  const query = {
    name: name.text,
    type: message.readUInt16BE(name.end),
    class: message.readUInt16BE(name.end + 2),
    header,
    question: message.subarray(headerLength, questionEnd),
    extension,
  }
  if (extension === undefined || extension.version === 0) return { kind: "query", query }
  return { kind: "answered", answer: codeAnswer(query, responseCode.badVersion) }
}

/** No resolver compresses a question: a length above 63 is a pointer, or nothing that was ever defined. */
function readName(message: Buffer, start: number): { text: string; end: number } | undefined {
  const labels: string[] = []
  let at = start
  for (;;) {
    const length = message[at]
    if (length === undefined || length > labelMax) return undefined
    const end = at + 1 + length
    if (end - start > nameMax || end > message.length) return undefined
    if (length === 0) return { text: labels.join("."), end }
    labels.push(labelText(message.toString("latin1", at + 1, end)))
    at = end
  }
}

/** RFC 4343, 2.1, so that no two names have one text: a label may hold dots, and bytes that are no text. */
function labelText(label: string): string {
  return label
    .replace(/[^\w-]/g, character => `\\${character.charCodeAt(0).toString().padStart(3, "0")}`)
    .toLowerCase()
}

/** The extension among the records after the question; others (signatures) are passed over. */
function readAdditional(message: Buffer, start: number, count: number): Extension | "malformed" | undefined {
  let extension: Extension | undefined
  let at = start
  for (let index = 0; index < count; index++) {
    const name = readName(message, at)
    if (name === undefined || name.end + 10 > message.length) return "malformed"
    if (message.readUInt16BE(name.end) === recordType.options) {
      // RFC 6891, 6.1.1
      if (extension !== undefined || name.text !== "") return "malformed"
      const bits = message.readUInt16BE(name.end + 6)
      extension = { version: message.readUInt8(name.end + 5), dnssecOk: (bits & dnssecOk) !== 0 }
    }
    at = name.end + 10 + message.readUInt16BE(name.end + 8)
  }
  return at === message.length ? extension : "malformed"
}

/** What an answer repeats of its question. */
type Asked = Pick<Query, "header" | "question" | "extension">

/** An answer without a record: why there is none, or, with `ok`, that the name has others. */
export function codeAnswer(asked: Asked, code: ResponseCode): Buffer {
  return answer(asked, code, undefined)
}

/** @param address four bytes @param ttl in seconds */
export function addressAnswer(asked: Asked, address: Uint8Array, ttl: number): Buffer {
  return answer(asked, responseCode.ok, { type: recordType.address, data: address, ttl })
}

/** @param name a canonical host name @param ttl in seconds */
export function pointerAnswer(asked: Asked, name: string, ttl: number): Buffer {
  const labels = name.split(".").map(label => Buffer.from(`\0${label}`, "latin1"))
  for (const label of labels) label[0] = label.length - 1
  return answer(asked, responseCode.ok, {
    type: recordType.pointer,
    data: Buffer.concat([...labels, Buffer.alloc(1)]),
    ttl,
  })
}

type Data = { type: number; data: Uint8Array; ttl: number }

function answer(
  { header, question, extension }: Asked,
  code: ResponseCode,
  record: Data | undefined,
): Buffer {
  const start = Buffer.alloc(headerLength)
  const repeated = header.flags & (flag.opcode | flag.recursionDesired | checkingDisabled)
  start.writeUInt16BE(header.id, 0)
  start.writeUInt16BE(flag.response | flag.recursionAvailable | repeated | (code & 0xf), 2)
  start.writeUInt16BE(question.length > 0 ? 1 : 0, 4)
  start.writeUInt16BE(record === undefined ? 0 : 1, 6)
  start.writeUInt16BE(extension === undefined ? 0 : 1, 10)
  const records = [
    ...(record === undefined ? [] : [recordBytes(record)]),
    ...(extension === undefined ? [] : [extensionBytes(extension, code)]),
  ]
  return Buffer.concat([start, question, ...records])
}

/** RFC 1035, 4.1.3 */
function recordBytes({ type, data, ttl }: Data): Buffer {
  const start = Buffer.alloc(12)
  start.writeUInt16BE(pointerToQuestion, 0)
  start.writeUInt16BE(type, 2)
  start.writeUInt16BE(internetClass, 4)
  start.writeUInt32BE(ttl, 6)
  start.writeUInt16BE(data.length, 10)
  return Buffer.concat([start, data])
}

/** RFC 6891, 6.1.2: the root's name, and the upper bits of the code; we know version 0. */
function extensionBytes({ dnssecOk: asked }: Extension, code: ResponseCode): Buffer {
  const bytes = Buffer.alloc(11)
  bytes.writeUInt16BE(recordType.options, 1)
  bytes.writeUInt16BE(payloadMax, 3)
  bytes.writeUInt8(code >> 4, 5)
  bytes.writeUInt16BE(asked ? dnssecOk : 0, 7)
  return bytes
}
