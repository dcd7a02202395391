/** The head of an HTTP/1 request (RFC 9112), read as strictly as the strictest server, from bytes that come in pieces. */
import { bug } from "../../base/error.ts"
import type { HttpAuthority } from "./authority.ts"
import { authorityOf } from "./authority.ts"
import { type Body, bodyOf, type HeaderField, listOf, readFields, valuesOf } from "./fields.ts"
import { LineReader, type Lines } from "./lines.ts"
import { judgeRequestLine, type RequestLine, type RequestTarget } from "./request-line.ts"

export type { HeaderField, RequestTarget }

export type RequestHead = {
  kind: "head"
  method: string
  target: RequestTarget
  version: "1.0" | "1.1"
  /** in their order */
  headers: readonly HeaderField[]
  /** of the Host field, with which the target's agrees; undefined only in HTTP/1.0 where neither is there */
  host: HttpAuthority | undefined
  body: Body
  /** what the client offers to go on with, in lower case: "websocket", "h2c" */
  upgrade: readonly string[]
  /** bytes, from the first one that was pushed */
  length: number
}

export type HeadResult =
  | RequestHead
  | { kind: "more" }
  | { kind: "not http" }
  /** HTTP/2 from the first byte on; length of its preface */
  | { kind: "http2"; length: number }
  | { kind: "malformed"; why: string }
  | { kind: "too large"; why: string }

export const headMax = 64 * 1024

/** Empty lines before a request are passed over by servers (RFC 9112, 2.2): a few by us too. */
const emptyLinesMax = 2
/** Bytes up to which a line without an end is looked at again with each byte that comes. */
const earlyMax = 1024
/** RFC 9113, 3.4 */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
/** A proxy on the way leaves out what Connection names (RFC 9110, 7.6.1), and would take the body for the next request. */
const deciding = new Set(["host", "content-length", "transfer-encoding"])
const defaultPorts: Record<string, number> = { http: 80, ws: 80, https: 443, wss: 443 }

/** Reads one head. */
export class RequestHeadReader {
  readonly #lines = new LineReader({ bytesMax: headMax, emptyMax: emptyLinesMax })
  #result: HeadResult = { kind: "more" }
  #line: RequestLine | undefined
  /** bytes of it that were looked at */
  #looked = 0

  /** What was pushed, up to one byte more than a head may have. */
  get bytes(): Buffer {
    return this.#lines.bytes
  }

  /** @param bytes kept, and not copied: not to be used for anything else. Those after the head count for nothing */
  push(bytes: Uint8Array): HeadResult {
    if (this.#result.kind === "more") this.#result = this.#read(this.#lines.push(bytes))
    return this.#result
  }

  #read(lines: Lines): HeadResult {
    if (
      this.#line === undefined &&
      (this.#isEarly() || lines.kind !== "more" || this.#lines.firstLineEnded)
    ) {
      const { text, ended } = this.#lines.firstLine()
      const verdict = judgeRequestLine(text, ended)
      if (verdict.kind === "http2") return prefaceResult(this.bytes)
      if (verdict.kind === "more") return lines.kind === "too large" ? lines : verdict
      if (verdict.kind !== "line") return verdict
      this.#line = verdict
    }
    if (this.#line === undefined || lines.kind !== "lines") return asResult(lines)
    return headOf(this.#line, lines)
  }

  /** Whether a first line without an end is to be looked at again: not each time that a very long one grows. */
  #isEarly(): boolean {
    const isEarly = this.#looked <= earlyMax
    this.#looked = this.bytes.length
    return isEarly
  }
}

/** A head as bytes again. @throws when a part would end its line */
export function headBytes(head: Pick<RequestHead, "method" | "target" | "version" | "headers">): Buffer {
  const first = `${head.method} ${head.target.text} HTTP/${head.version}`
  const lines = [first, ...head.headers.map(({ name, value }) => `${name}: ${value}`)]
  if (lines.some(line => /[\r\n\0]/.test(line))) throw bug("a line break within a header")
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1")
}

function asResult(lines: Lines): HeadResult {
  return lines.kind === "lines" ? { kind: "more" } : lines
}

function malformed(why: string): HeadResult {
  return { kind: "malformed", why }
}

function prefaceResult(bytes: Buffer): HeadResult {
  const common = Math.min(bytes.length, preface.length)
  if (bytes.compare(preface, 0, common, 0, common) !== 0)
    return malformed("the preface of HTTP/2 is not whole")
  return common < preface.length ? { kind: "more" } : { kind: "http2", length: common }
}

function headOf(
  { method, target, version }: RequestLine,
  { lines, length }: { lines: readonly string[]; length: number },
): HeadResult {
  const headers = readFields(lines.slice(1))
  if (typeof headers === "string") return malformed(headers)
  const host = hostOf(headers, version, target)
  if (typeof host === "string") return malformed(host)
  const body = bodyOf(headers, version)
  if (typeof body === "string") return malformed(body)
  if (method === "CONNECT" && body.kind !== "none") return malformed("a CONNECT has a body")
  if (listOf(headers, "connection").some(option => deciding.has(option)))
    return malformed("its Connection names what tells where it ends, or for whom it is")
  const upgrades = version === "1.1" && listOf(headers, "connection").includes("upgrade")
  const upgrade = upgrades ? listOf(headers, "upgrade") : []
  return { kind: "head", method, target, version, headers, host, body, upgrade, length }
}

/** The one host that the request is for, or why nobody can tell (RFC 9112, 3.2). */
function hostOf(
  headers: readonly HeaderField[],
  version: "1.0" | "1.1",
  target: RequestTarget,
): HttpAuthority | string | undefined {
  const [value, ...more] = valuesOf(headers, "host")
  if (more.length > 0) return "it has more than one Host"
  const named = "authority" in target ? target.authority : undefined
  if (value === undefined) return version === "1.1" ? "it has no Host" : named
  const host = authorityOf(value)
  if (host === undefined) return "its Host is no host name and no address"
  const other = named ?? host
  const port = target.form === "absolute" ? defaultPorts[target.scheme] : undefined
  // A CONNECT may leave out the port in its Host.
  const agree = other.host === host.host && (other.port ?? port) === (host.port ?? port ?? other.port)
  return agree ? host : "its Host is another one than its target's"
}
