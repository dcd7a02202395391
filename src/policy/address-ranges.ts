/**
 * Addresses that no rule for names opens: those of this host, of its networks and of metadata services. Sources: the
 * special-purpose registries of IANA (RFC 6890), and the documentation of the clouds.
 *
 * The documentation ranges (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20) are not among them:
 * nothing is there to be kept from a program, and labs and build machines number their own hosts from them.
 */
import { type Address, addressText, parseAddress } from "../base/address.ts"

/** What an address is that has to be named to be reached. */
export type Guard = {
  /** `private address 10.0.0.1` */
  what: string
  /** the range that a rule has to lie in to open it; a whole address: only that one in full does */
  range: AddressRange
}

export type AddressRange = Address & { length: number }

/** `10.0.0.0/8` as a host pattern has it. */
export function parseRange(text: string): AddressRange {
  const slash = text.indexOf("/")
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) throw new Error(`bug: ${text} is no range of addresses`)
  return { ...address, length: slash < 0 ? address.width : Number(text.slice(slash + 1)) }
}

/** Whether the address, or the whole range, lies in the range. */
export function isInRange(inner: Address | AddressRange, range: AddressRange): boolean {
  const shift = BigInt(range.width - range.length)
  const length = "length" in inner ? inner.length : inner.width
  return inner.width === range.width && length >= range.length && inner.bits >> shift === range.bits >> shift
}

/**
 * @param own addresses of the host's interfaces: a service that listens on all of them is as near as one on loopback
 * @returns undefined for a public address
 */
export function guardOf(address: Address, own: readonly Address[]): Guard | undefined {
  const plain = plainGuard(address, own)
  if (plain !== undefined) return plain
  const inner = embeddedIn(address)
  const whole = { ...address, length: address.width }
  for (const each of inner) {
    const guard = plainGuard(each, own)
    if (guard !== undefined) return { what: `${guard.what} in ${addressText(address)}`, range: whole }
  }
  if (inner.length > 0 || address.width === 32) return undefined
  return firstOf(notPublic, address)
}

/** The IPv4 addresses that an IPv6 address leads to by way of a translator or a tunnel. */
export function embeddedIn(address: Address): Address[] {
  const found = embedding.find(({ range }) => isInRange(address, range))
  return (found?.bitsOf(address.bits) ?? []).map(bits => ({ width: 32, bits }))
}

function plainGuard(address: Address, own: readonly Address[]): Guard | undefined {
  const whole = { ...address, length: address.width }
  if (own.some(({ width, bits }) => width === address.width && bits === address.bits))
    return { what: `this machine's own address ${addressText(address)}`, range: whole }
  const service = firstOf(metadata, address)
  return service === undefined ? firstOf(special, address) : { ...service, range: whole }
}

type Entry = { range: AddressRange; what: string }

function firstOf(entries: readonly Entry[], address: Address): Guard | undefined {
  const entry = entries.find(({ range }) => isInRange(address, range))
  return entry && { what: `${entry.what} ${addressText(address)}`, range: entry.range }
}

function entries(table: Readonly<Record<string, string>>): Entry[] {
  return Object.entries(table).map(([range, what]) => ({ range: parseRange(range), what }))
}

const special = entries({
  "0.0.0.0/8": "address of this host",
  "10.0.0.0/8": "private address",
  "172.16.0.0/12": "private address",
  "192.168.0.0/16": "private address",
  "100.64.0.0/10": "address of a carrier's or an overlay network",
  "127.0.0.0/8": "loopback address",
  "169.254.0.0/16": "link-local address",
  "192.0.0.0/24": "address for protocols",
  "192.88.99.0/24": "6to4 relay",
  "198.18.0.0/15": "address for benchmarks",
  "224.0.0.0/4": "multicast address",
  "240.0.0.0/4": "reserved address",
  "::": "address of this host",
  "::1": "loopback address",
  "64:ff9b:1::/48": "local NAT64 address",
  "100::/64": "discard address",
  "2001:10::/28": "ORCHID",
  "2001:20::/28": "ORCHID",
  "5f00::/16": "segment routing address",
  "fc00::/7": "private address",
  "fe80::/10": "link-local address",
  "fec0::/10": "site-local address",
  "ff00::/8": "multicast address",
})

/** All public addresses begin with 001 (RFC 4291, section 2.4). Overlay networks live in the rest, such as 200::/7. */
const notPublic = entries({
  "::/3": "address outside the public ranges",
  "4000::/2": "address outside the public ranges",
  "8000::/1": "address outside the public ranges",
})

/** Opened one by one only: who allows a range of a private network does not mean the cloud's credentials. */
const metadata = entries({
  "169.254.169.254": "metadata service of AWS, Azure, Google and others",
  "169.254.170.2": "credentials service of AWS",
  "169.254.170.23": "credentials service of AWS",
  "169.254.169.253": "name server of AWS",
  "169.254.42.42": "metadata service of Scaleway",
  "169.254.0.23": "metadata service of Tencent",
  "100.100.100.200": "metadata service of Alibaba",
  // a public address, which leads there from virtual machines of Azure
  "168.63.129.16": "wire server of Azure",
  "192.0.0.192": "metadata service of Oracle",
  "fd00:ec2::/32": "metadata service of AWS",
  "fd20:ce::254": "metadata service of Google",
  "fd00:c1::a9fe:a9fe": "metadata service of Oracle",
  "fd00:42::42": "metadata service of Scaleway",
  "fd00:a9fe:a9fe::1": "metadata service of Linode",
  "fd00:100::100:200": "metadata service of Alibaba",
})

const low32 = 0xffffffffn

/** Ranges whose addresses hold IPv4 addresses, and where. */
const embedding: readonly { range: AddressRange; bitsOf: (bits: bigint) => bigint[] }[] = [
  // IPv4-translated (RFC 7915), NAT64 (RFC 6052), IPv4-compatible (RFC 4291, section 2.5.5.1)
  { range: parseRange("::ffff:0:0:0/96"), bitsOf: bits => [bits & low32] },
  { range: parseRange("64:ff9b::/96"), bitsOf: bits => [bits & low32] },
  { range: parseRange("::/96"), bitsOf: bits => [bits & low32] },
  // 6to4 (RFC 3056)
  { range: parseRange("2002::/16"), bitsOf: bits => [(bits >> 80n) & low32] },
  // Teredo: its server, and its client with every bit turned (RFC 4380)
  { range: parseRange("2001::/32"), bitsOf: bits => [(bits >> 64n) & low32, (bits & low32) ^ low32] },
]
