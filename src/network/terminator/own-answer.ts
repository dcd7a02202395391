/** HTTP/1.1 answers that are ours. */
import { type RefusedStatus, reasonPhrases, refusalBody } from "./decision.ts"

export type OwnAnswer = {
  status: RefusedStatus
  /** for people, printable */
  text: string
  /** of the request; a HEAD gets no body */
  method: string
  /** the connection ends with it */
  close: boolean
}

export function ownAnswer({ status, text, method, close }: OwnAnswer): Buffer {
  const body = refusalBody(text)
  const head = [
    `HTTP/1.1 ${status} ${reasonPhrases[status]}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${body.length}`,
    ...(close ? ["Connection: close"] : []),
  ]
  const shown = method === "HEAD" ? Buffer.alloc(0) : body
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), shown])
}
