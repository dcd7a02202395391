/** The first of several addresses of a host that answers (RFC 8305, section 5; in the order that the resolver gave). */
import { beginConnection } from "../../kernel/outgoing.ts"
import { furtherAttemptsMax } from "./capacity.ts"
import { UpstreamRefused } from "./ended-connection.ts"
import { Holding } from "./holding.ts"
import { adoptStream, type Stream } from "./peer.ts"
import { standing } from "./standing.ts"

/** A stream to a server. What it has said already is held. */
export type Connected = {
  stream: Stream
  holding: Holding
  /** that it is connected to; a proxy's when it leads there */
  address: string
  /** what is written to it goes on its way as it is: not into TLS to a proxy */
  isPlain: boolean
}

/** Milliseconds after which the next address is tried as well (RFC 8305, section 8) */
const staggerMs = 250
/** Milliseconds for all of them: a program would be told by the kernel after two minutes (tcp(7), tcp_syn_retries). */
const patienceMs = 30_000
/** Names with more addresses than that have them for balance, and any will do. */
const addressesMax = 16

/**
 * @param addresses canonical, at least one
 * @param gone nobody waits any more: a program can begin and give up thousands while one address is silent
 * @throws UpstreamRefused when none answers
 */
export function connectFirst(
  addresses: readonly string[],
  port: number,
  gone?: AbortSignal,
): Promise<Connected> {
  return new Race(addresses.slice(0, addressesMax), port, gone).winner
}

/** Attempts under way, of all races, beside the one that each may have. */
let further = 0

class Race {
  readonly winner: Promise<Connected>
  readonly #addresses: readonly string[]
  readonly #port: number
  readonly #gone: AbortSignal | undefined
  readonly #result = Promise.withResolvers<Connected>()
  readonly #attempts: Attempt[] = []
  readonly #patience: Timer
  #running = 0
  #failures = 0
  /** why the first one that failed did */
  #reason: UpstreamRefused | undefined
  #stagger: Timer | undefined

  constructor(addresses: readonly string[], port: number, gone: AbortSignal | undefined) {
    this.#addresses = addresses
    this.#port = port
    this.#gone = gone
    this.winner = this.#result.promise
    this.#patience = setTimeout(() => this.#lose(new UpstreamRefused(504, silence(addresses))), patienceMs)
    gone?.addEventListener("abort", this.#giveUp)
    if (gone?.aborted) this.#giveUp()
    else this.#next()
  }

  readonly #giveUp = () => this.#lose(new UpstreamRefused(502, "nobody waited for the connection any more"))

  #next(): void {
    const address = this.#addresses[this.#attempts.length]
    if (address === undefined) return
    clearTimeout(this.#stagger)
    this.#stagger = setTimeout(() => this.#next(), staggerMs)
    if (!this.#begins()) return
    const attempt = attemptAt(address, this.#port)
    this.#attempts.push(attempt)
    attempt.connected.then(
      connected => this.#win(connected),
      (cause: unknown) => this.#fail(cause, address),
    )
  }

  /** @returns whether there may be one more attempt now */
  #begins(): boolean {
    if (this.#running > 0 && further >= furtherAttemptsMax) return false
    if (this.#running++ > 0) further++
    return true
  }

  #ends(): void {
    if (--this.#running > 0) further--
  }

  #win(connected: Connected): void {
    // Too late: it was abandoned while it came, and would take the winner's place.
    if (this.#running === 0) return
    this.#end(connected)
    this.#result.resolve(connected)
  }

  #fail(cause: unknown, address: string): void {
    // After the race everybody fails, and counts no more.
    if (this.#running === 0) return
    this.#ends()
    this.#failures++
    this.#reason ??= failureOf(cause, address)
    if (this.#failures === this.#addresses.length) this.#lose(this.#reason)
    // Those that wait for their turn need not wait any longer.
    else if (this.#failures === this.#attempts.length) this.#next()
  }

  #lose(why: UpstreamRefused): void {
    this.#end(undefined)
    this.#result.reject(why)
  }

  #end(winner: Connected | undefined): void {
    clearTimeout(this.#stagger)
    clearTimeout(this.#patience)
    this.#gone?.removeEventListener("abort", this.#giveUp)
    while (this.#running > 0) this.#ends()
    for (const attempt of this.#attempts) attempt.abandon(winner)
  }
}

type Attempt = {
  connected: Promise<Connected>
  /** ends the attempt, or what came of it, unless it is the one that won */
  abandon(winner: Connected | undefined): void
}

function attemptAt(address: string, port: number): Attempt {
  let stream: Stream | undefined
  let abandoned = false
  const holding = new Holding()
  const connect = async (): Promise<Connected> => {
    const descriptor = await standing(beginConnection(address, port), () => abandoned)
    stream = await adoptStream(descriptor, holding)
    if (abandoned) stream.terminate()
    return { stream, holding, address, isPlain: true }
  }
  return {
    connected: connect(),
    abandon(winner) {
      if (winner !== undefined && winner.stream === stream) return
      abandoned = true
      stream?.terminate()
    },
  }
}

/** What the errors mean of which a connection does not come about (connect(2), errno(3)), by number. */
const reasons: Readonly<Record<number, string>> = {
  13: "this machine's firewall refuses the connection",
  1: "this machine's firewall refuses the connection",
  24: "this machine has too many files open",
  97: "this machine has no such addresses",
  99: "there is no route to it",
  101: "there is no route to it",
  104: "it hung up",
  110: "it does not answer",
  111: "nothing listens there",
  113: "the host cannot be reached",
}
const timedOut = 110

function failureOf(cause: unknown, address: string): UpstreamRefused {
  const reason = reasons[errnoOf(cause)] ?? (cause instanceof Error ? cause.message : String(cause))
  return new UpstreamRefused(errnoOf(cause) === timedOut ? 504 : 502, `${address}: ${reason}`)
}

/** Of our own calls and of the runtime's, which makes it negative. */
function errnoOf(cause: unknown): number {
  return Math.abs((cause as { errno?: number }).errno ?? 0)
}

function silence(addresses: readonly string[]): string {
  return `${addresses.join(", ")}: no answer within ${patienceMs / 1000} s`
}
