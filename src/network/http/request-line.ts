/**
 * The first line of a request (RFC 9112, 3), and whether what comes on a connection is HTTP at all. Only what no server
 * would take for a request passes as something else: a request that we did not see as one would say unseen for whom it is.
 */
import { authorityOf, type HttpAuthority } from "./authority.ts"

export type RequestTarget =
  | { form: "origin"; text: string }
  /** path: with its query, and at least "/" */
  | { form: "absolute"; text: string; scheme: string; authority: HttpAuthority; path: string }
  | { form: "authority"; text: string; authority: HttpAuthority }
  | { form: "asterisk"; text: "*" }

export type RequestLine = { kind: "line"; method: string; target: RequestTarget; version: "1.0" | "1.1" }

export type LineVerdict =
  | RequestLine
  /** the line has not ended, and may become one */
  | { kind: "more" }
  | { kind: "not http" }
  /** the first line of HTTP/2's preface (RFC 9113, 3.4) */
  | { kind: "http2" }
  | { kind: "malformed"; why: string }

const methodMax = 64
/** What some servers take for the spaces of the line, before it too: Python's `split` does. */
const space = String.raw` \t\v\f\r\x1c-\x1f\x85\xa0`
/** RFC 9110, 5.6.2 */
const letter = String.raw`!#$%&'*+.^_\x60|~\w-`
const method = new RegExp(`^[${space}]*[${letter}]+[${space}]`)
const methodSoFar = new RegExp(`^[${space}]*[${letter}]*$`)
/** Bytes that no server takes for a space. */
const control = /[\0-\x08\x0e-\x1b\x7f]/
/** Of a target, what no server takes for a space. */
const visible = String.raw`!"$-~\x80-\x84\x86-\x9f\xa1-\xff`
const strict = new RegExp(String.raw`^([${letter}]+) ([${visible}]+) HTTP/(\d)\.(\d)$`)
/** What a lenient server might still take for a request: odd spaces, odd cases, nothing before it, no version. */
const likeRequest = new RegExp(`^[${space}]*([a-z][${letter}]*[${space}]+(/|[*]|https?:)|$)|HTTP/`, "i")
/** HTTP/0.9, of which Python takes any target and Node any tunnel, with header lines after it. NATS has a `CONNECT {…}`. */
const simpleRequest = new RegExp(`^[${space}]*(GET[${space}]|CONNECT[${space}]+([^{${space}]|$))`)

const letterFirst = new RegExp(`^[${space}]*[a-z]`, "i")

/**
 * The first byte that decides does, whether the rest of the line is there or not.
 * @param text a character for each byte, without the line break
 * @param ended whether the line break has come
 */
export function judgeRequestLine(text: string, ended: boolean): LineVerdict {
  // An SSH banner begins with what could be a method: its line break, which comes with it, tells (RFC 4253, 4.2).
  if (!method.test(text) && !methodSoFar.test(text)) return { kind: "not http" }
  const strange = text.search(control)
  if (!ended && strange < 0) return { kind: "more" }
  const line = strange < 0 ? text : text.slice(0, strange + 1)
  if (line === "PRI * HTTP/2.0") return { kind: "http2" }
  const [, name = "", path = "", major, minor] = strict.exec(line) ?? []
  if (name === "") {
    // No method begins with a digit; what git's own protocol begins with does, and has a zero byte in it.
    const isLikeRequest =
      strange < 0 ? likeRequest.test(line) || simpleRequest.test(line) : letterFirst.test(line)
    if (!isLikeRequest) return { kind: "not http" }
    return malformed("its first line is not METHOD, target and version, with one space between them")
  }
  if (name.length > methodMax) return malformed(`its method is longer than ${methodMax} characters`)
  if (major !== "1" || (minor !== "0" && minor !== "1"))
    return malformed(`its version is HTTP/${major}.${minor}, and must be 1.0 or 1.1`)
  const target = targetOf(name, path)
  if (typeof target === "string") return malformed(target)
  return { kind: "line", method: name, target, version: minor === "0" ? "1.0" : "1.1" }
}

function malformed(why: string): LineVerdict {
  return { kind: "malformed", why }
}

/** @returns the target, or what is wrong with it */
function targetOf(name: string, text: string): RequestTarget | string {
  if (name === "CONNECT") {
    const authority = authorityOf(text)
    if (authority?.port === undefined) return "the target of CONNECT is not a host and a port"
    return { form: "authority", text, authority }
  }
  if (text.startsWith("/")) return { form: "origin", text }
  if (text === "*" && name === "OPTIONS") return { form: "asterisk", text }
  const [, scheme = "", host = "", path = ""] = /^(https?|wss?):\/\/([^/?]*)(.*)$/i.exec(text) ?? []
  if (scheme === "") return "its target is neither a path nor a URL"
  const authority = authorityOf(host)
  if (authority === undefined) return "the host in its target is no host name and no address"
  return {
    form: "absolute",
    text,
    scheme: scheme.toLowerCase(),
    authority,
    path: path.startsWith("/") ? path : `/${path}`,
  }
}
