/** Looks at the requests of an HTTP/1 connection: each names its host, and each has to name the one that was dialled. */

import type { HttpAuthority } from "../http/authority.ts"
import { headBytes, type RequestHead } from "../http/head.ts"
import { OddLine, oddLineFlaw } from "../http/odd-line.ts"
import { HttpRequests, type RequestAction } from "../http/requests.ts"
import { SwitchAnswer } from "../http/switch-answer.ts"
import { closing, mayStayUnread } from "../http/unread-body.ts"
import type { Refusal } from "../upstream/refusal.ts"
import type { Disagreement } from "./agreement.ts"
import type { Finding, Flaw } from "./inspect.ts"

type Asked = {
  disagreement(host: HttpAuthority): Disagreement | undefined
  refusal(flaw: Flaw): Refusal
  /** what is no HTTP may go up */
  otherPasses: boolean
  otherFlaw: Flaw
}

/** A word that is no request yet, nor ever one by itself; with what some servers take for a space it could be. */
const wordMax = 64
const bareWord = /^[^\s\x1c-\x1f\x85]{1,64}$/

/** A character for each byte, one more than a word may have. */
function start(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, wordMax + 1)).toString("latin1")
}

export class HttpInspector {
  readonly #asked: Asked
  readonly #requests = new HttpRequests()
  /** what was pushed and nothing came of yet, as long as it may be a word by itself */
  #word = ""
  /** bytes of that word which went up already */
  #passed = 0
  #heads = 0
  #answer: SwitchAnswer | undefined
  readonly #odd = new OddLine()
  #state: "requests" | "odd line" | "open" | "over" = "requests"

  constructor(asked: Asked) {
    this.#asked = asked
  }

  get isWaiting(): boolean {
    return this.#state === "requests" && this.#requests.waiting
  }

  get isUndecided(): boolean {
    return this.#state === "requests" && this.#heads === 0
  }

  get isOpen(): boolean {
    return this.#state === "open"
  }

  get hearsServer(): boolean {
    return this.#answer !== undefined
  }

  push(bytes: Uint8Array): Finding[] {
    if (this.#state === "open") return [{ kind: "pass", bytes }]
    if (this.#state === "over") return []
    if (this.#state === "odd line") return this.#passOdd(bytes, 0)
    if (this.#heads === 0 && this.#word.length <= wordMax) this.#word += start(bytes)
    return this.#findings(this.#requests.push(bytes))
  }

  /** A word without a line break, as some protocols begin; no server takes it for a request. */
  pass(): Finding[] {
    const { length } = this.#word
    if (!this.isUndecided || !bareWord.test(this.#word) || !this.#asked.otherPasses) return []
    const bytes = Buffer.from(this.#word, "latin1").subarray(this.#passed)
    this.#passed = length
    return bytes.length === 0 ? [] : [{ kind: "pass", bytes }]
  }

  finish(): Finding[] {
    return this.pass()
  }

  answered(bytes: Uint8Array): Finding[] {
    const accepted = this.#answer?.push(bytes)
    if (accepted === undefined) return []
    this.#answer = undefined
    return this.#findings(this.#requests.switched(accepted))
  }

  #findings(actions: readonly RequestAction[]): Finding[] {
    const findings: Finding[] = []
    for (const action of actions) {
      if (this.#state === "over") return findings
      findings.push(...this.#find(action))
    }
    if (this.#state === "requests" && this.#requests.waiting && this.#answer === undefined)
      // Taken out of the request, so that the server does not know of it.
      findings.push(...this.#findings(this.#requests.switched(false)))
    return findings
  }

  #find(action: RequestAction): Finding[] {
    switch (action.kind) {
      case "head":
        return this.#judge(action.head, action.bytes)
      case "body":
        return [{ kind: "pass", bytes: action.bytes }]
      case "end":
        return []
      case "opaque":
        this.#state = "open"
        return [{ kind: "pass", bytes: action.bytes }]
      case "not http":
        if (!this.#asked.otherPasses) return this.#refuse(this.#asked.otherFlaw, "other")
        return this.#passOdd(action.bytes, this.#passed)
      case "http2":
        return this.#refuse(
          { why: "HTTP/2 without TLS hides from the sandbox for which host a request is" },
          "http2",
        )
      case "malformed":
        return this.#refuse({ why: `its request cannot be read: ${action.why}`, status: 400 }, "http")
      case "too large":
        return this.#refuse({ why: `its request cannot be read: ${action.why}`, status: 431 }, "http")
    }
  }

  /** @param from what of it went up before */
  #passOdd(bytes: Uint8Array, from: number): Finding[] {
    if (this.#odd.push(bytes)) return this.#refuse(oddLineFlaw, "http")
    this.#state = this.#odd.isOver ? "open" : "odd line"
    return [{ kind: "pass", bytes: bytes.subarray(from) }]
  }

  #judge(head: RequestHead, bytes: Uint8Array): Finding[] {
    this.#heads++
    const { host, method, upgrade, headers } = head
    const flaw = host === undefined ? this.#withoutHost() : this.#asked.disagreement(host)
    if (flaw !== undefined) return this.#refuse(flaw, "http", method !== "HEAD")
    // What the server answers can only be told from answers to earlier requests when there were none.
    const isFirst = this.#heads === 1
    // Not even to where it leads anyway: to some servers it is a request like any other, and the next one follows.
    if (method === "CONNECT")
      return this.#refuse({ why: "a tunnel hides from the sandbox for which host a request is" }, "http")
    if (mayStayUnread(head))
      return [{ kind: "pass", bytes: this.#without(headBytes({ ...head, headers: closing(headers) })) }]
    if (upgrade.length > 0 && isFirst && !upgrade.some(hidesHosts)) {
      this.#answer = new SwitchAnswer()
      return [{ kind: "pass", bytes: this.#without(bytes) }]
    }
    // One that Connection does not name is none, nor one of HTTP/1.0; some servers take it for one all the same.
    const offers = headers.some(({ name }) => name.toLowerCase() === "upgrade")
    return [{ kind: "pass", bytes: this.#without(offers ? withoutUpgrade(head) : bytes) }]
  }

  /** HTTP/1.0: the server has one host only, or takes the first. */
  #withoutHost(): Flaw | undefined {
    return this.#asked.otherPasses ? undefined : this.#asked.otherFlaw
  }

  /** A word that went up before turned out to be a request's first. */
  #without(bytes: Uint8Array): Uint8Array {
    const rest = bytes.subarray(this.#passed)
    this.#passed = 0
    return rest
  }

  #refuse(flaw: Flaw, protocol: "http" | "http2" | "other", hasBody = true): Finding[] {
    this.#state = "over"
    return [{ kind: "refuse", refusal: this.#asked.refusal(flaw), protocol, hasBody }]
  }
}

/** Protocols whose further requests name hosts in a way that is not looked at: HTTP/2, and TLS (RFC 2817) around anything. */
function hidesHosts(protocol: string): boolean {
  return /^(h2|http|tls|ssl)/.test(protocol)
}

function withoutUpgrade(head: RequestHead): Buffer {
  const dropped = ["upgrade", "http2-settings"]
  const headers = head.headers.flatMap(field => {
    const name = field.name.toLowerCase()
    if (name !== "connection") return dropped.includes(name) ? [] : [field]
    const kept = field.value.split(",").filter(option => !dropped.includes(option.trim().toLowerCase()))
    return kept.length === 0 ? [] : [{ name: field.name, value: kept.join(",").trim() }]
  })
  return headBytes({ ...head, headers })
}
