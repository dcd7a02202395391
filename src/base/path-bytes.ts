/**
 * File names are bytes (path_resolution(7)); JavaScript's strings are not. A byte that is no UTF-8 becomes a lone
 * surrogate, U+DC80 to U+DCFF, and turns back into itself: the "surrogateescape" of Python's PEP 383. Without it a
 * name that is not UTF-8 could be neither hidden nor passed on.
 */

/** What a decoder puts in the place of bytes that it does not understand. */
export const replacement = "\ufffd"

/** Bytes as text that `bytesOf` turns into the same bytes. */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString("utf8")
  if (!text.includes(replacement)) return text
  let escaped = ""
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    escaped +=
      length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString("utf8", at, at + length)
    at += Math.max(length, 1)
  }
  return escaped
}

/** Text of `textOf`, or any other, as bytes. */
export function bytesOf(text: string): Buffer {
  if (text.isWellFormed()) return encoded(text)
  const parts = [...text].map(character => {
    const code = character.charCodeAt(0)
    const escaped = character.length === 1 && code >= 0xdc80 && code <= 0xdcff
    return escaped ? Buffer.from([code - 0xdc00]) : Buffer.from(character)
  })
  return Buffer.concat(parts)
}

/** Not Buffer.from: the runtime compiles that when it is first called, a hundredth of a launch. */
function encoded(text: string): Buffer {
  const bytesMax = 3 * text.length
  const bytes = Buffer.alloc(bytesMax)
  return bytes.subarray(0, bytes.write(text))
}

/** A path for a system call: text as it is where that says the same, bytes where it does not. */
export function systemPath(path: string): string | Buffer {
  return path.isWellFormed() ? path : bytesOf(path)
}

/** How many bytes from `at` on are one character of UTF-8; 0 = none (RFC 3629). */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0
  const length =
    first < 0x80
      ? 1
      : first >= 0xc2 && first < 0xe0
        ? 2
        : first >= 0xe0 && first < 0xf0
          ? 3
          : first >= 0xf0 && first < 0xf5
            ? 4
            : 0
  if (length === 0 || at + length > bytes.length) return 0
  const decoded = bytes.toString("utf8", at, at + length)
  return decoded.includes(replacement) && !isReplacement(bytes, at) ? 0 : length
}

/** U+FFFD itself, spelled out in the name. */
function isReplacement(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd
}
