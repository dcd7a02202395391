/** One connection of a client to one server, in either version of HTTP: bytes in, bytes out, no sockets. */
import type { RequestRecord } from "../streams/ended-connection.ts"

/** Where what comes out of a bridge goes. */
export type BridgeEnds = {
  toClient: (bytes: Buffer) => void
  toServer: (bytes: Buffer) => void
  /** whether more may be given to the one and the other now */
  hasRoom: () => boolean
  /** told of each request when it is over */
  record: (entry: RequestRecord) => void
}

/** `over`: both connections end in order; `cut`: the client must see that something is missing */
export type Outcome = "goes on" | "over" | "cut"

export type Bridge = {
  fromClient(bytes: Buffer): Outcome
  fromServer(bytes: Buffer): Outcome
  /** the server says nothing more */
  serverEnded(): Outcome
  /** something that the client said waits for room: `fromClient` goes on with it, with no bytes too */
  readonly isBehind: boolean
  /** nothing more should be read of the client now */
  readonly holdsClient: boolean
  /** nothing more should be read of the server now */
  readonly holdsServer: boolean
  /** both connections are gone: what was under way is recorded */
  close(): void
}
