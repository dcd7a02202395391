/**
 * HTTP/1.1 from a client and a server, well-formed pieces among any: whatever they are, a request that no rule allows
 * never begins where a server would look for one, and no secret comes in by a header.
 */
import fc from "fast-check"
import { HttpRequests } from "../../src/network/http/requests.ts"
import { Http1Bridge } from "../../src/network/terminator/http1.ts"
import { endedHost, placeholder, secret } from "../support/ended-host.ts"
import { target } from "./target.ts"

const lines = fc.constantFrom(
  "GET /allowed HTTP/1.1\r\n",
  "GET /denied HTTP/1.1\r\n",
  "POST /allowed HTTP/1.1\r\n",
  "POST /allowed/%2e%2e/denied HTTP/1.1\r\n",
  "Host: api.test\r\n",
  "Host: evil.test\r\n",
  "Content-Length: 12\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding:\tchunked\r\n",
  "Connection: Upgrade\r\n",
  "Upgrade: websocket\r\n",
  "Upgrade: h2c\r\n",
  "Expect: 100-continue\r\n",
  `Authorization: Bearer ${placeholder}\r\n`,
  "\r\n",
  "\n",
  "c\r\n",
  "0\r\n\r\n",
  "0\r\nGET /denied HTTP/1.1\r\n\r\n",
  "hello world!",
  "GET /denied HTTP/1.1\r\nHost: api.test\r\n\r\n",
  "GET /allowed HTTP/1.1\r\nHost: api.test\r\n\r\n",
  "POST /allowed HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n",
  `GET /allowed HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer ${placeholder}\r\n\r\n`,
)

const answers = fc.constantFrom(
  "HTTP/1.1 200 OK\r\n",
  "Content-Length: 2\r\n\r\nok",
  "Transfer-Encoding: chunked\r\n\r\n",
  "2\r\nok\r\n",
  "0\r\n\r\n",
  `X-Echo: ${secret}\r\n`,
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
  `HTTP/1.1 200 OK\r\nX-Echo: ${secret}\r\nContent-Length: 2\r\n\r\nok`,
)

const step = fc.oneof(
  fc.record({ who: fc.constant("client" as const), text: fc.oneof(lines, lines, fc.string()) }),
  fc.record({ who: fc.constant("server" as const), text: fc.oneof(answers, answers, fc.string()) }),
)

/** The requests in what the server got, as strictly read. */
function requestsIn(text: string): string[] {
  const actions = new HttpRequests().push(Buffer.from(text, "latin1"))
  return actions.flatMap(action => (action.kind === "head" ? [action.head.target.text] : []))
}

export const endedRequests = target(
  { name: "ended-requests", weight: 2, runs: 600 },
  fc.array(step, { maxLength: 40 }),
  steps => {
    let toServer = ""
    let toClient = ""
    const bridge = new Http1Bridge(endedHost({ rules: ["allow api.test GET,POST /allowed"] }), {
      toClient: bytes => {
        toClient += bytes.toString("latin1")
      },
      hasRoom: () => true,
      toServer: bytes => {
        toServer += bytes.toString("latin1")
      },
      record: () => undefined,
    })
    for (const { who, text } of steps) {
      const bytes = Buffer.from(text, "latin1")
      if ((who === "client" ? bridge.fromClient(bytes) : bridge.fromServer(bytes)) !== "goes on") break
    }
    bridge.close()
    for (const target of requestsIn(toServer))
      if (target !== "/allowed")
        throw new Error(`${target} reached the server in ${JSON.stringify(toServer)}`)
    if (toClient.includes(`X-Echo: ${secret}`))
      throw new Error(`the secret came in: ${JSON.stringify(toClient)}`)
  },
)
