/** A tunnel through an HTTP proxy (CONNECT, RFC 9110, 9.3.6). */
import { printable } from "../../base/printable.ts"
import { endpointText } from "../names/endpoint-text.ts"
import { UpstreamRefused } from "../streams/ended-connection.ts"
import { type Answer, answerOf, type Conversation } from "./proxy-answer.ts"
import type { ProxyLogin } from "./proxy-url.ts"

/** Bytes of the head of an answer. */
const headMax = 16 * 1024
/** Answers for the meantime (RFC 9110, 15.2). */
const announcementsMax = 16

export type Target = { host: string; port: number }

/** @throws UpstreamRefused when the proxy opens none */
export async function openHttpTunnel(
  conversation: Conversation,
  { host, port }: Target,
  login: ProxyLogin | undefined,
): Promise<void> {
  const target = endpointText(host, port)
  // Fits into any socket's buffer.
  conversation.connected.stream.write(
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization(login)}\r\n`,
  )
  for (let count = 0; count < announcementsMax; count++) {
    const line = await answerOf(conversation, statusLine)
    if (/^HTTP\/1\.[01] 2\d\d( |$)/.test(line)) return
    if (!/^HTTP\/1\.[01] 1\d\d( |$)/.test(line))
      throw new UpstreamRefused(502, `${conversation.name} answered: ${printable(line.slice(0, 200))}`)
  }
  throw new UpstreamRefused(502, `${conversation.name} did not come to an answer`)
}

function authorization(login: ProxyLogin | undefined): string {
  if (login === undefined) return ""
  const text = Buffer.from(`${login.user}:${login.password}`).toString("base64")
  return `Proxy-Authorization: Basic ${text}\r\n`
}

function statusLine(bytes: Buffer): Answer<string> {
  const length = bytes.subarray(0, headMax).indexOf("\r\n\r\n") + 4
  if (length > 3) return { kind: "whole", length, value: bytes.toString("latin1", 0, bytes.indexOf("\r\n")) }
  return bytes.length >= headMax ? { kind: "wrong", why: "did not answer in HTTP" } : { kind: "more" }
}
