/**
 * A server that repeats a secret in what it answers would bring it inside: a page for debugging, an error message. Where
 * that is possible without changing lengths, the placeholder stands there instead. It is a help against accidents, not a
 * wall: who may ask the server for anything can ask for it compressed, encoded or byte by byte.
 */
import type { Swap } from "./swap.ts"

/** A shorter match at the end of a piece is passed on at once: a piece that ends in the letter of a secret must not wait. */
const heldMin = 8

/** One body on its way in. */
export class EchoFilter {
  readonly #pairs: { secret: Buffer; placeholder: Buffer }[]
  #held: Buffer = Buffer.alloc(0)

  /** @param swaps those of the host, whatever request the answer is to: a page may show what another one sent */
  constructor(swaps: readonly Swap[]) {
    this.#pairs = swaps
      .map(({ secret, placeholder }) => ({
        secret: Buffer.from(secret),
        placeholder: Buffer.from(placeholder),
      }))
      .filter(({ secret, placeholder }) => secret.length === placeholder.length && secret.length >= heldMin)
  }

  /** @returns as many bytes as are certain; with those that `end` returns as many as came in */
  push(bytes: Buffer): Buffer {
    if (this.#pairs.length === 0) return bytes
    const content = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const clean = this.#pairs.reduce(replaced, content)
    const kept = Math.max(...this.#pairs.map(({ secret }) => startedAtEnd(clean, secret)))
    this.#held = clean.subarray(clean.length - kept)
    return clean.subarray(0, clean.length - kept)
  }

  end(): Buffer {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    return rest
  }
}

/** Whether a body can be looked into (RFC 9110 section 8.4). */
export function isReadable(contentEncoding: string | undefined): boolean {
  return contentEncoding === undefined || contentEncoding.trim().toLowerCase() === "identity"
}

function replaced(content: Buffer, { secret, placeholder }: { secret: Buffer; placeholder: Buffer }): Buffer {
  let at = content.indexOf(secret)
  if (at < 0) return content
  // The bytes may belong to somebody else's buffer.
  const own = Buffer.from(content)
  for (; at >= 0; at = own.indexOf(secret, at + placeholder.length)) placeholder.copy(own, at)
  return own
}

/** How many bytes at the end could be the beginning of the secret. */
function startedAtEnd(content: Buffer, secret: Buffer): number {
  const first = secret.subarray(0, heldMin)
  let at = content.indexOf(first, Math.max(0, content.length - secret.length + 1))
  for (; at >= 0; at = content.indexOf(first, at + 1)) {
    const tail = content.subarray(at)
    if (secret.subarray(0, tail.length).equals(tail)) return tail.length
  }
  return 0
}
