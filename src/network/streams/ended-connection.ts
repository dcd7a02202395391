/** What passes between the border and the Terminator about a connection whose TLS ends here. */
import type { Socket } from "node:net"

export type EndedConnection = {
  /** canonical name, as dialled */
  host: string
  port: number
  /** protocols of the ClientHello in the client's order (RFC 7301); empty = none were named */
  protocols: readonly string[]
  /**
   * The way to the server: connected to the address that was checked, through the host's proxy if there is one;
   * nothing of the server's read from it, no listeners left, `allowHalfOpen`. Called once, before the client is answered.
   * @throws UpstreamRefused
   */
  connectUpstream(): Promise<Socket>
  /** aborts when the client is no more */
  gone?: AbortSignal
  /** told of each request when it is over */
  record(entry: RequestRecord): void
}

export type RequestRecord = {
  verdict: "allow" | "deny"
  /** the rule that decided, as people write it, or why without one */
  rule: string
  /** bytes of the request and of its answer, as they are on the way between us and the server */
  sent: number
  received: number
  milliseconds: number
  /** the path without its query, which may hold what nobody should log */
  request: { method: string; path: string; status: number }
}

/** There is no way to the server. The message says why, for people. */
export class UpstreamRefused extends Error {
  override readonly name = "UpstreamRefused"
  readonly status: UpstreamStatus
  constructor(status: UpstreamStatus, message: string) {
    super(message)
    this.status = status
  }
}

/** A guard or rule forbids the address, the server cannot be reached or trusted, it does not answer. */
export type UpstreamStatus = 403 | 502 | 504
