/**
 * The Huffman code of HTTP/2's headers (RFC 7541, appendix B). The code is canonical: codes of one length follow each
 * other in the order of their bytes, so that the lengths say it all.
 */

/** Bits of each byte's code. The end-of-string symbol has 30 bits, and all of them are ones. */
const lengths = Uint8Array.of(
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  ...[20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  ...[24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  ...[22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  ...[21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  ...[26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  ...[19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  ...[26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
)

const lengthMax = 30

/** Of each length: its first code, and the bytes whose codes follow from there. */
const ranges = codesByLength()

function codesByLength(): { first: number; bytes: number[] }[] {
  const found: { first: number; bytes: number[] }[] = []
  let next = 0
  for (let length = 0; length <= lengthMax; length++) {
    const bytes = [...lengths.keys()].filter(byte => lengths[byte] === length)
    found.push({ first: next, bytes })
    next = (next + bytes.length) * 2
  }
  return found
}

/** @returns undefined for what no encoder writes: the end-of-string symbol, or padding that is not the start of it */
export function decodeHuffman(coded: Uint8Array): string | undefined {
  const decoded: number[] = []
  let code = 0
  let length = 0
  for (const byte of coded)
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1)
      length++
      const range = ranges[length]
      if (range === undefined) return undefined
      const found = range.bytes[code - range.first]
      if (found === undefined) continue
      decoded.push(found)
      code = 0
      length = 0
    }
  // Section 5.2: the rest of the last byte, all ones.
  if (length > 7 || code !== 2 ** length - 1) return undefined
  return Buffer.from(decoded).toString("latin1")
}
