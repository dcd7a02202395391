/**
 * Streams in the runtime's event loop. Who attends to one changes as its connection comes along: first it is held, then
 * relayed or refused.
 */

/** What hears of a stream. */
export type Peer = {
  /** bytes have come; they are the peer's */
  data(bytes: Buffer, stream: Stream): void
  /** there is room for more, or the connection stands */
  drain(stream: Stream): void
  /** the other end sends no more */
  end(stream: Stream): void
  /** it is over. @param error undefined when both ends said so */
  close(error: Error | undefined): void
}

export type Stream = Bun.Socket<Peer>

/** Nothing more is of interest. */
export const deafPeer: Peer = { data: ignore, drain: ignore, end: ignore, close: ignore }

function ignore(): void {
  // What a stream says after its end changes nothing.
}

export const streamHandlers: Bun.SocketHandler<Peer> = {
  data: (stream, bytes) => stream.data.data(bytes, stream),
  drain: stream => stream.data.drain(stream),
  end: stream => stream.data.end(stream),
  close: (stream, error) => stream.data.close(error),
  // A bug of ours: it costs this one connection, whose record names it.
  error: (stream, error) => {
    const peer = stream.data
    stream.data = deafPeer
    peer.close(error)
    stream.terminate()
  },
}

/** Bun 1.4.5 takes descriptors and knows them; its types do not. */
type DescriptorOptions = { fd: number; allowHalfOpen: true; data: Peer; socket: Bun.SocketHandler<Peer> }

/** Gives a socket to the event loop, connected or about to be. @param descriptor closed with the stream */
export function adoptStream(descriptor: number, peer: Peer): Promise<Stream> {
  const options: DescriptorOptions = {
    fd: descriptor,
    allowHalfOpen: true,
    data: peer,
    socket: streamHandlers,
  }
  return Bun.connect(options as unknown as Bun.TCPSocketConnectOptions<Peer>)
}

/** Only as long as the stream is open: then the number is another one's. */
export function descriptorOf(stream: Stream): number {
  return (stream as unknown as { fd: number }).fd
}
