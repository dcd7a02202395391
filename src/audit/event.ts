/**
 * What happened in a session: one type of event. Hosts, programs, paths and words can come from inside, so whoever
 * records an event has them cut to a bound first, and whoever shows one makes them printable.
 */

/** A connection that was refused, or that was made and has ended; for a host whose TLS we end, one request. */
export type ConnectionEvent = {
  kind: "connection"
  /** PID in our namespace */
  process: number
  /** executable, or "" when it is not known */
  program: string
  /** name or address as dialled */
  host: string
  /** that was connected to, "" if none */
  address: string
  port: number
  verdict: "allow" | "deny"
  /** the rule that decided and where it is written, or what refused it */
  rule: string
  /** bytes from the program to the host */
  sent: number
  /** bytes from the host to the program */
  received: number
  milliseconds: number
  /** why an allowed connection came to nothing, such as `connection refused by 203.0.113.80` */
  failure?: string
  /** only where we end the TLS; the path without its query */
  request?: { method: string; path: string; status: number }
}

export const askAnswers = ["once", "session", "always", "deny", "timeout", "nobody"] as const
/** What came of a question; `nobody`: there was no one to ask. */
export type AskAnswer = (typeof askAnswers)[number]

/** A connection was held until somebody decided. */
export type AskEvent = {
  kind: "ask"
  host: string
  port: number
  program: string
  answer: AskAnswer
  /** what was allowed or denied, "" when nothing was decided */
  pattern: string
}

/** A person changed the rules of the running session. */
export type RuleEvent = {
  kind: "rule"
  verdict: "allow" | "deny"
  pattern: string
  /** the command that did it, such as `cordon allow` */
  by: string
}

export type StartEvent = { kind: "start"; command: readonly string[]; project: string; network: string }

export type EndEvent = {
  kind: "end"
  /** exit status of the command */
  status: number
  /** how many events could not be written; absent = none */
  lost?: number
}

/** An event as whoever saw it tells it. */
export type EventBody = ConnectionEvent | AskEvent | RuleEvent | StartEvent | EndEvent

/** An event as it is recorded: when (ISO 8601, UTC) and in which session. */
export type SessionEvent = { time: string; session: string } & EventBody

/** Takes an event; never throws. */
export type RecordEvent = (event: EventBody) => void
