/**
 * Bodies where a server expects none. One that leaves them unread (Python's http.server, with GET) takes them for the next
 * request, and nobody judged that. Told to close the connection with its answer, it reads none.
 */
import type { HeaderField, RequestHead } from "./head.ts"

/** Their content means nothing (RFC 9110, 9.3). */
const bodiless = ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]
/** What else is about the connection's future. */
const dropped = ["connection", "proxy-connection", "keep-alive", "upgrade", "http2-settings"]

export function mayStayUnread({ method, body }: Pick<RequestHead, "method" | "body">): boolean {
  const isEmpty = body.kind === "none" || (body.kind === "length" && body.bytes === 0)
  return !isEmpty && bodiless.includes(method.toUpperCase())
}

/** The headers of a request that is the last one. */
export function closing(headers: readonly HeaderField[]): HeaderField[] {
  return [
    ...headers.filter(({ name }) => !dropped.includes(name.toLowerCase())),
    { name: "Connection", value: "close" },
  ]
}
