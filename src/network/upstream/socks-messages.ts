/**
 * The messages of SOCKS: version 5 (RFC 1928, with names and passwords of RFC 1929), version 4 and its extension 4A
 * (www.openssh.com/txt/socks4.protocol, socks4a.protocol). A proxy's answers are read without trust in them.
 */
import { isIPv4, parseAddress } from "../../base/address.ts"
import type { Answer } from "./proxy-answer.ts"
import type { ProxyLogin } from "./proxy-url.ts"

/** Of the ways to log in (RFC 1928, section 3). */
export const methods = { none: 0, password: 2, refused: 0xff } as const

const connect = 1

/** What is said first to a proxy of version 5. */
export function greeting(login: ProxyLogin | undefined): Buffer {
  const offered = login === undefined ? [methods.none] : [methods.none, methods.password]
  return Buffer.from([5, offered.length, ...offered])
}

/** @param offered whether a login was */
export function readMethod(bytes: Buffer, offered: boolean): Answer<"none" | "password"> {
  const [version, method] = bytes
  if (version !== undefined && version !== 5) return wrong("does not speak SOCKS5")
  if (method === undefined) return { kind: "more" }
  if (method === methods.none) return { kind: "whole", length: 2, value: "none" }
  if (method === methods.password && offered) return { kind: "whole", length: 2, value: "password" }
  if (method !== methods.refused) return wrong("wants a login of a kind that was not offered")
  return wrong(offered ? "takes no login by name and password" : "wants a login")
}

/** @param login texts of 255 bytes at most */
export function loginMessage({ user, password }: ProxyLogin): Buffer {
  return Buffer.concat([Buffer.from([1]), counted(user), counted(password)])
}

/** As curl(1), without a look at the version, which some proxies get wrong. */
export function readLogin(bytes: Buffer): Answer<undefined> {
  const status = bytes[1]
  if (status === undefined) return { kind: "more" }
  return status === 0 ? { kind: "whole", length: 2, value: undefined } : wrong("refuses the login")
}

/** A request to connect. @param host a name of 255 bytes at most, or an address */
export function request5(host: string, port: number): Buffer {
  const address = addressBytes(host)
  const kinds = { name: 3, ipv4: 1, ipv6: 4 }
  const where =
    address === undefined
      ? [Buffer.from([kinds.name]), counted(host)]
      : [Buffer.from([address.length === 4 ? kinds.ipv4 : kinds.ipv6]), address]
  return Buffer.concat([Buffer.from([5, connect, 0]), ...where, portBytes(port)])
}

/** RFC 1928, section 6, by number. */
const failures5: Readonly<Record<number, string>> = {
  1: "failed to connect",
  2: "does not allow the connection",
  3: "has no route to it",
  4: "cannot reach the host",
  5: "finds nothing that listens there",
  6: "got no answer from there",
  7: "does not connect for anybody",
  8: "does not know this kind of address",
}

/** The answer to a request. The address in it says from where the proxy connected, which is nobody's business. */
export function readReply5(bytes: Buffer): Answer<undefined> {
  const [version, status, , kind, nameLength] = bytes
  if (version !== undefined && version !== 5) return wrong("does not speak SOCKS5")
  if (status !== undefined && status !== 0) return wrong(failures5[status] ?? `gave the answer ${status}`)
  if (kind === undefined || nameLength === undefined) return { kind: "more" }
  const addressLength = kind === 1 ? 4 : kind === 4 ? 16 : kind === 3 ? 1 + nameLength : undefined
  if (addressLength === undefined) return wrong("answers with an address of no known kind")
  return whole(bytes, 4 + addressLength + 2)
}

/** A request of version 4. @param host an IPv4 address, or a name, which makes it one of version 4A */
export function request4(host: string, port: number, user: string): Buffer {
  const address = isIPv4(host) ? addressBytes(host) : undefined
  // An address that is none says that a name follows.
  const where = address ?? Buffer.from([0, 0, 0, 1])
  const name = address === undefined ? [Buffer.from(`${host}\0`, "latin1")] : []
  return Buffer.concat([Buffer.from([4, connect]), portBytes(port), where, Buffer.from(`${user}\0`), ...name])
}

const failures4: Readonly<Record<number, string>> = {
  91: "failed to connect, or does not allow it",
  92: "wants to ask this machine who you are (identd)",
  93: "was told another name by this machine (identd)",
}

export function readReply4(bytes: Buffer): Answer<undefined> {
  const [version, status] = bytes
  if (version !== undefined && version !== 0) return wrong("does not speak SOCKS4")
  if (status !== undefined && status !== 90) return wrong(failures4[status] ?? `gave the answer ${status}`)
  return whole(bytes, 8)
}

function whole(bytes: Buffer, length: number): Answer<undefined> {
  return bytes.length < length ? { kind: "more" } : { kind: "whole", length, value: undefined }
}

function wrong(why: string): Answer<never> {
  return { kind: "wrong", why }
}

function addressBytes(host: string): Buffer | undefined {
  const address = parseAddress(host)
  if (address === undefined) return undefined
  const digits = address.width / 4
  return Buffer.from(address.bits.toString(16).padStart(digits, "0"), "hex")
}

function portBytes(port: number): Buffer {
  return Buffer.from([port >> 8, port & 0xff])
}

/** A text with its length before it, in one byte. */
function counted(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length > 255) throw new RangeError("a text of SOCKS has 255 bytes at most")
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
