/** Moves bytes between two TLS connections and a bridge, each side only as fast as the other takes them. */
import type { Duplex } from "node:stream"
import type { Bridge, BridgeEnds, Outcome } from "./bridge.ts"

/** How long a client that was answered for good may go on sending: until it has read the answer. */
const lingerMs = 10_000

/**
 * @param client encrypted and ready
 * @param server the same, or undefined when there is none and the bridge answers by itself
 * @param open makes the bridge
 */
export function relay(
  client: Duplex,
  server: Duplex | undefined,
  open: (ends: Omit<BridgeEnds, "record">) => Bridge,
): void {
  const [toClient, toServer] = [new Outgoing(client), new Outgoing(server)]
  const bridge = open({
    toClient: bytes => toClient.add(bytes),
    toServer: bytes => toServer.add(bytes),
  })
  let isOver = false
  const settle = () => {
    if (isOver) return
    flow(client, !bridge.holdsClient && !(server?.writableNeedDrain ?? false))
    if (server !== undefined) flow(server, !bridge.holdsServer && !client.writableNeedDrain)
  }
  const finish = (outcome: Outcome) => {
    toClient.send()
    toServer.send()
    if (outcome === "goes on" || isOver) return settle()
    isOver = true
    bridge.close()
    server?.destroy()
    if (outcome === "cut") client.destroy()
    else linger(client)
  }
  client.on("data", (bytes: Buffer) => isOver || finish(bridge.fromClient(bytes)))
  // With nobody behind us there is nobody who could still answer.
  client.on("end", () => isOver || (server === undefined ? finish("over") : server.end()))
  client.on("close", () => finish("cut"))
  for (const side of [client, server]) {
    side?.on("drain", settle)
    // What follows is `close`, which says all that matters here: that it is over.
    side?.on("error", () => undefined)
  }
  server?.on("data", (bytes: Buffer) => isOver || finish(bridge.fromServer(bytes)))
  server?.on("end", () => isOver || finish(bridge.serverEnded()))
  server?.on("close", () => finish("cut"))
  finish("goes on")
}

/** What one step gives is sent at once: a piece by itself would be a record of TLS and a call of the kernel. */
class Outgoing {
  readonly #side: Duplex | undefined
  #pieces: Buffer[] = []

  constructor(side: Duplex | undefined) {
    this.#side = side
  }

  add(bytes: Buffer): void {
    if (bytes.length > 0) this.#pieces.push(bytes)
  }

  send(): void {
    const [first] = this.#pieces
    if (first !== undefined && this.#side?.writable)
      this.#side.write(this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces))
    this.#pieces = []
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
