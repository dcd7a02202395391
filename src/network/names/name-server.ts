/** The sandbox's name server: its datagrams and its streams, on sockets that lie in the sandbox's own network. */
import { serveDatagrams } from "./name-datagrams.ts"
import { serveStreams } from "./name-streams.ts"
import type { SyntheticNames } from "./synthetic-names.ts"

export type NameServer = { close(): void }

type Request = {
  /** descriptors, bound; the one for streams listens. The server closes them */
  datagrams: number
  streams: number
  names: SyntheticNames
}

export async function serveNames({ datagrams, streams, names }: Request): Promise<NameServer> {
  const parts = [await serveDatagrams(datagrams, names), serveStreams(streams, names)]
  return {
    close() {
      for (const part of parts) part.close()
    },
  }
}
