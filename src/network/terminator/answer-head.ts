/** The head of an HTTP/1.1 answer, and how far the body behind it reaches. */
import type { Header } from "../credentials/swap.ts"

export type AnswerHead = { version: string; status: number; reason: string; headers: readonly Header[] }

/** `rest`: until the connection ends */
export type AnswerBody = "none" | "chunked" | "rest" | number

/** The server does not speak HTTP/1.1. */
export class BadAnswer extends Error {
  override readonly name = "BadAnswer"
}

/** @throws BadAnswer */
export function readHead(text: string): AnswerHead {
  const [first = "", ...lines] = text.split(/\r?\n/)
  const [, version, digits, reason = ""] = /^(HTTP\/1\.[01]) (\d{3})(?: (.*))?$/.exec(first) ?? []
  if (version === undefined || digits === undefined) throw new BadAnswer("its first line is no HTTP/1.1")
  return { version, status: Number(digits), reason, headers: fieldsOf(lines) }
}

/** Behind the empty line. @param from where to look: what is before was looked at, but for the last two bytes */
export function endOfHead(bytes: Buffer, from = 0): number | undefined {
  for (let line = bytes.indexOf(0x0a, from); line >= 0; line = bytes.indexOf(0x0a, line + 1)) {
    if (bytes[line + 1] === 0x0a) return line + 2
    if (bytes[line + 1] === 0x0d && bytes[line + 2] === 0x0a) return line + 3
  }
  return undefined
}

/** Lines that are no header are left out, and those that go on in the next one joined (RFC 9112 section 5.2). */
export function fieldsOf(lines: readonly string[]): Header[] {
  // Joined at the end: a line of thousands would be copied with each that it goes on in.
  const fields: { name: string; parts: string[] }[] = []
  for (const line of lines) {
    const last = fields.at(-1)
    const colon = line.indexOf(":")
    const name = line.slice(0, Math.max(colon, 0))
    if (/[\0\r]/.test(line)) continue
    if (/^[ \t]/.test(line) && last !== undefined) last.parts.push(line.trim())
    else if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
      fields.push({ name, parts: [line.slice(colon + 1).trim()] })
  }
  return fields.map(({ name, parts }) => [name, parts.filter(part => part !== "").join(" ")])
}

/** RFC 9112 section 6.3. */
export function bodyOf({ status, headers }: AnswerHead, method: string): AnswerBody {
  if (method === "HEAD" || status === 204 || status === 304) return "none"
  const valuesOf = (wanted: string) =>
    headers
      .flatMap(([name, value]) => (name.toLowerCase() === wanted ? value.split(",") : []))
      .map(text => text.trim())
  const codings = valuesOf("transfer-encoding")
  if (codings.length > 0) return codings.at(-1)?.toLowerCase() === "chunked" ? "chunked" : "rest"
  const [length, ...more] = new Set(valuesOf("content-length"))
  if (length === undefined) return "rest"
  if (more.length > 0 || !/^\d{1,15}$/.test(length)) throw new BadAnswer("nobody can tell how long it is")
  return Number(length)
}
