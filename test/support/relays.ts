/** A relay between whoever connects and a server, with nothing decided in between. */
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { openPassage, type Passage } from "../../src/network/inspect/inspect.ts"
import { type Counts, type Refused, relay } from "../../src/network/relay/relay.ts"
import { type Connected, connectFirst } from "../../src/network/streams/connect-first.ts"
import { Holding } from "../../src/network/streams/holding.ts"
import { deafPeer, type Peer, type Stream, streamHandlers } from "../../src/network/streams/peer.ts"
import { Reserve } from "../../src/network/streams/reserve.ts"

export type RelayEnd = {
  counts: Counts
  refused: Refused | undefined
  error: Error | undefined
  stream: Stream
}

export type TestRelay = Disposable & {
  port: number
  ends: RelayEnd[]
  /** resets each connection */
  cuts: ((why: Error) => void)[]
  reserve: Reserve
  /** a client, connected */
  client(): Promise<Socket>
}

type Options = {
  reserve?: Reserve
  passage?: () => Passage
  host?: string
  /** what is done with the server's side before */
  server?: (connected: Connected) => Promise<Connected>
}

export function relayTo(serverPort: number, options: Options = {}): TestRelay {
  const { reserve = new Reserve(), passage = () => openPassage, host = "127.0.0.1" } = options
  const ends: RelayEnd[] = []
  const cuts: ((why: Error) => void)[] = []
  const lead = async (stream: Stream, holding: Holding) => {
    const connected = await connectFirst([host], serverPort)
    const server = (await options.server?.(connected)) ?? connected
    const client = { stream, holding }
    const ended = (counts: Counts, refused: Refused | undefined, error: Error | undefined) =>
      void ends.push({ counts, refused, error, stream })
    cuts.push(relay({ client, server, passage: passage(), reserve, ended }))
  }
  const listener = Bun.listen<Peer>({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      ...streamHandlers,
      open(stream) {
        stream.data = deafPeer
        const holding = new Holding(reserve)
        stream.data = holding
        void lead(stream, holding)
      },
    },
  })
  return {
    port: listener.port,
    ends,
    cuts,
    reserve,
    async client() {
      const socket = connect({ host: "127.0.0.1", port: listener.port, allowHalfOpen: true })
      await once(socket, "connect")
      return socket
    },
    [Symbol.dispose]: () => void listener.stop(true),
  }
}

/** Bytes that say where they stand: what is lost, doubled or swapped is seen. */
export function pattern(length: number, from = 0): Buffer {
  const bytes = Buffer.alloc(length)
  for (let index = 0; index < length; index++) bytes[index] = (from + index) % 251
  return bytes
}

/** Reads a stream of `pattern` to its end. @returns how much came, and where the first flaw is */
export async function readPattern(socket: Socket): Promise<{ length: number; flawAt: number | undefined }> {
  let length = 0
  let flawAt: number | undefined
  const piece = pattern(251 * 4096)
  for await (const data of socket as AsyncIterable<Buffer>) {
    for (let at = 0; at < data.length; ) {
      const offset = (length + at) % 251
      const part = Math.min(data.length - at, piece.length - offset)
      if (data.compare(piece, offset, offset + part, at, at + part) !== 0) flawAt ??= length + at
      at += part
    }
    length += data.length
  }
  return { length, flawAt }
}

/** Writes that much of `pattern`, as fast as it is taken, and ends. */
export async function writePattern(socket: Socket, length: number, pieceSize = 64 * 1024): Promise<void> {
  for (let sent = 0; sent < length; sent += pieceSize) {
    const piece = pattern(Math.min(pieceSize, length - sent), sent)
    if (!socket.write(piece)) await once(socket, "drain")
  }
  socket.end()
}

/** What a socket ends with. */
export async function endOf(socket: Socket): Promise<string> {
  let error = "none"
  socket.on("error", cause => {
    error = (cause as NodeJS.ErrnoException).code ?? "unknown"
  })
  if (!socket.destroyed) await new Promise<void>(resolve => socket.once("close", () => resolve()))
  return error
}
