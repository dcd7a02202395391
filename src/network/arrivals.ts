/**
 * Brings connections that have arrived together with what the live engine says of them. Both come by ways of their own,
 * either may be first, and only together do they say where a program wants to.
 */
import type { Dial } from "./streams/dial.ts"

/** How long one side is kept without the other. */
export type Patience = {
  /** milliseconds that a connection waits: what was dialled is said at once, and something else is no connection of ours */
  connectionMs: number
  /** milliseconds that a dial waits: the kernel may have to try again while the border is busy (net.ipv4.tcp_syn_retries) */
  dialMs: number
}

/** More dials than this without a connection are a flood, and the oldest is forgotten. */
const dialsMax = 8192
/** Of one port, which is free again only when its connection is over: those that were reset at once never arrive. */
const dialsOfPortMax = 4

type Waiting<T> = { value: T; timer: Timer }

export class Arrivals<Connection> {
  readonly #patience: Patience
  readonly #matched: (connection: Connection, dial: Dial) => void
  readonly #lost: (connection: Connection) => void
  /** by where from and where to, in the order in which they came: a port may be used again before we hear of it */
  readonly #connections = new Map<string, Waiting<Connection>[]>()
  readonly #dials = new Map<string, Waiting<Dial>[]>()

  constructor(
    patience: Patience,
    matched: (connection: Connection, dial: Dial) => void,
    lost: (connection: Connection) => void,
  ) {
    this.#patience = patience
    this.#matched = matched
    this.#lost = lost
  }

  /** @param key of `arrivalKey` */
  arrived(key: string, connection: Connection): void {
    const dial = takeFirst(this.#dials, key)
    const { connectionMs } = this.#patience
    if (dial !== undefined) this.#matched(connection, dial)
    else keep(this.#connections, key, connection, { milliseconds: connectionMs, forgotten: this.#lost })
  }

  dialled(key: string, dial: Dial): void {
    const connection = takeFirst(this.#connections, key)
    if (connection !== undefined) this.#matched(connection, dial)
    else this.#keepDial(key, dial)
  }

  #keepDial(key: string, dial: Dial): void {
    const [oldest] = this.#dials.keys()
    if (this.#dials.size >= dialsMax && oldest !== undefined) takeFirst(this.#dials, oldest)
    if ((this.#dials.get(key)?.length ?? 0) >= dialsOfPortMax) takeFirst(this.#dials, key)
    keep(this.#dials, key, dial, { milliseconds: this.#patience.dialMs, forgotten: () => undefined })
  }

  /** Forgets everything, and tells nobody. */
  close(): void {
    for (const waiting of [...this.#connections.values(), ...this.#dials.values()].flat())
      clearTimeout(waiting.timer)
    this.#connections.clear()
    this.#dials.clear()
  }
}

/** @param address where the connection comes from, as IPv4 text, perhaps within an IPv6 address */
export function arrivalKey(address: string, port: number, arrivesAt: string): string {
  const plain = (text: string) => text.replace(/^::ffff:/i, "")
  return `${plain(address)} ${port} ${plain(arrivesAt)}`
}

type Forgetting<T> = { milliseconds: number; forgotten: (value: T) => void }

function keep<T>(
  queues: Map<string, Waiting<T>[]>,
  key: string,
  value: T,
  { milliseconds, forgotten }: Forgetting<T>,
): void {
  const queue = queues.get(key) ?? []
  // The first of a queue is the one that waits for longest, and has the same time as the others.
  const timer = setTimeout(() => {
    takeFirst(queues, key)
    forgotten(value)
  }, milliseconds)
  queue.push({ value, timer })
  queues.set(key, queue)
}

function takeFirst<T>(queues: Map<string, Waiting<T>[]>, key: string): T | undefined {
  const queue = queues.get(key)
  const first = queue?.shift()
  if (queue?.length === 0) queues.delete(key)
  clearTimeout(first?.timer)
  return first?.value
}
