/** Reads one word by the shell's quoting. What only a shell could expand is marked unknown, never guessed. */
import type { Word } from "./options.ts"

/** A word, how it was spelled, and where the text goes on. */
export type QuotedWord = { readonly word: Word; readonly raw: string; readonly end: number }

/**
 * Reads the word that begins at `start`, up to a character that `ends` matches outside of quotes. The caller sees
 * to it that the character at `start` is not such a one.
 */
export function readWord(text: string, start: number, ends: RegExp): QuotedWord {
  const parts: string[] = []
  /** what is not quoted, a quotation as a space */
  let bare = ""
  let known = true
  let index = start
  while (index < text.length) {
    const char = text.charAt(index)
    if (ends.test(char)) break
    const piece = readPiece(text, index)
    if (piece.text === undefined) known = false
    else parts.push(piece.text)
    bare += piece.text === char ? char : " "
    index = piece.end
  }
  const raw = text.slice(start, index)
  const isKnown = known && !hasBraceList(bare)
  // the test commands are no file patterns
  const isTest = raw === "[" || raw === "[["
  return { word: isTest ? raw : isKnown ? parts.join("") : undefined, raw, end: index }
}

/** `{a,b}` and `{1..3}` become several words, unless braces or commas are quoted. */
function hasBraceList(bare: string): boolean {
  const open = bare.indexOf("{")
  return open >= 0 && /,|\.\./.test(bare.slice(open, Math.max(open, bare.lastIndexOf("}"))))
}

type Piece = { text: Word; end: number }

/** One character, one quotation or one expansion. */
function readPiece(text: string, index: number): Piece {
  const char = text.charAt(index)
  const next = text.charAt(index + 1)
  switch (char) {
    case "\\":
      return { text: next === "\n" ? "" : next, end: index + 2 }
    case "'": {
      const close = text.indexOf("'", index + 1)
      return close < 0
        ? { text: undefined, end: text.length }
        : { text: text.slice(index + 1, close), end: close + 1 }
    }
    case '"':
      return readDoubleQuoted(text, index)
    case "`":
      return { text: undefined, end: skipTo(text, index + 1, "`") }
    case "$":
      return { text: undefined, end: skipExpansion(text, index) }
    case "*":
    case "?":
    case "[":
      return { text: undefined, end: index + 1 }
    default:
      return { text: char, end: index + 1 }
  }
}

function readDoubleQuoted(text: string, index: number): Piece {
  const end = closing(text, index + 1, '"')
  if (end === undefined) return { text: undefined, end: text.length }
  const quoted = text.slice(index + 1, end - 1)
  if (/[$`]/.test(quoted.replace(/\\[\s\S]/g, ""))) return { text: undefined, end }
  return { text: quoted.replace(/\\(["\\$`\n])/g, (_, char) => (char === "\n" ? "" : char)), end }
}

function skipExpansion(text: string, index: number): number {
  switch (text.charAt(index + 1)) {
    case "(":
      return skipTo(text, index + 2, ")")
    case "{":
      return skipTo(text, index + 2, "}")
    case "'":
      return skipAnsiQuoted(text, index + 2)
    default:
      return index + 1
  }
}

function skipAnsiQuoted(text: string, start: number): number {
  let index = start
  while (index < text.length && text.charAt(index) !== "'") index += text.charAt(index) === "\\" ? 2 : 1
  return Math.min(index + 1, text.length)
}

/** The index after `close`, past everything nested; the length of the text when it never comes. */
export function skipTo(text: string, start: number, close: string): number {
  return closing(text, start, close) ?? text.length
}

/** Like `skipTo`, but undefined when it never comes. A stack and no recursion: the text decides how deep it nests. */
function closing(text: string, start: number, close: string): number | undefined {
  const open = [close]
  let index = start
  while (open.length > 0 && index < text.length) {
    const char = text.charAt(index)
    const inside = open.at(-1)
    const next = text.charAt(index + 1)
    if (char === "\\") index += 1
    else if (char === inside) open.pop()
    else if (char === "'" && inside !== '"') index = (text.indexOf("'", index + 1) + 1 || text.length) - 1
    else if (char === '"' || char === "`") open.push(char)
    else if (char === "(" && inside === ")") open.push(")")
    else if (char === "$" && (next === "(" || next === "{")) {
      open.push(next === "(" ? ")" : "}")
      index += 1
    }
    index += 1
  }
  return open.length === 0 ? index : undefined
}
