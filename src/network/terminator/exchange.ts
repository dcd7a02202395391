/** One HTTP/1.1 request and its answer, on their way. */
import { EchoFilter, isReadable } from "../credentials/echo.ts"
import { type Header, type Swap, swapOut } from "../credentials/swap.ts"
import type { RequestRecord } from "../streams/ended-connection.ts"
import type { AnswerBody, AnswerHead } from "./answer-head.ts"

export class Exchange {
  sent = 0
  readonly #asked: { method: string; path: string; rule: string; swaps: readonly Swap[] }
  readonly #started = performance.now()
  #received = 0
  #status = 0
  #isChunked = false
  #echo: EchoFilter | undefined

  constructor(asked: { method: string; path: string; rule: string; swaps: readonly Swap[] }) {
    this.#asked = asked
  }

  get method(): string {
    return this.#asked.method
  }

  get isAnswered(): boolean {
    return this.#status >= 200
  }

  /** @returns the head as the client gets it */
  head(head: AnswerHead, body: AnswerBody | undefined): Buffer {
    this.#status = head.status
    this.#isChunked = body === "chunked"
    const encoding = head.headers.find(([name]) => name.toLowerCase() === "content-encoding")?.[1]
    if (body !== undefined && this.#asked.swaps.length > 0 && isReadable(encoding))
      this.#echo = new EchoFilter(this.#asked.swaps)
    const { version, status } = head
    // Servers say there what was wrong, and with what.
    const [[, reason] = ["", ""]] = swapOut(this.#asked.swaps, [["", head.reason]])
    return Buffer.from(`${version} ${status} ${reason}\r\n${this.#lines(head.headers)}\r\n`, "latin1")
  }

  content(bytes: Buffer): Buffer {
    this.#received += bytes.length
    return this.#framed(this.#echo?.push(bytes) ?? bytes)
  }

  end(trailers: readonly Header[]): Buffer {
    const rest = this.#framed(this.#echo?.end() ?? Buffer.alloc(0))
    return this.#isChunked
      ? Buffer.concat([rest, Buffer.from(`0\r\n${this.#lines(trailers)}\r\n`, "latin1")])
      : rest
  }

  record(): RequestRecord {
    const { method, path, rule } = this.#asked
    return {
      verdict: "allow",
      rule,
      sent: this.sent,
      received: this.#received,
      milliseconds: performance.now() - this.#started,
      request: { method, path, status: this.#status },
    }
  }

  #framed(bytes: Buffer): Buffer {
    return this.#isChunked ? chunkOf(bytes) : bytes
  }

  #lines(headers: readonly Header[]): string {
    return swapOut(this.#asked.swaps, headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")
  }
}

/** RFC 9112 section 7.1; an empty chunk would be the last one. */
export function chunkOf(bytes: Uint8Array): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])
}
