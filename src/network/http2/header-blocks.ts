/** HEADERS with the CONTINUATION that follows, put together and decoded (RFC 9113 section 6.2, 6.10). */
import type { Header } from "../credentials/swap.ts"
import { ConnectionError, contentOf, errorCode, type Frame, frameFlag, frameType } from "./frames.ts"
import { BadHeaders, HeaderDecoder, listBytesMax } from "./headers.ts"

export type HeaderBlock = {
  stream: number
  endStream: boolean
  headers: Header[]
  /** as it came, in bytes */
  size: number
}

/** Frames that may follow one HEADERS: empty ones would never reach the bound on bytes. */
const continuationsMax = 64

type OpenBlock = { stream: number; endStream: boolean; parts: Buffer[]; size: number }

/** One direction of one connection. */
export class HeaderBlocks {
  readonly #decoder = new HeaderDecoder()
  #open: OpenBlock | undefined

  /**
   * @returns the block when it is complete
   * @throws ConnectionError also for any other frame that comes before the block is complete
   */
  push(frame: Frame): HeaderBlock | undefined {
    const open = this.#opened(frame)
    const part = frame.type === frameType.headers ? contentOf(frame) : frame.payload
    open.parts.push(part)
    open.size += part.length
    if (open.size > listBytesMax || open.parts.length > continuationsMax)
      throw new ConnectionError(errorCode.enhanceYourCalm, "headers of more than 64 KiB")
    this.#open = frame.flags & frameFlag.endHeaders ? undefined : open
    if (this.#open !== undefined) return undefined
    const { stream, endStream, size, parts } = open
    return { stream, endStream, size, headers: this.#decode(Buffer.concat(parts)) }
  }

  /** @throws ConnectionError when a frame stands where it may not */
  expect({ type }: Frame): void {
    if ((this.#open !== undefined) !== (type === frameType.continuation))
      throw new ConnectionError(errorCode.protocol, "a header block is interrupted")
  }

  #opened({ type, flags, stream }: Frame): OpenBlock {
    if (type === frameType.headers)
      return { stream, endStream: (flags & frameFlag.endStream) !== 0, parts: [], size: 0 }
    if (this.#open?.stream === stream) return this.#open
    throw new ConnectionError(errorCode.protocol, "a header block continues on another stream")
  }

  #decode(block: Buffer): Header[] {
    try {
      return this.#decoder.decode(block)
    } catch (cause) {
      if (cause instanceof BadHeaders) throw new ConnectionError(errorCode.compression, cause.message)
      throw cause
    }
  }
}
