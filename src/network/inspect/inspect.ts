/**
 * Looks at what a client says before it goes up: TLS and HTTP name the host they are for, and that has to be the one
 * that was dialled. Anything else passes as it is.
 */
import { bug } from "../../base/error.ts"
import type { HostJudge } from "../../policy/host-verdict.ts"
import type { HttpAuthority } from "../http/authority.ts"
import { OddLine, oddLineFlaw } from "../http/odd-line.ts"
import { HeldBytes } from "../streams/held-bytes.ts"
import { ClientHelloReader } from "../tls/client-hello.ts"
import type { Destination } from "../upstream/destination.ts"
import type { Refusal } from "../upstream/refusal.ts"
import { type Claim, type Disagreement, disagreement } from "./agreement.ts"
import { HttpInspector } from "./inspect-http.ts"
import { firstHello, LaterHello } from "./later-hello.ts"

/** What a client speaks, and so what it understands. */
export type Protocol = "tls" | "http" | "http2" | "other"

export type Finding =
  /** these bytes may go up */
  | { kind: "pass"; bytes: Uint8Array }
  /** a ClientHello that agrees; its bytes follow as `pass`. @param protocols that it offers (ALPN) */
  | { kind: "hello"; protocols: readonly string[] }
  /** nothing more goes up. @param hasBody false when an answer to the client may have none */
  | { kind: "refuse"; refusal: Refusal; protocol: Protocol; hasBody: boolean }

export type Subject = {
  dialled: Destination
  judge: () => HostJudge
  /** TLS is ended here, and nothing else may go up */
  isEnded: boolean
}

/** What stands between a client and its server. */
export type Passage = {
  /** the client says this; @param bytes kept, and not copied */
  push(bytes: Uint8Array): Finding[]
  /** the client says nothing more: what of it was held and is harmless */
  finish(): Finding[]
  /** it has said less than can be understood for a while, and may wait for an answer to that */
  pass(): Finding[]
  /** the server says this; it passes in any case */
  answered(bytes: Uint8Array): Finding[]
  /** the client is to be read no more until the server has answered */
  readonly isWaiting: boolean
  /** something of the client's is held, because it cannot be understood yet */
  readonly isUndecided: boolean
  /** everything that the client says passes */
  readonly isOpen: boolean
  /** wants to be told what the server says */
  readonly hearsServer: boolean
}

/** Nothing has to be seen: a port of the host's own, or of the sandbox's. */
export const openPassage: Passage = {
  push: bytes => [{ kind: "pass", bytes }],
  finish: () => [],
  pass: () => [],
  answered: () => [],
  isWaiting: false,
  isUndecided: false,
  isOpen: true,
  hearsServer: false,
}

const tlsOnly = "the policy has rules or a credential for its requests, so it is reached by TLS only"

export class Inspector implements Passage {
  readonly #subject: Subject
  readonly #hello = new ClientHelloReader()
  readonly #early = new HeldBytes()
  #http: HttpInspector | undefined
  #later: LaterHello | undefined
  /** of what is TLS to us: a server that does not speak it looks for a line */
  readonly #line = new OddLine()
  #state: "hello" | "later hello" | "http" | "open" | "over" = "hello"

  constructor(subject: Subject) {
    this.#subject = subject
  }

  get isWaiting(): boolean {
    return this.#state === "http" && this.#http?.isWaiting === true
  }

  get isUndecided(): boolean {
    if (this.#state === "hello") return this.#early.length > 0
    return (this.#state === "later hello" ? this.#later : this.#http)?.isUndecided === true
  }

  get isOpen(): boolean {
    return this.#state === "http" ? this.#http?.isOpen === true : this.#state === "open" && this.#line.isOver
  }

  get hearsServer(): boolean {
    return this.#http?.hearsServer === true
  }

  push(bytes: Uint8Array): Finding[] {
    switch (this.#state) {
      case "hello":
        return this.#readHello(bytes)
      case "later hello":
        return this.#line.push(bytes) ? this.#refuse("tls", oddLineFlaw) : this.#readLater(bytes)
      case "http":
        return this.#http?.push(bytes) ?? []
      case "open":
        return this.#line.push(bytes) ? this.#refuse("tls", oddLineFlaw) : [{ kind: "pass", bytes }]
      case "over":
        return []
    }
  }

  finish(): Finding[] {
    return this.#http?.finish() ?? []
  }

  pass(): Finding[] {
    return this.#http?.pass() ?? []
  }

  answered(bytes: Uint8Array): Finding[] {
    return this.#http?.answered(bytes) ?? []
  }

  #readHello(bytes: Uint8Array): Finding[] {
    this.#early.add(bytes)
    const result = this.#hello.push(bytes)
    switch (result.kind) {
      case "more":
        return []
      case "malformed":
        return this.#refuse("tls", { why: `its first TLS message cannot be read: ${result.why}` })
      case "not tls":
        return this.#readHttp()
      case "hello": {
        const { serverName, alpn } = result
        const flaw =
          this.#nameFlaw(serverName) ?? (this.#line.push(this.#early.bytes) ? oddLineFlaw : undefined)
        if (flaw !== undefined) return this.#refuse("tls", flaw)
        return [{ kind: "hello", protocols: alpn }, ...this.#passHello()]
      }
    }
  }

  /** The hello goes up; what came behind it is looked at like what comes later. */
  #passHello(): Finding[] {
    const bytes = this.#early.take()
    const { message, length } = firstHello(bytes)
    this.#later = new LaterHello(message, name => this.#nameFlaw(name))
    this.#state = "later hello"
    return [{ kind: "pass", bytes: bytes.subarray(0, length) }, ...this.#readLater(bytes.subarray(length))]
  }

  #readLater(bytes: Uint8Array): Finding[] {
    if (this.#later === undefined) throw bug("a second hello without a first")
    const found = this.#later.push(bytes)
    if (this.#later.isOpen) this.#state = "open"
    return found.flatMap(each => (each.kind === "pass" ? [each] : this.#refuse("tls", each.flaw)))
  }

  #nameFlaw(name: string | undefined): Flaw | undefined {
    if (name !== undefined) return this.#disagreement("TLS server name", { host: name, port: undefined })
    // Whose certificate would it be shown?
    return this.#subject.isEnded ? { why: `it names no TLS server, and ${tlsOnly}` } : undefined
  }

  #readHttp(): Finding[] {
    const { isEnded } = this.#subject
    this.#http = new HttpInspector({
      disagreement: host =>
        isEnded ? { why: tlsOnly, opening: undefined } : this.#disagreement("Host", host),
      refusal: flaw => this.#refusal(flaw),
      otherPasses: !isEnded,
      otherFlaw: { why: tlsOnly },
    })
    this.#state = "http"
    return this.#http.push(this.#early.take())
  }

  #disagreement(claim: Claim, host: HttpAuthority): Disagreement | undefined {
    return disagreement(claim, host, this.#subject.dialled, this.#subject.judge())
  }

  #refuse(protocol: Protocol, flaw: Flaw): Finding[] {
    this.#state = "over"
    return [{ kind: "refuse", refusal: this.#refusal(flaw), protocol, hasBody: true }]
  }

  #refusal({ why, opening, status }: Flaw): Refusal {
    const { host, port } = this.#subject.dialled
    return { status: status ?? 403, host, port, why, opening }
  }
}

/** What is wrong with what a client said. */
export type Flaw = { why: string; opening?: string | undefined; status?: 400 | 403 | 431 }
