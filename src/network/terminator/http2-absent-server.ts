/** Stands in for a server that cannot be reached, for a client that speaks HTTP/2 and nothing else. */
import { FrameReader, frameBytes, frameFlag, frameType } from "../http2/frames.ts"
import { settingsFrame } from "../http2/settings.ts"

export class AbsentServer {
  readonly #reader = new FrameReader("client")

  /** What a server says first (RFC 9113 section 3.4). */
  greeting(): Buffer {
    return settingsFrame([])
  }

  /** The answers to what has to be acknowledged. No request comes here: each is refused on its way. */
  push(bytes: Buffer): Buffer {
    const asking: readonly number[] = [frameType.settings, frameType.ping]
    const answers = this.#reader
      .push(bytes)
      .filter(({ type, flags }) => asking.includes(type) && !(flags & frameFlag.ack))
      .map(frame =>
        frameBytes({
          ...frame,
          flags: frameFlag.ack,
          payload: frame.type === frameType.settings ? Buffer.alloc(0) : frame.payload,
        }),
      )
    return Buffer.concat(answers)
  }
}
