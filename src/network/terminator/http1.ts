/**
 * HTTP/1.1 from a client to a server. Requests are read, judged and written anew one after the other: the next one goes
 * to the server when the last one is answered, so that no two can be taken for each other.
 */
import { bug } from "../../base/error.ts"
import type { RequestHead } from "../http/head.ts"
import { HttpRequests, type RequestAction } from "../http/requests.ts"
import { type AnswerHead, BadAnswer } from "./answer-head.ts"
import { type AnswerPart, AnswerReader } from "./answers.ts"
import type { Bridge, BridgeEnds, Outcome } from "./bridge.ts"
import { decide, deniedRecord, type EndedHost, pathOf, type Refusal } from "./decision.ts"
import { chunkOf, Exchange } from "./exchange.ts"
import { ownAnswer } from "./own-answer.ts"
import { askedOf, passedHead } from "./request-head.ts"
import { acceptOf, isAccepted } from "./upgrade.ts"

export class Http1Bridge implements Bridge {
  readonly #ended: EndedHost
  readonly #ends: BridgeEnds
  readonly #requests = new HttpRequests({ decoded: true })
  readonly #answers = new AnswerReader()
  /** read of the client and not yet looked at */
  #queue: RequestAction[] = []
  #exchange: Exchange | undefined
  /** the body that is on its way to the server */
  #body: "none" | "plain" | "chunked" = "none"
  /** what the server must say to change the protocol */
  #accept: string | undefined
  /** `refused`: the rest of the request is thrown away */
  #mode: "http" | "refused" | "opaque" = "http"

  constructor(ended: EndedHost, ends: BridgeEnds) {
    this.#ended = ended
    this.#ends = ends
  }

  readonly holdsServer = false
  /** Of a request as much goes to the server as came. */
  readonly isBehind = false

  /** The present request has to be answered first. */
  get holdsClient(): boolean {
    return this.#mode === "http" && (this.#queue.length > 0 || this.#requests.waiting)
  }

  fromClient(bytes: Buffer): Outcome {
    if (this.#mode === "refused") return "goes on"
    this.#queue.push(...this.#requests.push(bytes))
    return this.#work()
  }

  fromServer(bytes: Buffer): Outcome {
    if (this.#mode === "opaque") {
      this.#ends.toClient(this.#exchange?.content(bytes) ?? bytes)
      return "goes on"
    }
    try {
      for (const part of this.#answers.push(bytes)) this.#part(part)
    } catch (cause) {
      if (!(cause instanceof BadAnswer)) throw cause
      if (this.#exchange === undefined) return "over"
      return this.#answer(502, `${this.#ended.host} answers what is no HTTP/1.1: ${cause.message}`)
    }
    return this.#work()
  }

  serverEnded(): Outcome {
    if (this.#mode === "opaque") return "over"
    const part = this.#answers.finish()
    if (part !== undefined && part !== "idle") this.#part(part)
    return part === undefined ? "cut" : "over"
  }

  close(): void {
    if (this.#exchange !== undefined) this.#ends.record(this.#exchange.record())
    this.#exchange = undefined
  }

  /** Looks at what the client sent, as far as its turn has come. */
  #work(): Outcome {
    for (;;) {
      const [action] = this.#queue
      // What is wrong behind a request does not take its answer away.
      const isNext =
        action?.kind === "head" || (action !== undefined && "why" in action && this.#body === "none")
      if (action === undefined || (isNext && this.#exchange !== undefined)) return "goes on"
      this.#queue.shift()
      const outcome = this.#action(action)
      if (outcome !== "goes on") return outcome
    }
  }

  #action(action: RequestAction): Outcome {
    switch (action.kind) {
      case "head":
        return this.#head(action.head)
      case "body":
      case "opaque":
        this.#pass(action.bytes)
        return "goes on"
      case "end":
        this.#endRequest(action.trailers)
        return "goes on"
      case "malformed":
        return this.#answer(400, `the request is malformed: ${action.why}`)
      case "too large":
        return this.#answer(431, `the request is too large: ${action.why}`)
      case "not http":
      case "http2":
        return this.#answer(400, "this is no HTTP/1.1 request")
    }
  }

  #head(head: RequestHead): Outcome {
    if (this.#answers.hasUnasked) return "over"
    const asked = askedOf(head)
    const decision = decide(this.#ended, asked)
    if (decision.kind === "refuse") return this.#refuse(head, asked.target, decision)
    this.#accept = acceptOf(head)
    if (this.#accept === undefined) this.#queue.push(...this.#requests.switched(false))
    const path = pathOf(asked.target)
    this.#exchange = new Exchange({
      method: head.method,
      path,
      rule: decision.rule,
      swaps: this.#ended.swaps,
    })
    this.#body = head.body.kind === "chunked" ? "chunked" : "plain"
    this.#answers.expect(head.method)
    this.#toServer(passedHead(head, decision, { ended: this.#ended, offers: this.#accept !== undefined }))
    return "goes on"
  }

  #pass(bytes: Uint8Array): void {
    if (this.#body === "chunked") this.#toServer(chunkOf(bytes))
    else if (this.#body === "plain" || this.#mode === "opaque") this.#toServer(Buffer.from(bytes))
  }

  #endRequest(trailers: RequestHead["headers"]): void {
    const lines = trailers.map(({ name, value }) => `${name}: ${value}\r\n`).join("")
    if (this.#body === "chunked") this.#toServer(Buffer.from(`0\r\n${lines}\r\n`, "latin1"))
    this.#body = "none"
  }

  #part(part: AnswerPart): void {
    const exchange = this.#exchange
    if (exchange === undefined) throw bug("an answer without a request")
    switch (part.kind) {
      case "announcement":
        this.#announce(part.head, exchange)
        break
      case "head":
        if (this.#accept !== undefined) this.#queue.push(...this.#requests.switched(false))
        this.#accept = undefined
        this.#ends.toClient(exchange.head(part.head, part.body))
        break
      case "content":
        this.#ends.toClient(exchange.content(part.bytes))
        break
      case "end":
        this.#ends.toClient(exchange.end(part.trailers))
        this.close()
    }
  }

  #announce(head: AnswerHead, exchange: Exchange): void {
    if (head.status === 101 && !isAccepted(head, this.#accept))
      throw new BadAnswer("it changes to a protocol that nobody offered")
    this.#ends.toClient(exchange.head(head, undefined))
    if (head.status !== 101) return
    this.#mode = "opaque"
    this.#ends.toClient(exchange.content(this.#answers.unread()))
    this.#queue.push(...this.#requests.switched(true))
  }

  #refuse({ method, body }: RequestHead, path: string, refusal: Refusal): Outcome {
    const { status, text } = refusal
    this.#ends.record(deniedRecord(method, path, refusal))
    if (body.kind !== "none" || method === "CONNECT") return this.#answer(status, text, method)
    this.#queue.push(...this.#requests.switched(false))
    this.#ends.toClient(ownAnswer({ status, text, method, close: false }))
    return "goes on"
  }

  /** The last word on this connection. */
  #answer(status: Refusal["status"], text: string, method = ""): Outcome {
    if (this.#exchange?.isAnswered) return "cut"
    this.#mode = "refused"
    this.#ends.toClient(ownAnswer({ status, text, method, close: true }))
    return "over"
  }

  #toServer(bytes: Buffer): void {
    if (this.#exchange !== undefined) this.#exchange.sent += bytes.length
    this.#ends.toServer(bytes)
  }
}
