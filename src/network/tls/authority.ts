/**
 * The certificate authority of one session. Its key is made when the session starts, stays in the memory of this process
 * and ends with it; inside, its certificate is trusted. Certificates for hosts are made when they are first dialled.
 *
 * No library: the kept ones (@peculiar/x509, pkijs) bring two dozen packages, 18 ms and 15 MB to every session that
 * ends TLS, and most of what they do is to parse. node-forge has no ECDSA.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import {
  bits,
  inContext,
  integer,
  objectIdentifier,
  octets,
  sequence,
  setOf,
  time,
  utf8,
  yes,
} from "./authority-der.ts"

/** What a TLS server shows: both PEM, the authority's certificate behind the host's. */
export type Identity = { key: string; certificate: string }

export type Authority = {
  /** PEM; public */
  certificate: string
  /** @param host a canonical name */
  identityOf(host: string): Identity
}

/** Names that the authority may speak for: those at and below each; undefined = any. */
export type Domains = readonly string[] | undefined

const hour = 3_600_000
/** Clocks of containers are wrong by hours at times. */
const clockSkewMs = 24 * hour
/** Sessions have no time limit of their own, and the key ends with them. */
const authorityMs = 365 * 24 * hour
const hostMs = 48 * hour
/** Names come from inside: a wildcard must not fill our memory. */
const identitiesMax = 256

/** @param now the present time in milliseconds, for tests of expiry */
export function createAuthority(domains: Domains, now: () => number = Date.now): Authority {
  const own = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  const hosts = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  const hostKey = hosts.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  const issuer = nameOf(`Cordon session ${randomBytes(4).toString("hex")}`)
  const issue = issuerOf(own.privateKey, own.publicKey, issuer)
  const certificate = issue({
    subject: issuer,
    key: own.publicKey,
    from: now() - clockSkewMs,
    to: now() + authorityMs,
    extensions: [basicConstraints, authorityUsage, ...nameConstraints(domains)],
  })
  const identities = new Map<string, Identity & { freshUntil: number }>()
  const make = (host: string) => {
    const own = issue({
      subject: nameOf(host),
      key: hosts.publicKey,
      from: now() - clockSkewMs,
      to: now() + hostMs,
      extensions: [hostUsage, serverPurpose, alternativeName(host)],
    })
    const [oldest] = identities.size < identitiesMax ? [] : identities.keys()
    if (oldest !== undefined) identities.delete(oldest)
    const made = { key: hostKey, certificate: own + certificate, freshUntil: now() + hostMs / 2 }
    identities.set(host, made)
    return made
  }
  return {
    certificate,
    identityOf(host) {
      const known = identities.get(host)
      if (known !== undefined && known.freshUntil > now()) return known
      identities.delete(host)
      return make(host)
    },
  }
}

type Subject = { subject: Buffer; key: KeyObject; from: number; to: number; extensions: readonly Buffer[] }

const ecdsaWithSha256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"))
const versionThree = inContext(0, integer(Buffer.from([2])))

/** RFC 5280 section 4.1. */
function issuerOf(privateKey: KeyObject, publicKey: KeyObject, issuer: Buffer): (subject: Subject) => string {
  const authorityKey = extension("2.5.29.35", sequence(inContext(0, keyIdentifier(publicKey), true)))
  return ({ subject, key, from, to, extensions }) => {
    const subjectKey = extension("2.5.29.14", octets(keyIdentifier(key)))
    const content = sequence(
      versionThree,
      integer(randomBytes(16)),
      ecdsaWithSha256,
      issuer,
      sequence(time(from), time(to)),
      subject,
      key.export({ type: "spki", format: "der" }),
      inContext(3, sequence(...extensions, subjectKey, authorityKey)),
    )
    return pem(sequence(content, ecdsaWithSha256, bits(sign("sha256", content, privateKey))))
  }
}

/** RFC 7093 section 2, method 1: the public key is the last 65 bytes of its structure. */
function keyIdentifier(key: KeyObject): Buffer {
  const point = key.export({ type: "spki", format: "der" }).subarray(-65)
  return createHash("sha256").update(point).digest().subarray(0, 20)
}

/** A common name has at most 64 characters (RFC 5280, appendix A.1); the alternative name is what counts. */
function nameOf(text: string): Buffer {
  const attribute = (type: string, value: string) => setOf(sequence(objectIdentifier(type), utf8(value)))
  const commonName = text.length <= 64 ? [attribute("2.5.4.3", text)] : []
  return sequence(attribute("2.5.4.10", "Cordon"), ...commonName)
}

function extension(type: string, value: Uint8Array, critical = false): Buffer {
  return sequence(objectIdentifier(type), ...(critical ? [yes] : []), octets(value))
}

/** An authority that certifies no other authority. */
const basicConstraints = extension("2.5.29.19", sequence(yes, integer(Buffer.from([0]))), true)
/** keyCertSign and cRLSign; digitalSignature. */
const authorityUsage = extension("2.5.29.15", bits(Buffer.from([0x06]), 1), true)
const hostUsage = extension("2.5.29.15", bits(Buffer.from([0x80]), 7), true)
const serverPurpose = extension("2.5.29.37", sequence(objectIdentifier("1.3.6.1.5.5.7.3.1")))

function alternativeName(host: string): Buffer {
  return extension("2.5.29.17", sequence(dnsName(host)))
}

function dnsName(name: string): Buffer {
  return inContext(2, Buffer.from(name), true)
}

/** RFC 5280 section 4.2.1.10: these names and what is below them, and no address. */
function nameConstraints(domains: Domains): Buffer[] {
  if (domains === undefined) return []
  const permitted = inContext(0, Buffer.concat(domains.map(name => sequence(dnsName(name)))))
  const anyAddress = [8, 32].map(size => sequence(inContext(7, Buffer.alloc(size), true)))
  return [extension("2.5.29.30", sequence(permitted, inContext(1, Buffer.concat(anyAddress))), true)]
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? []
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n")
}
