/** HTTP/2's compressed headers (RFC 7541). The blocks come from inside or from a server: every length is bounded. */
import type { Header } from "../credentials/swap.ts"
import { decodeHuffman } from "./huffman.ts"
import { staticTable } from "./static-table.ts"

/** Bytes of the table that the other side may fill; the value that both sides start with (RFC 9113 section 6.5.2). */
export const tableBytesMax = 4096
/** Bytes of all headers of one message, as RFC 9113 section 6.5.2 counts them: 32 more for each. */
export const listBytesMax = 65_536
const overhead = 32

/** Why a block means nothing; the connection cannot go on, because the two tables differ from here on. */
export class BadHeaders extends Error {
  override readonly name = "BadHeaders"
}

/** One direction of one connection. */
export class HeaderDecoder {
  /** newest first */
  readonly #table: Header[] = []
  #tableBytes = 0
  #tableMax = tableBytesMax

  /** @throws BadHeaders */
  decode(block: Uint8Array): Header[] {
    const reader = new BlockReader(block)
    const headers: Header[] = []
    let bytes = 0
    while (reader.hasMore) {
      const first = reader.peek()
      if ((first & 0xe0) === 0x20) {
        if (headers.length > 0) throw new BadHeaders("a table size stands behind a header")
        this.#resize(reader.integer(5))
        continue
      }
      const header = this.#field(reader, first)
      bytes += sizeOf(header)
      if (bytes > listBytesMax) throw new BadHeaders("headers of more than 64 KiB")
      headers.push(header)
    }
    return headers
  }

  #field(reader: BlockReader, first: number): Header {
    if (first & 0x80) return this.#entry(reader.integer(7))
    const isAdded = (first & 0xc0) === 0x40
    const index = reader.integer(isAdded ? 6 : 4)
    const name = index === 0 ? reader.text() : this.#entry(index)[0]
    const header: Header = [name, reader.text()]
    if (isAdded) this.#add(header)
    return header
  }

  #entry(index: number): Header {
    const entry =
      index <= staticTable.length ? staticTable[index - 1] : this.#table[index - staticTable.length - 1]
    if (entry === undefined) throw new BadHeaders(`no header has number ${index}`)
    return entry
  }

  #add(header: Header): void {
    const size = sizeOf(header)
    this.#makeRoom(this.#tableMax - size)
    if (size > this.#tableMax) return
    this.#table.unshift(header)
    this.#tableBytes += size
  }

  #resize(size: number): void {
    if (size > tableBytesMax) throw new BadHeaders(`a table of ${size} bytes`)
    this.#tableMax = size
    this.#makeRoom(size)
  }

  #makeRoom(most: number): void {
    while (this.#tableBytes > Math.max(0, most)) {
      const oldest = this.#table.pop()
      if (oldest === undefined) return
      this.#tableBytes -= sizeOf(oldest)
    }
  }
}

function sizeOf([name, value]: Header): number {
  return name.length + value.length + overhead
}

class BlockReader {
  readonly #block: Uint8Array
  #at = 0

  constructor(block: Uint8Array) {
    this.#block = block
  }

  get hasMore(): boolean {
    return this.#at < this.#block.length
  }

  peek(): number {
    return this.#block[this.#at] ?? this.#cut()
  }

  /** Section 5.1: what does not fit in the prefix follows, seven bits a byte. */
  integer(prefixBits: number): number {
    const full = 2 ** prefixBits - 1
    let value = this.#next() & full
    if (value < full) return value
    for (let shift = 0; ; shift += 7) {
      if (shift > 21) throw new BadHeaders("a number is too large")
      const byte = this.#next()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  /** Section 5.2. */
  text(): string {
    const isCoded = this.peek() >= 0x80
    const length = this.integer(7)
    const end = this.#at + length
    if (end > this.#block.length) return this.#cut()
    const bytes = this.#block.subarray(this.#at, end)
    this.#at = end
    const text = isCoded ? decodeHuffman(bytes) : Buffer.from(bytes).toString("latin1")
    if (text === undefined) throw new BadHeaders("a text is no Huffman code")
    return text
  }

  #next(): number {
    const byte = this.peek()
    this.#at++
    return byte
  }

  #cut(): never {
    throw new BadHeaders("a header block ends too early")
  }
}

const exact = new Map(staticTable.map(([name, value], index) => [`${name}\0${value}`, index + 1]))
const named = new Map(staticTable.map(([name], index) => [name, index + 1]).reverse() as [string, number][])

/**
 * Fills no table: every header stands in full, marked as one that nobody may put in a table either (section 7.1), because
 * any of them may hold a secret. The size that stands first makes the other side's table empty, whatever size it offers.
 */
export function encodeHeaders(headers: readonly Header[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0x20])]
  for (const [name, value] of headers) {
    const index = exact.get(`${name}\0${value}`)
    if (index !== undefined) parts.push(integerBytes(index, 7, 0x80))
    else {
      const known = named.get(name) ?? 0
      parts.push(integerBytes(known, 4, 0x10))
      if (known === 0) parts.push(textBytes(name))
      parts.push(textBytes(value))
    }
  }
  return Buffer.concat(parts)
}

function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1")
  return Buffer.concat([integerBytes(bytes.length, 7, 0), bytes])
}

function integerBytes(value: number, prefixBits: number, mark: number): Buffer {
  const full = 2 ** prefixBits - 1
  if (value < full) return Buffer.from([mark | value])
  const bytes = [mark | full]
  let rest = value - full
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}
