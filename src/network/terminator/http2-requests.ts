/** A request's headers in HTTP/2 (RFC 9113 section 8): strict, because many servers turn it into HTTP/1.1 behind their door. */
import type { Header } from "../credentials/swap.ts"
import { isHeadOnly } from "../http/fields.ts"

export type Http2Request = {
  method: string
  /** `:path` */
  target: string
  authority: string | undefined
  /** without the pseudo-headers and without Host */
  headers: Header[]
  /** what the body's length is said to be; undefined = nothing is said */
  length: number | undefined
}

/** Section 8.2.2: they belong to one connection, and would mean something else on the next. */
const connectionHeaders = ["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]

const pseudoHeaders = [":method", ":scheme", ":authority", ":path"]

/** @returns undefined when the request is malformed */
export function readRequest(headers: readonly Header[], endStream: boolean): Http2Request | undefined {
  const firstPlain = headers.findIndex(([name]) => !name.startsWith(":"))
  const split = firstPlain < 0 ? headers.length : firstPlain
  const plain = headers.slice(split)
  const pseudo = new Map(headers.slice(0, split))
  if (pseudo.size !== split || [...pseudo.keys()].some(name => !pseudoHeaders.includes(name)))
    return undefined
  if (!areValid(plain) || [...pseudo.values()].some(value => /[^\x21-\x7e]/.test(value))) return undefined
  const [method, scheme, authority, target] = ["method", "scheme", "authority", "path"].map(name =>
    pseudo.get(`:${name}`),
  )
  if (method === undefined || !/^[A-Z][A-Z-]{0,31}$/i.test(method)) return undefined
  // CONNECT alone has neither (section 8.5), and is refused later on.
  if (method !== "CONNECT" && (scheme !== "https" || !isTarget(target, method))) return undefined
  const hosts = plain.filter(([name]) => name === "host").map(([, value]) => value)
  if (new Set(authority === undefined ? hosts : [authority, ...hosts]).size > 1) return undefined
  const length = lengthOf(plain)
  if (length === "unclear" || (endStream && (length ?? 0) > 0)) return undefined
  const others = plain.filter(([name]) => name !== "host")
  return { method, target: target ?? "", authority: authority ?? hosts[0], headers: others, length }
}

function isTarget(target: string | undefined, method: string): boolean {
  return (
    target !== undefined &&
    (target.startsWith("/") || (target === "*" && method === "OPTIONS")) &&
    !target.includes("#")
  )
}

/** Headers but pseudo-headers. */
function areValid(headers: readonly Header[]): boolean {
  return headers.every(
    ([name, value]) =>
      /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) &&
      // Section 8.2.1: no line break, no NUL, no space at the ends.
      !/[\0\r\n]|^[ \t]|[ \t]$/.test(value) &&
      !connectionHeaders.includes(name) &&
      (name !== "te" || value.toLowerCase() === "trailers"),
  )
}

/** Section 8.1: headers behind a body, which name nothing that steers the request. */
export function areTrailers(headers: readonly Header[]): boolean {
  return areValid(headers) && !headers.some(([name]) => isHeadOnly(name))
}

function lengthOf(headers: readonly Header[]): number | undefined | "unclear" {
  const lengths = headers.filter(([name]) => name === "content-length").map(([, value]) => value)
  const [length, ...more] = new Set(lengths)
  if (length === undefined) return undefined
  // To some a zero in front means octal.
  return more.length === 0 && /^(0|[1-9]\d{0,14})$/.test(length) ? Number(length) : "unclear"
}

/** The headers as they go to the server. */
export function requestHeaders(
  request: Omit<Http2Request, "length" | "authority"> & { authority: string },
): Header[] {
  const { method, target, authority, headers } = request
  return [[":method", method], [":scheme", "https"], [":authority", authority], [":path", target], ...headers]
}
