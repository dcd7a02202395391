/** Moves bytes between two TLS connections and a bridge, each side only as fast as the other takes them. */
import type { Duplex } from "node:stream"
import type { Bridge, BridgeEnds, Outcome } from "./bridge.ts"

/** How long a client that was answered for good may go on sending: until it has read the answer. */
const lingerMs = 10_000

/**
 * Bytes for a client, or for its server, that takes none, beyond which the client is not listened to: answers of ours cost it
 * nothing but the request, and headers for the server a byte each (http2-said.ts). What a server says to a client is less:
 * that waits in the server before. All connections share the first, as far as each keeps the least.
 */
const untaken = { ofAll: 64 * 1024 * 1024, most: 1024 * 1024, least: 64 * 1024 } as const
/** Bytes of a client's that are looked at in one go: what it is answered can be many times as long. */
const pieceMax = 16 * 1024

/** Clients that are there. */
let present = 0

function count(client: Duplex): void {
  present++
  client.once("close", () => present--)
}

function untakenMax(): number {
  return Math.min(Math.max(untaken.ofAll / present, untaken.least), untaken.most)
}

/**
 * @param client encrypted and ready
 * @param server the same, or undefined when there is none and the bridge answers by itself
 * @param open makes the bridge
 * @returns what cuts both, and has what was under way recorded before it returns
 */
export function relay(
  client: Duplex,
  server: Duplex | undefined,
  open: (ends: Omit<BridgeEnds, "record">) => Bridge,
): () => void {
  const [toClient, toServer] = [new Outgoing(client), new Outgoing(server)]
  const hasRoom = () => Math.max(toClient.untaken, toServer.untaken) < untakenMax()
  const bridge = open({ toClient: toClient.add, toServer: toServer.add, hasRoom })
  let [isOver, hasEnded] = [false, false]
  count(client)
  const said = new Incoming(bridge)
  const listens = () => !bridge.holdsClient && hasRoom()
  const settle = (): void => {
    if (isOver) return
    if (!said.isEmpty && listens()) finish(said.tell(listens))
    // With nobody behind us there is nobody who could still answer.
    else if (hasEnded && said.isEmpty && server === undefined) finish("over")
    else {
      if (hasEnded && said.isEmpty) server?.end()
      flow(client, said.isEmpty && listens() && !(server?.writableNeedDrain ?? false))
      if (server !== undefined) flow(server, !bridge.holdsServer && !client.writableNeedDrain)
    }
  }
  const finish = (outcome: Outcome): void => {
    toClient.send()
    toServer.send()
    if (outcome === "goes on") settle()
    if (outcome === "goes on" || isOver) return
    isOver = true
    bridge.close()
    server?.destroy()
    if (outcome === "cut") client.destroy()
    else linger(client)
  }
  client.on("data", (bytes: Buffer) => {
    if (!isOver) said.add(bytes)
    settle()
  })
  client.on("end", () => {
    hasEnded = true
    settle()
  })
  client.on("close", () => finish("cut"))
  for (const side of [client, server]) attend(side, settle)
  server?.on("data", (bytes: Buffer) => isOver || finish(bridge.fromServer(bytes)))
  server?.on("end", () => isOver || finish(bridge.serverEnded()))
  server?.on("close", () => finish("cut"))
  finish("goes on")
  return () => finish("cut")
}

function attend(side: Duplex | undefined, drained: () => void): void {
  side?.on("drain", drained)
  // What follows is `close`, which says all that matters here: that it is over.
  side?.on("error", () => undefined)
}

/** What a client said and nobody has looked at yet. */
class Incoming {
  readonly #bridge: Bridge
  #bytes: Buffer = Buffer.alloc(0)

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  get isEmpty(): boolean {
    return this.#bytes.length === 0 && !this.#bridge.isBehind
  }

  add(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
  }

  /** As long as it listens: the bridge goes on with what it was told before, then with what is new. */
  tell(listens: () => boolean): Outcome {
    let outcome: Outcome = "goes on"
    while (outcome === "goes on" && !this.isEmpty && listens()) {
      const piece = this.#bytes.subarray(0, this.#bridge.isBehind ? 0 : pieceMax)
      this.#bytes = this.#bytes.subarray(piece.length)
      outcome = this.#bridge.fromClient(piece)
    }
    return outcome
  }
}

/** What one step gives is sent at once: a piece by itself would be a record of TLS and a call of the kernel. */
class Outgoing {
  readonly #side: Duplex | undefined
  #pieces: Buffer[] = []
  #length = 0

  constructor(side: Duplex | undefined) {
    this.#side = side
  }

  /** bytes that were not sent yet, or not taken */
  get untaken(): number {
    return this.#length + (this.#side?.writableLength ?? 0)
  }

  readonly add = (bytes: Buffer): void => {
    if (bytes.length > 0) this.#pieces.push(bytes)
    this.#length += bytes.length
  }

  send(): void {
    const [first] = this.#pieces
    if (first !== undefined && this.#side?.writable)
      this.#side.write(this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces))
    this.#pieces = []
    this.#length = 0
  }
}

function flow(side: Duplex, goes: boolean): void {
  if (goes && side.isPaused()) side.resume()
  else if (!goes && !side.isPaused()) side.pause()
}

/** Closing what still sends would take the answer away from it (RFC 9112 section 9.6). */
function linger(client: Duplex): void {
  client.end()
  client.resume()
  const late = setTimeout(() => client.destroy(), lingerMs)
  client.on("close", () => clearTimeout(late))
}
