/** What the name server says: a message in, a message out. No question leaves the machine, and none is passed on. */
import {
  addressAnswer,
  codeAnswer,
  internetClass,
  pointerAnswer,
  type Query,
  readQuery,
  recordType,
  responseCode,
} from "./dns-message.ts"
import { canonicalHostName } from "./host-name.ts"
import type { SyntheticNames } from "./synthetic-names.ts"

/** Seconds for which a program may keep an answer: an address may belong to another name one day. */
const ttl = 60

const loopback = "127.0.0.1"

/**
 * Names that nobody has, and programs ask for. Firefox asks for the first to learn whether the network wants its
 * questions to stay in it; the second is how to find a way to IPv4 that there is not (RFC 7050).
 */
const nobodys = new Set(["use-application-dns.net", "ipv4only.arpa"])
/** RFC 6761, 6.4, and RFC 7686: these never are host names, and a program that asks for them is in error. */
const nobodysSuffix = /(^|\.)(invalid|onion)$/

/** RFC 1035, 3.5, and RFC 3596, 2.5 */
const reverse = /(^|\.)(in-addr|ip6)\.arpa$/
const loopbackV6Reverse = /^1(\.0){31}\.ip6\.arpa$/

/** @returns undefined for what is no question: it gets no answer */
export function answerTo(message: Uint8Array, names: SyntheticNames): Uint8Array | undefined {
  const read = readQuery(message)
  if (read.kind === "garbage") return undefined
  return read.kind === "answered" ? read.answer : answerQuery(read.query, names)
}

function answerQuery(query: Query, names: SyntheticNames): Uint8Array {
  const isTransfer = query.type === recordType.transfer || query.type === recordType.incrementalTransfer
  if (query.class !== internetClass || isTransfer) return codeAnswer(query, responseCode.refused)
  if (query.name === "") return codeAnswer(query, responseCode.ok)
  if (reverse.test(query.name)) return answerReverse(query, names)
  const name = canonicalHostName(query.name)
  if (name === undefined || isNobodys(name)) return codeAnswer(query, responseCode.noSuchName)
  // Who is told that a name has no address of version 6, no mail server, no certificate's fingerprint, takes what there is.
  if (query.type !== recordType.address) return codeAnswer(query, responseCode.ok)
  const address = isLocalhost(name) ? loopback : names.addressOf(name)
  if (address === undefined) return codeAnswer(query, responseCode.failed)
  return addressAnswer(query, Uint8Array.from(address.split("."), Number), ttl)
}

/** Whether a name gets no address, whatever the rules say. @param name as canonicalHostName writes it */
export function isNobodys(name: string): boolean {
  return nobodys.has(name) || nobodysSuffix.test(name)
}

/** RFC 6761, 6.3: whether a name is the sandbox's own loopback. */
export function isLocalhost(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost")
}

function answerReverse(query: Query, names: SyntheticNames): Uint8Array {
  const name = reverseName(query.name, names)
  if (name === undefined) return codeAnswer(query, responseCode.noSuchName)
  if (query.type !== recordType.pointer) return codeAnswer(query, responseCode.ok)
  return pointerAnswer(query, name, ttl)
}

function reverseName(asked: string, names: SyntheticNames): string | undefined {
  if (loopbackV6Reverse.test(asked)) return "localhost"
  const [, ...parts] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(asked) ?? []
  const address = parts.reverse().join(".")
  return address === loopback ? "localhost" : names.nameOf(address)
}
