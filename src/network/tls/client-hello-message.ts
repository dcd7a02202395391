/** What stands in a ClientHello (RFC 8446, 4.1.2; its extensions in RFC 6066, RFC 7301 and RFC 9849). */
import { isIPv4 } from "../../base/address.ts"
import { ByteCursor } from "../names/byte-cursor.ts"
import { canonicalHostName } from "../names/host-name.ts"
import type { ClientHello } from "./client-hello.ts"

const extensionType = {
  serverName: 0,
  protocols: 16,
  encryptedHello: 0xfe0d,
  encryptedServerName: 0xffce,
} as const
/** The one type of name that was ever defined (RFC 6066, 3). */
const hostName = 0
const [versionBytes, randomBytes, sessionMax] = [2, 32, 32]

type Extensions = ReadonlyMap<number, Buffer>

/** @returns what it says, or what is wrong with it */
export function readHello(message: Buffer): Omit<ClientHello, "kind"> | string {
  const extensions = readExtensions(message)
  if (typeof extensions === "string") return extensions
  const serverName = readServerName(extensions.get(extensionType.serverName))
  if (typeof serverName === "string") return serverName
  const alpn = readProtocols(extensions.get(extensionType.protocols))
  if (typeof alpn === "string") return alpn
  const encryptedClientHello =
    extensions.has(extensionType.encryptedHello) || extensions.has(extensionType.encryptedServerName)
  return { serverName: serverName.name, alpn, encryptedClientHello }
}

function readExtensions(message: Buffer): Extensions | string {
  const cursor = new ByteCursor(message)
  const version = cursor.take(versionBytes)
  const random = cursor.take(randomBytes)
  const session = cursor.vector(1)
  const ciphers = cursor.vector(2)
  const compressions = cursor.vector(1)
  const cut = [version, random, session, ciphers, compressions].includes(undefined)
  if (cut || (session?.length ?? 0) > sessionMax) return "it is cut short"
  if (!ciphers?.length || ciphers.length % 2 !== 0 || !compressions?.length) return "it offers no cipher"
  const extensions = new Map<number, Buffer>()
  // Before TLS 1.3 a client may have none.
  if (cursor.left === 0) return extensions
  const block = cursor.vector(2)
  if (block === undefined || cursor.left > 0) return "its extensions are not as long as they say"
  const list = new ByteCursor(block)
  while (list.left > 0) {
    const type = list.number(2)
    const data = list.vector(2)
    if (type === undefined || data === undefined) return "an extension is cut short"
    if (extensions.has(type)) return "an extension stands in it twice"
    extensions.set(type, data)
  }
  return extensions
}

function readServerName(data: Buffer | undefined): { name: string | undefined } | string {
  if (data === undefined) return { name: undefined }
  const outer = new ByteCursor(data)
  const list = new ByteCursor(outer.vector(2) ?? Buffer.alloc(0))
  const type = list.number(1)
  const bytes = list.vector(2)
  if (type !== hostName || bytes === undefined || list.left > 0 || outer.left > 0)
    return "its list of server names is not one host name"
  const text = bytes.toString("latin1")
  // Not allowed, and sent by some all the same; whoever compares sees whether it was dialled.
  const name = isIPv4(text) ? text : canonicalHostName(text)
  return name === undefined ? "its server name is no host name" : { name }
}

function readProtocols(data: Buffer | undefined): string[] | string {
  if (data === undefined) return []
  const outer = new ByteCursor(data)
  const list = new ByteCursor(outer.vector(2) ?? Buffer.alloc(0))
  const protocols: string[] = []
  while (list.left > 0) {
    const protocol = list.vector(1)
    if (!protocol?.length) return "its list of protocols is cut short"
    protocols.push(protocol.toString("latin1"))
  }
  return protocols.length > 0 && outer.left === 0 ? protocols : "its list of protocols is empty or too long"
}
