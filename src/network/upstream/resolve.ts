/** Looks names up on the host, as every program of the host does: /etc/hosts, its name servers, what else it has. */
import { addressText, parseAddress } from "../../base/address.ts"
import { UpstreamRefused } from "../streams/ended-connection.ts"

/** Milliseconds for an answer */
const patienceMs = 10_000
/** Look-ups at one time: each holds a thread of the runtime as long as a name server is silent. */
const atOnceMax = 16
/** Names that wait for their turn; a host whose name servers are silent makes no others wait for long. */
const waitingMax = 1024

/** Gives the addresses of a name in the host's own order. */
export type LookUp = (name: string) => Promise<string[]>

/** @returns a look-up that asks once for those who ask for the same name at the same time, and a few at a time */
export function boundedLookUp(ask: LookUp): LookUp {
  const asked = new Map<string, Promise<string[]>>()
  const waiting: (() => void)[] = []
  let running = 0

  const turn = async () => {
    if (running < atOnceMax) {
      running++
      return
    }
    if (waiting.length >= waitingMax) throw new UpstreamRefused(504, "too many names are being looked up")
    // Whoever is done hands its place on.
    await new Promise<void>(resolve => waiting.push(resolve))
  }
  const done = () => {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
  const lookUp = async (name: string) => {
    await turn()
    // Not when we give up: the thread is free only then.
    const answer = ask(name).finally(done)
    return inTime(answer, name)
  }
  return name => {
    const present = asked.get(name) ?? lookUp(name).finally(() => asked.delete(name))
    asked.set(name, present)
    return present
  }
}

/**
 * getaddrinfo(3), which knows what nsswitch.conf(5) says and sorts by what can be reached (RFC 6724).
 * @throws UpstreamRefused
 */
export async function askHost(name: string): Promise<string[]> {
  try {
    const found = await Bun.dns.lookup(name, { backend: "libc" })
    const addresses = found.flatMap(({ address }) => {
      // A zone (fe80::1%eth0) goes with a link-local address, which no name leads to for us.
      const parsed = parseAddress(address)
      return parsed === undefined ? [] : [addressText(parsed)]
    })
    return [...new Set(addresses)]
  } catch (cause) {
    throw failureOf(cause, name)
  }
}

function failureOf(cause: unknown, name: string): UpstreamRefused {
  const { code } = cause as { code?: string }
  if (code === "DNS_ENOTFOUND" || code === "DNS_ENODATA")
    return new UpstreamRefused(502, `the host finds no address of ${name}`)
  if (code === "DNS_ETIMEOUT") return new UpstreamRefused(504, silence(name))
  return new UpstreamRefused(502, `the host could not look up ${name} (${code ?? String(cause)})`)
}

function silence(name: string): string {
  return `the host's name servers did not answer for ${name}`
}

async function inTime<T>(answer: Promise<T>, name: string): Promise<T> {
  let timer: Timer | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new UpstreamRefused(504, silence(name))), patienceMs)
  })
  try {
    return await Promise.race([answer, over])
  } finally {
    clearTimeout(timer)
  }
}
