/** From HTTP/1.1 to another protocol on the same connection: WebSocket (RFC 6455) and no other. */
import { createHash } from "node:crypto"
import type { RequestHead } from "../http/head.ts"
import { mayStayUnread } from "../http/unread-body.ts"
import type { AnswerHead } from "./answer-head.ts"

/** RFC 6455 section 1.3. */
const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/**
 * What the server must say to the client's offer; undefined when there is none that is passed on. Whatever else a client
 * offers, HTTP/2 without TLS above all, would carry requests that nobody judges.
 */
export function acceptOf({ method, headers, upgrade, body }: RequestHead): string | undefined {
  if (mayStayUnread({ method, body })) return undefined
  if (method !== "GET" || upgrade.length !== 1 || upgrade[0] !== "websocket") return undefined
  const keys = headers.filter(({ name }) => name.toLowerCase() === "sec-websocket-key")
  const [key] = keys
  if (key === undefined || keys.length > 1) return undefined
  return createHash("sha1")
    .update(key.value + acceptSuffix)
    .digest("base64")
}

/** Whether a 101 is the answer to that offer: another server, or none, might be meant to see what follows. */
export function isAccepted({ headers }: AnswerHead, accept: string | undefined): boolean {
  const said = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
  return (
    accept !== undefined &&
    said("sec-websocket-accept") === accept &&
    said("upgrade")?.toLowerCase() === "websocket"
  )
}
