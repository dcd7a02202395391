/**
 * Java's store of authorities with one more in it, without keytool. What Java calls JKS is written; what it calls PKCS12
 * is read when it is neither encrypted nor signed, as those that come with a JDK since 18 are. Java tells the two apart by
 * their first bytes, whatever the file is called (keystore.type.compat of java.security).
 */
import { createHash } from "node:crypto"

const magic = 0xfeedfeed
const version = 2
const trustedCertificate = 2
const digestSize = 20

/** Java's own default, which everybody leaves as it is and nobody needs for reading. */
const password = "changeit"

/**
 * @param store content of a `cacerts`
 * @param certificate PEM
 * @returns undefined when it is of another kind
 */
export function javaStoreWith(store: Uint8Array, certificate: string): Buffer | undefined {
  const entry = entryOf("cordon", derOf(certificate))
  const content = Buffer.from(store)
  if (
    content.length >= 12 + digestSize &&
    content.readUInt32BE(0) === magic &&
    content.readUInt32BE(4) === version
  )
    return storeOf(content.readUInt32BE(8) + 1, [content.subarray(12, -digestSize), entry])
  const certificates = certificatesOf(content)
  if (certificates === undefined) return undefined
  const entries = certificates.map((der, index) => entryOf(`ca-${index}`, der))
  return storeOf(entries.length + 1, [...entries, entry])
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64")
}

function storeOf(count: number, entries: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat([numbers(magic, version, count), ...entries])
  // UTF-16 in the order of the network, and a joke of 1996.
  const key = Buffer.from(password, "utf16le").swap16()
  const digest = createHash("sha1").update(key).update("Mighty Aphrodite").update(content).digest()
  return Buffer.concat([content, digest])
}

function entryOf(alias: string, der: Uint8Array): Buffer {
  const added = Buffer.alloc(8)
  return Buffer.concat([
    numbers(trustedCertificate),
    text(alias),
    added,
    text("X.509"),
    numbers(der.length),
    der,
  ])
}

/** As DataOutputStream.writeUTF has it. */
function text(ascii: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(ascii.length)
  return Buffer.concat([length, Buffer.from(ascii)])
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index)
  return bytes
}

/** Object identifiers as they are encoded: x509Certificate of PKCS#9, encryptedData of PKCS#7. */
const x509Certificate = "2a864886f70d01091601"
const encryptedData = "2a864886f70d010706"

type Value = { tag: number; content: Buffer }

/** The certificates of a PKCS#12 file (RFC 7292); undefined when it is none, or when some of it is encrypted. */
function certificatesOf(file: Buffer): Buffer[] | undefined {
  const found: Buffer[] = []
  const pending = [valuesOf(file)]
  let bound = 100_000
  for (let values = pending.pop(); values !== undefined; values = pending.pop()) {
    const [first, second] = values
    const type = first?.tag === 0x06 ? first.content.toString("hex") : ""
    if (type === encryptedData || bound-- === 0) return undefined
    const wrapped =
      type === x509Certificate && second !== undefined ? valuesOf(second.content)?.[0] : undefined
    if (wrapped !== undefined) found.push(wrapped.content)
    // Constructed, or bytes that hold values themselves, as PKCS#7 has them.
    else
      for (const { tag, content } of values)
        if (tag & 0x20 || tag === 0x04) pending.push(valuesOf(content) ?? [])
  }
  return found.length === 0 ? undefined : found
}

/** One value after the other (X.690 section 8.1); undefined for anything else. */
function valuesOf(bytes: Buffer): Value[] | undefined {
  const values: Value[] = []
  let at = 0
  while (at < bytes.length) {
    const [tag, first] = [bytes[at], bytes[at + 1]]
    if (tag === undefined || first === undefined) return undefined
    const more = first < 0x80 ? 0 : first & 0x7f
    if (more > 4 || first === 0x80 || at + 2 + more > bytes.length) return undefined
    const start = at + 2 + more
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more)
    if (start + length > bytes.length) return undefined
    values.push({ tag, content: bytes.subarray(start, start + length) })
    at = start + length
  }
  return values
}
