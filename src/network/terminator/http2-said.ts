/**
 * What a client said in HTTP/2 and nobody has looked at yet. Header fields that it sent before cost it a byte each (RFC
 * 7541, section 2.3.3), and stand in full in what goes to the server: a thousand times as long. So each frame waits until
 * there is room for what comes of it.
 */
import { type Frame, FrameReader } from "../http2/frames.ts"

export class SaidFrames {
  readonly #reader = new FrameReader("client")
  #frames: Frame[] = []

  get isEmpty(): boolean {
    return this.#frames.length === 0
  }

  /**
   * Frames in their order, as long as there is room; the others stay for the next time.
   * @throws ConnectionError
   */
  *read(bytes: Buffer, hasRoom: () => boolean): Generator<Frame, void> {
    const frames = [...this.#frames, ...this.#reader.push(bytes)]
    let read = 0
    for (; read < frames.length && hasRoom(); read++) yield* frames.slice(read, read + 1)
    this.#frames = frames.slice(read)
  }
}
