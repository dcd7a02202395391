/** An HTTP/1.1 request's head, as it is judged and as it goes to the server. */
import type { Header, Swapped } from "../credentials/swap.ts"
import { headBytes, type RequestHead } from "../http/head.ts"
import { closing, mayStayUnread } from "../http/unread-body.ts"
import { type AskedRequest, authorityText, type EndedHost } from "./decision.ts"

export function askedOf({ method, target, host, headers }: RequestHead): AskedRequest {
  return {
    method,
    target: target.form === "absolute" ? target.path : target.text,
    authorities: [
      ...(host === undefined ? [] : [host]),
      ...("authority" in target ? [target.authority] : []),
    ],
    headers: headers.map(({ name, value }) => [name, value]),
  }
}

/**
 * In origin form, whatever form it came in (RFC 9112 section 3.2).
 * @param offers whether an offer of another protocol is passed on
 */
export function passedHead(
  head: RequestHead,
  swapped: Pick<Swapped, "target" | "headers">,
  { ended, offers }: { ended: Pick<EndedHost, "host" | "port">; offers: boolean },
): Buffer {
  const headers = offers ? swapped.headers : withoutOffer(swapped.headers)
  const all: Header[] = head.host === undefined ? [...headers, ["Host", authorityText(ended)]] : headers
  const fields = all.map(([name, value]) => ({ name, value }))
  return headBytes({
    method: head.method,
    version: head.version,
    target: { form: "origin", text: swapped.target },
    headers: mayStayUnread(head) ? closing(fields) : fields,
  })
}

/** The headers without the offer. */
function withoutOffer(headers: readonly Header[]): Header[] {
  return headers.flatMap(([name, value]): Header[] => {
    const lower = name.toLowerCase()
    if (lower === "upgrade" || lower === "http2-settings") return []
    if (lower !== "connection") return [[name, value]]
    const kept = value.split(",").filter(option => !/^\s*(upgrade|http2-settings)\s*$/i.test(option))
    return kept.length === 0 ? [] : [[name, kept.join(",").trim()]]
  })
}
