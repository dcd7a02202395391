/**
 * A server may ask for a second ClientHello (HelloRetryRequest, RFC 8446, 4.1.4), and some serve whom that one names,
 * OpenSSL among them. It is the last that a client says in the clear: what follows the first is looked at, record by
 * record, until no other can come.
 */
import { ByteCursor } from "../names/byte-cursor.ts"
import { HeldBytes } from "../streams/held-bytes.ts"
import { ClientHelloReader } from "../tls/client-hello.ts"
import type { Flaw } from "./inspect.ts"

export type LaterFinding =
  /** these bytes may go up */
  | { kind: "pass"; bytes: Uint8Array }
  /** nothing more may */
  | { kind: "flaw"; flaw: Flaw }

const recordHeader = 5
const messageHeader = 4
/** RFC 8446, 5.1 */
const types = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const
const [clientHello, majorVersion, earlyData] = [1, 3, 42]
/** Records that change nothing; servers take a few. */
const idleMax = 32
/** No server takes a longer one: 2 in the first byte of the length is 128 KiB. */
const lengthMax = 2
const noTls = flaw("what follows it is no TLS")

export class LaterHello {
  readonly #held = new HeldBytes()
  readonly #flawOf: (serverName: string | undefined) => Flaw | undefined
  /** early data may stand before it, of which only the server knows how much: then the end is never seen */
  readonly #isEarly: boolean
  /** of a record that passes */
  #left = 0
  #idle = 0
  #reader: ClientHelloReader | undefined
  #isOpen = false

  /** @param first the message of the first hello @param flawOf what is wrong with the server that a second one names */
  constructor(first: Buffer, flawOf: (serverName: string | undefined) => Flaw | undefined) {
    this.#flawOf = flawOf
    this.#isEarly = offersEarlyData(first)
  }

  /** No second one can come any more. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  get isUndecided(): boolean {
    return this.#held.length > 0
  }

  /** @param bytes kept, and not copied */
  push(bytes: Uint8Array): LaterFinding[] {
    this.#held.add(bytes)
    if (this.#reader !== undefined) return this.#readOn(this.#reader, bytes)
    let at = 0
    for (;;) {
      const rest = this.#held.bytes.subarray(at)
      const taken = Math.min(this.#left, rest.length)
      at += taken
      this.#left -= taken
      const record = this.#recordAt(rest.subarray(taken))
      if (record === "pass") this.#left = recordHeader + rest.readUInt16BE(taken + 3)
      else return this.#found(record, at)
    }
  }

  #recordAt(bytes: Buffer): "pass" | Decisive {
    const [type, major = majorVersion] = bytes
    if (type === undefined) return { kind: "more" }
    const isKnown = type >= types.changeCipherSpec && type <= types.applicationData
    if (!isKnown || major !== majorVersion) return noTls
    if (bytes.length < recordHeader) return { kind: "more" }
    if (type === types.handshake) return { kind: handshakeAt(bytes) }
    if (type === types.applicationData) return this.#isEarly ? "pass" : { kind: "open" }
    return ++this.#idle > idleMax ? flaw("too many records that say nothing follow it") : "pass"
  }

  /** @param at what may go up before */
  #found(found: Decisive, at: number): LaterFinding[] {
    this.#isOpen = found.kind === "open"
    const bytes = this.#take(this.#isOpen ? this.#held.length : at)
    const passed: LaterFinding[] = bytes.length === 0 ? [] : [{ kind: "pass", bytes }]
    if (found.kind === "flaw") return [...passed, found]
    if (found.kind !== "hello") return passed
    this.#reader = new ClientHelloReader()
    return [...passed, ...this.#readOn(this.#reader, this.#held.bytes)]
  }

  /** It goes up as a whole, if it names the right server, and then there is no third. */
  #readOn(reader: ClientHelloReader, bytes: Uint8Array): LaterFinding[] {
    // Copied: it is held here as well.
    const result = reader.push(Buffer.from(bytes))
    if (result.kind === "more") return []
    if (result.kind === "not tls") return [noTls]
    if (result.kind === "malformed") return [flaw(result.why)]
    const other = this.#flawOf(result.serverName)
    if (other !== undefined) return [{ kind: "flaw", flaw: other }]
    this.#isOpen = true
    return [{ kind: "pass", bytes: this.#take(this.#held.length) }]
  }

  #take(count: number): Buffer {
    const taken = Buffer.from(this.#held.bytes.subarray(0, count))
    this.#held.drop(count)
    return taken
  }
}

type LaterFlaw = Extract<LaterFinding, { kind: "flaw" }>
type Decisive = { kind: "more" | "open" | "hello" } | LaterFlaw

/**
 * A ClientHello, or what a client of TLS 1.2 goes on with, encrypted perhaps: of random bytes one in forty million would
 * be taken for a hello. @param bytes at least the record's own head
 */
function handshakeAt(bytes: Buffer): "more" | "open" | "hello" {
  const length = bytes.readUInt16BE(3)
  if (bytes.length === recordHeader && length > 0) return "more"
  const [message = clientHello, high = 0, , , major = majorVersion] = bytes.subarray(
    recordHeader,
    recordHeader + length,
  )
  if (message !== clientHello || high > lengthMax || major !== majorVersion) return "open"
  return bytes.length > recordHeader + messageHeader || length <= messageHeader ? "hello" : "more"
}

function flaw(why: string): LaterFlaw {
  return { kind: "flaw", flaw: { why: `its TLS cannot be read: ${why}` } }
}

/**
 * The first hello, which has been read (network/tls/client-hello.ts), without its records.
 * @returns its message, and how many bytes it took
 */
export function firstHello(bytes: Buffer): { message: Buffer; length: number } {
  const pieces: Buffer[] = []
  let [length, left] = [0, Number.POSITIVE_INFINITY]
  while (left > 0) {
    const end = length + recordHeader + bytes.readUInt16BE(length + 3)
    pieces.push(bytes.subarray(length + recordHeader, end))
    length = end
    const message = Buffer.concat(pieces)
    if (message.length >= messageHeader) left = messageHeader + message.readUIntBE(1, 3) - message.length
  }
  return { message: Buffer.concat(pieces), length }
}

/** RFC 8446, 4.2.10. @param message one that could be read */
function offersEarlyData(message: Buffer): boolean {
  const cursor = new ByteCursor(message.subarray(messageHeader))
  const versionAndRandom = 2 + 32
  cursor.take(versionAndRandom)
  for (const size of [1, 2, 1] as const) cursor.vector(size)
  const extensions = new ByteCursor(cursor.vector(2) ?? Buffer.alloc(0))
  while (extensions.left > 0) {
    if (extensions.number(2) === earlyData) return true
    extensions.vector(2)
  }
  return false
}
