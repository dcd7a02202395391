/** The answer to a request that never reaches its server. */
import type { Header } from "../credentials/swap.ts"
import { dataFrames, headerFrames } from "../http2/frames.ts"
import { encodeHeaders } from "../http2/headers.ts"
import { deniedRecord, type Refusal, refusalBody } from "./decision.ts"
import type { Http2Shared } from "./http2-bridge.ts"

type Refused = { number: number; method: string; target: string; endStream: boolean }

export function answerRefused(shared: Http2Shared, request: Refused, refusal: Refusal): void {
  const { toClient, window, streamWindow, streams, record } = shared
  const { number, method, target, endStream } = request
  const whole = method === "HEAD" ? Buffer.alloc(0) : refusalBody(refusal.text)
  // A client that takes no body now gets the status alone: waiting for its credit would hold the connection.
  const hasBody = whole.length > 0 && whole.length <= streamWindow && window.takeOwn(whole.length)
  const body = hasBody ? whole : Buffer.alloc(0)
  const headers: Header[] = [
    [":status", String(refusal.status)],
    ["content-type", "text/plain; charset=utf-8"],
    ["content-length", String(body.length)],
  ]
  toClient(headerFrames(number, encodeHeaders(headers), !hasBody))
  if (hasBody) toClient(dataFrames(number, body, true))
  // Not a reset, which RFC 9113 section 8.1 allows: curl then drops the answer. What still comes is thrown away.
  if (!endStream) streams.refused.add(number)
  record(deniedRecord(method, target, refusal))
}
