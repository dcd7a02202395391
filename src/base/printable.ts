/**
 * Text that came from the sandbox, a repository or a file name is hostile: a newline forges a line of ours, an
 * escape sequence drives the terminal, a bidirectional mark swaps what the eye reads.
 */
const unprintable =
  // C0, DEL, C1; what shows as nothing: joiners, marks of direction, fillers, selectors, tags; line breaks; surrogates
  /[\u0000-\u001f\u007f-\u009f\p{Default_Ignorable_Code_Point}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\u2800\ufff9-\ufffb\p{Surrogate}]/gu

/** `text` with every character that is not plain print shown as an escape: `\n`, `\x1b`, `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(unprintable, escapeCharacter)
}

/** A JSON document with the same characters as escapes of JSON's own: it means what it meant. */
export function printableJson(json: string): string {
  const escaped = (character: string) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
    ).join("")
  // A line break between values is layout; one within a text is escaped already.
  return json.replace(unprintable, character => (character === "\n" ? character : escaped(character)))
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
