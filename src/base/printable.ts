/**
 * Text that came from the sandbox, a repository or a file name is hostile: a newline forges a line of ours, an
 * escape sequence drives the terminal, a bidirectional mark swaps what the eye reads.
 */
const unprintable =
  // C0, DEL, C1, soft hyphen, zero width and bidirectional marks, line and paragraph separators, tags, surrogates
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\u{e0000}-\u{e007f}\p{Surrogate}]/gu

/** `text` with every character that is not plain print shown as an escape: `\n`, `\x1b`, `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(unprintable, escapeCharacter)
}

/** Like `printable`, and cut to `length` characters. */
export function printableStart(text: string, length: number): string {
  return text.length > length ? `${printable(text.slice(0, length))}…` : printable(text)
}

/** A word as a POSIX shell would have to be given it. */
export function shellQuoted(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n"
  if (character === "\t") return "\\t"
  if (character === "\r") return "\\r"
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`
}
