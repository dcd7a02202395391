/**
 * Header and trailer fields (RFC 9110, 5; RFC 9112, 5 and 6). Whatever two servers might read differently is refused:
 * what we hand on unread as a body could be another request to them.
 */

/** The name as it came, the value without the spaces around it; a character for each byte. */
export type HeaderField = { name: string; value: string }

export type Body = { kind: "none" } | { kind: "length"; bytes: number } | { kind: "chunked" }

export const fieldsMax = 256

/** RFC 9110, 5.6.2 */
const token = /^[!#$%&'*+.^_`|~\w-]+$/
/** A tab is the only control character that a value may hold. */
const notInValue = /[\0-\x08\x0a-\x1f\x7f]/

/** What only a head may say (RFC 9110, 6.5.1), and by which frameworks take another method or path than the first line's. */
const headOnly =
  /^(host|content-length|transfer-encoding|connection|upgrade|te|trailer|(proxy-)?authorization|x-(http-method(-override)?|method-override|original-url|rewrite-url))$/i

/** Whether a trailer may not have the name: some servers put trailers to the fields that came before the body. */
export function isHeadOnly(name: string): boolean {
  return headOnly.test(hyphenated(name))
}

/** A name as programs behind CGI and its kind have it, to whom `X_Y` and `X-Y` are one (RFC 3875, 4.1.18). */
export function hyphenated(name: string): string {
  return name.replaceAll("_", "-")
}

/** @returns the fields of lines without their line breaks, or what is wrong with one */
export function readFields(lines: readonly string[]): HeaderField[] | string {
  if (lines.length > fieldsMax) return `it has more than ${fieldsMax} fields`
  const fields: HeaderField[] = []
  for (const line of lines) {
    const colon = line.indexOf(":")
    if (line.startsWith(" ") || line.startsWith("\t")) return "a header line begins with a space"
    const name = line.slice(0, Math.max(colon, 0))
    if (!token.test(name)) return "a header line has no name, or a space before the colon"
    if (notInValue.test(line)) return "a header line holds a control character"
    fields.push({ name, value: withoutSpaces(line, colon + 1) })
  }
  return fields
}

/** All values of one field, in order. @param name in lower case */
export function valuesOf(fields: readonly HeaderField[], name: string): string[] {
  return fields.flatMap(field => (field.name.toLowerCase() === name ? [field.value] : []))
}

/** The members of a field that is a list, in lower case (RFC 9110, 5.6.1). @param name in lower case */
export function listOf(fields: readonly HeaderField[], name: string): string[] {
  return valuesOf(fields, name)
    .flatMap(value => value.toLowerCase().split(","))
    .map(member => withoutSpaces(member, 0))
    .filter(member => member !== "")
}

/** How far the body reaches, or why nobody can tell (RFC 9112, 6.3). */
export function bodyOf(fields: readonly HeaderField[], version: "1.0" | "1.1"): Body | string {
  const lengths = valuesOf(fields, "content-length")
  const codings = valuesOf(fields, "transfer-encoding")
  if (codings.length > 0) {
    if (lengths.length > 0) return "it has both a Content-Length and a Transfer-Encoding"
    if (version === "1.0") return "it has a Transfer-Encoding, which HTTP/1.0 does not know"
    if (codings.length > 1 || codings[0]?.toLowerCase() !== "chunked")
      return "its Transfer-Encoding is something else than chunked"
    return { kind: "chunked" }
  }
  const [length] = lengths
  if (length === undefined) return { kind: "none" }
  // Twice the same is refused too: we hand it on as it came.
  if (lengths.length > 1) return "it has more than one Content-Length"
  // To some a zero in front means octal.
  if (!/^(0|[1-9]\d{0,14})$/.test(length)) return "its Content-Length is no number"
  return { kind: "length", bytes: Number(length) }
}

/** Not by a regular expression: one would take quadratic time over a value of spaces. */
function withoutSpaces(text: string, from: number): string {
  const isSpace = (at: number) => text[at] === " " || text[at] === "\t"
  let start = from
  let end = text.length
  while (start < end && isSpace(start)) start++
  while (end > start && isSpace(end - 1)) end--
  return text.slice(start, end)
}
