/** What becomes of one request to a host whose TLS ends here; the same for every version of HTTP. */
import { printable, shellQuoted } from "../../base/printable.ts"
import type { HostJudge, HostVerdict } from "../../policy/host-verdict.ts"
import { type Header, type Swap, type Swapped, swapIn } from "../credentials/swap.ts"
import type { HttpAuthority } from "../http/authority.ts"
import { hyphenated } from "../http/fields.ts"
import type { RequestRecord } from "../streams/ended-connection.ts"

/** A connection's host as both versions of HTTP need it. */
export type EndedHost = {
  /** canonical name */
  host: string
  port: number
  /** what is swapped in requests to this host */
  swaps: readonly Swap[]
  /** the rules of this moment: they change while the session runs */
  judge: () => HostJudge
  /** why no request can be passed on */
  failure: Refusal | undefined
}

export type AskedRequest = {
  method: string
  /** origin form, or `*` */
  target: string
  /** every place of the request that names a host; undefined = a name that is none */
  authorities: readonly (HttpAuthority | undefined)[]
  headers: readonly Header[]
}

export type Decision = (Swapped & { kind: "pass"; rule: string }) | Refusal

export type Refusal = {
  kind: "refuse"
  status: RefusedStatus
  rule: string
  /** for people, printable */
  text: string
}

/** A table of facts: the answers that are ours (RFC 9110 section 15). */
export const reasonPhrases = {
  400: "Bad Request",
  403: "Forbidden",
  405: "Method Not Allowed",
  413: "Content Too Large",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  502: "Bad Gateway",
  504: "Gateway Timeout",
} as const
export type RefusedStatus = keyof typeof reasonPhrases

/** TRACE answers with the request, secret included (RFC 9110 section 9.3.8); CONNECT would lead somewhere else. */
const neverPassed = ["TRACE", "TRACK", "CONNECT"]
/** Of a refusal, in characters: a path can be as long as a client likes, and costs it a byte where it was sent before. */
const textMax = 1000
/** Headers by which frameworks take another method, and another path, than the request line says. */
const methodOverrides = ["x-http-method-override", "x-http-method", "x-method-override"]
const pathOverrides = ["x-original-url", "x-rewrite-url"]

export function decide(ended: EndedHost, asked: AskedRequest): Decision {
  const { method, target, headers } = asked
  // Domain fronting: the name that was dialled, and judged, is the one that is asked for.
  const other = asked.authorities.find(authority => authority !== undefined && !isFor(ended, authority))
  if (asked.authorities.some(authority => !isFor(ended, authority)))
    return refusal(421, `the request is for ${other?.host ?? "no host"}, the connection for ${ended.host}`)
  const valuesOf = (names: readonly string[]) =>
    headers.flatMap(([name, value]) => (names.includes(hyphenated(name).toLowerCase()) ? [value.trim()] : []))
  const methods = [method, ...valuesOf(methodOverrides)]
  const never = methods.find(means => neverPassed.includes(means.toUpperCase()))
  if (never !== undefined) return refusal(405, `${never} is never passed on`)
  if (ended.failure !== undefined) return ended.failure
  const judge = ended.judge()
  let rule = ""
  for (const means of methods)
    for (const path of [target, ...valuesOf(pathOverrides)]) {
      const verdict = judge.judgeRequest(ended.host, ended.port, { method: means, path })
      if (verdict.verdict !== "allow")
        return refusedBy(verdict, `${means} https://${ended.host}${pathOf(path)}`)
      if (rule === "") rule = verdict.why
    }
  return { kind: "pass", rule, ...swapIn(ended.swaps, target, headers) }
}

function isFor({ host, port }: EndedHost, authority: HttpAuthority | undefined): boolean {
  return authority !== undefined && authority.host === host && (authority.port ?? port) === port
}

/** What Host says of it. */
export function authorityText({ host, port }: Pick<EndedHost, "host" | "port">): string {
  return port === 443 ? host : `${host}:${port}`
}

/** The path as logs have it: a query may hold what nobody should log. */
export function pathOf(target: string): string {
  return target.replace(/[?#].*$/s, "")
}

function refusedBy({ why, opening }: HostVerdict, what: string): Decision {
  // A rule that is cut would allow something else.
  const hint =
    opening === undefined || opening.length > textMax
      ? ""
      : `\nto allow it: cordon run --allow-host ${shellQuoted(opening)}`
  const place = what.length > textMax ? `${what.slice(0, textMax)}…` : what
  return { kind: "refuse", status: 403, rule: why, text: printable(`${place} is blocked: ${why}`) + hint }
}

export function refusal(status: RefusedStatus, why: string): Refusal {
  return { kind: "refuse", status, rule: why, text: printable(why) }
}

/** A request that was answered here. */
export function deniedRecord(method: string, target: string, { rule, status }: Refusal): RequestRecord {
  const request = { method, path: pathOf(target), status }
  return { verdict: "deny", rule, sent: 0, received: 0, milliseconds: 0, request }
}

/** The body of an answer of ours, for people and models. */
export function refusalBody(text: string): Buffer {
  return Buffer.from(`cordon: ${text}\n`)
}
