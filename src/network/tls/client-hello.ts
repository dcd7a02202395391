/**
 * The first message of a TLS connection (RFC 8446, 4.1.2), which says in the clear for which server it is. It may come
 * in many records and many packets. What two servers might read differently is malformed.
 */

import { HeldBytes } from "../streams/held-bytes.ts"
import { readHello } from "./client-hello-message.ts"

export type ClientHello = {
  kind: "hello"
  /** canonical name, or an IPv4 address; undefined when the client names no server */
  serverName: string | undefined
  /** protocols that the client offers, a character for each byte */
  alpn: string[]
  /** the true server's name may be in a part that only the server can read; or there is something that only looks so */
  encryptedClientHello: boolean
}

export type HelloResult =
  | ClientHello
  | { kind: "more" }
  | { kind: "not tls" }
  | { kind: "malformed"; why: string }

const limits = {
  /** bytes of the message: those of post-quantum keys and of tickets are a few thousand */
  message: 32 * 1024,
  /** records of a message: each but the last could be full */
  records: 256,
  /** bytes of a record (RFC 8446, 5.1) */
  record: 16 * 1024,
} as const

const recordHeader = 5
const messageHeader = 4
const [handshake, clientHello, majorVersion] = [22, 1, 3]

/** Reads one hello. */
export class ClientHelloReader {
  readonly #held = new HeldBytes()
  readonly #message = new HeldBytes()
  #records = 0
  #result: HelloResult = { kind: "more" }

  /** @param bytes kept, and not copied: not to be used for anything else. What follows the hello counts for nothing */
  push(bytes: Uint8Array): HelloResult {
    if (this.#result.kind !== "more") return this.#result
    this.#held.add(bytes)
    this.#result = this.#read()
    if (this.#result.kind !== "more") for (const read of [this.#held, this.#message]) read.take()
    return this.#result
  }

  #read(): HelloResult {
    for (;;) {
      const { bytes } = this.#held
      const why = this.#records === 0 ? firstFlaw(bytes) : laterFlaw(bytes)
      if (why === "not tls") return { kind: "not tls" }
      if (why === "not enough to tell") return { kind: "more" }
      if (why !== undefined) return { kind: "malformed", why }
      if (bytes.length < recordHeader) return { kind: "more" }
      const length = bytes.readUInt16BE(3)
      if (length === 0 || length > limits.record)
        return { kind: "malformed", why: `its record has ${length} bytes` }
      if (bytes.length < recordHeader + length) return { kind: "more" }
      if (++this.#records > limits.records)
        return { kind: "malformed", why: `it is spread over more than ${limits.records} records` }
      this.#message.add(bytes.subarray(recordHeader, recordHeader + length))
      this.#held.drop(recordHeader + length)
      const result = readMessage(this.#message.bytes)
      if (result.kind !== "more") return result
    }
  }
}

/** What a connection begins with, as far as it has come. @returns undefined for TLS */
function firstFlaw(bytes: Buffer): string | undefined {
  const [type, major] = bytes
  if (type === handshake && (major === undefined || major === majorVersion)) return undefined
  return type === undefined ? undefined : oldHelloFlaw(bytes)
}

/**
 * The hello of SSL 2.0 (RFC 5246, E.2), with which a client can still begin TLS 1.2, has no place for a server's name.
 * All of its lengths have to agree: other protocols may begin with the same five bytes.
 */
function oldHelloFlaw(bytes: Buffer): string {
  const [high = 0, low = 0, type = clientHello, major = majorVersion] = bytes
  if (high < 0x80 || type !== clientHello || major !== majorVersion) return "not tls"
  if (bytes.length < 11) return "not enough to tell"
  const [ciphers, session, challenge] = [5, 7, 9].map(at => bytes.readUInt16BE(at))
  const length = 9 + (ciphers ?? 0) + (session ?? 0) + (challenge ?? 0)
  return length === (((high & 0x7f) << 8) | low)
    ? "it is a hello of SSL 2.0, which cannot name a server"
    : "not tls"
}

function laterFlaw([type, major]: Buffer): string | undefined {
  const isRecord = (type ?? handshake) === handshake && (major ?? majorVersion) === majorVersion
  return isRecord ? undefined : "something else stands between its records"
}

function readMessage(message: Buffer): HelloResult {
  const malformed = (why: string): HelloResult => ({ kind: "malformed", why })
  if (message[0] !== clientHello) return malformed("its first message is none with which a client begins")
  if (message.length < messageHeader) return { kind: "more" }
  const end = messageHeader + message.readUIntBE(1, 3)
  if (end > limits.message) return malformed(`it is longer than ${limits.message} bytes`)
  if (message.length < end) return { kind: "more" }
  if (message.length > end) return malformed("another message stands in its last record")
  const hello = readHello(message.subarray(messageHeader))
  return typeof hello === "string" ? malformed(hello) : { kind: "hello", ...hello }
}
