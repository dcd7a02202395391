/** DNS messages as resolvers write and read them (RFC 1035), apart from what src/network knows of them. */

export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  SSHFP: 44,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const

export const codes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

const recursionDesired = 0x0100

export type Question = {
  name: string | Uint8Array
  type?: number
  class?: number
  id?: number
  flags?: number
  /** as many of each as the header says: questions, answers, authorities, additional */
  counts?: readonly [number, number, number, number]
  /** records after the question */
  records?: readonly Uint8Array[]
  /** bytes after the message */
  rest?: Uint8Array
}

/** A question as a stub resolver sends it. */
export function question(asked: string | Question): Buffer {
  const { name, records = [], ...rest } = typeof asked === "string" ? { name: asked } : asked
  const { type = types.A, class: kind = 1, id = 0x1234, flags = recursionDesired } = rest
  const counts = rest.counts ?? [1, 0, 0, records.length]
  const header = words(id, flags, ...counts)
  const wire = typeof name === "string" ? wireName(name) : name
  return Buffer.concat([header, wire, words(type, kind), ...records, rest.rest ?? Buffer.alloc(0)])
}

/** Labels with their lengths; a dot at the end changes nothing. */
export function wireName(name: string): Buffer {
  const labels = name.replace(/\.$/, "").split(".").filter(Boolean)
  const parts = labels.flatMap(label => [
    Buffer.from([Buffer.byteLength(label, "latin1")]),
    Buffer.from(label, "latin1"),
  ])
  return Buffer.concat([...parts, Buffer.alloc(1)])
}

type Options = { version?: number; dnssecOk?: boolean; payload?: number; data?: Uint8Array; owner?: string }

/** The record of RFC 6891. */
export function optRecord(options: Options = {}): Buffer {
  const { version = 0, dnssecOk = false, payload = 1232, data = Buffer.alloc(0), owner = "" } = options
  const fixed = words(41, payload, version, dnssecOk ? 0x8000 : 0, data.length)
  return Buffer.concat([wireName(owner), fixed, data])
}

/** Big-endian numbers of 16 bits. */
export function words(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(2 * numbers.length)
  for (const [index, number] of numbers.entries()) bytes.writeUInt16BE(number, 2 * index)
  return bytes
}

export type Answer = {
  id: number
  flags: { answer: boolean; truncated: boolean; recursionDesired: boolean; recursionAvailable: boolean }
  opcode: number
  /** with the upper bits of the extension */
  code: number
  question: { name: string; type: number; class: number } | undefined
  records: { name: string; type: number; ttl: number; data: string }[]
  opt: { payload: number; version: number; dnssecOk: boolean } | undefined
}

/** An answer as a resolver reads it. @throws when it is no whole message */
export function readAnswer(bytes: Uint8Array | undefined): Answer {
  if (bytes === undefined) throw new Error("there is no answer")
  const message = Buffer.from(bytes)
  const [id, flags, questions, answers, authorities, additional] = [0, 2, 4, 6, 8, 10].map(at =>
    message.readUInt16BE(at),
  ) as [number, number, number, number, number, number]
  if (questions > 1 || authorities > 0 || additional > 1) throw new Error("the counts are odd")
  let at = 12
  const nextName = () => {
    const { name, end } = nameAt(message, at)
    at = end
    return name
  }
  const next = (size: number) => {
    at += size
    return message.readUIntBE(at - size, size)
  }
  const asked = questions === 0 ? undefined : { name: nextName(), type: next(2), class: next(2) }
  const records: Answer["records"] = []
  for (let count = 0; count < answers; count++) {
    const [name, type, , ttl, length] = [nextName(), next(2), next(2), next(4), next(2)]
    const data = message.subarray(at, at + length)
    records.push({ name, type, ttl, data: type === types.A ? data.join(".") : nameAt(message, at).name })
    at += length
  }
  const opt =
    additional === 0 ? undefined : { owner: nextName(), type: next(2), payload: next(2), upper: next(1) }
  const version = opt && { payload: opt.payload, version: next(1), dnssecOk: (next(2) & 0x8000) !== 0 }
  if (opt !== undefined && (opt.owner !== "" || opt.type !== 41)) throw new Error("the extension is odd")
  const options = version === undefined ? 0 : next(2)
  at += options
  if (at !== message.length) throw new Error(`${message.length - at} bytes are left over`)
  return {
    id,
    flags: {
      answer: (flags & 0x8000) !== 0,
      truncated: (flags & 0x0200) !== 0,
      recursionDesired: (flags & 0x0100) !== 0,
      recursionAvailable: (flags & 0x0080) !== 0,
    },
    opcode: (flags >> 11) & 15,
    code: (flags & 15) | ((opt?.upper ?? 0) << 4),
    question: asked,
    records,
    opt: version,
  }
}

function nameAt(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = []
  let at = start
  let end: number | undefined
  for (let jumps = 0; jumps < 10; ) {
    const length = message.readUInt8(at)
    if (length === 0) return { name: labels.join("."), end: end ?? at + 1 }
    if (length < 64) {
      labels.push(message.toString("latin1", at + 1, at + 1 + length))
      at += 1 + length
    } else {
      end ??= at + 2
      at = message.readUInt16BE(at) & 0x3fff
      jumps++
    }
  }
  throw new Error("a name leads round in circles")
}
