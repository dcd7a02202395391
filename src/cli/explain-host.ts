/** `cordon explain HOST[:PORT]` and `cordon explain 'HOST METHOD /path'`: asked of the judge that every connection meets. */
import { addressText, parseAddress } from "../base/address.ts"
import { UserError } from "../base/error.ts"
import { shellQuoted } from "../base/printable.ts"
import { interfaceAddresses } from "../host/interfaces.ts"
import type { Explanation } from "../policy/explanation.ts"
import { type HostPattern, hostPattern, hostText } from "../policy/host-pattern.ts"
import { type HostJudge, type HostVerdict, hostJudge } from "../policy/host-verdict.ts"
import type { HostRule } from "../policy/layer.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource } from "../policy/source.ts"
import { explainLoopback, isLoopback } from "./explain-loopback.ts"

/** What is asked about, in its one spelling. */
type Question = {
  text: string
  host: string
  /** undefined = nobody said */
  port: number | undefined
  request: { method: string; path: string } | undefined
}

/** Where nobody says which port: nearly everything is HTTPS. */
const usualPort = 443

/** `github.com`, `10.0.0.1:5432`, `[::1]:80`, `api.github.com GET /x`; what else looks so is for the caller to tell. */
export function isHostSubject(subject: string): boolean {
  const [host = "", method, path = ""] = subject.split(" ")
  // A URL is refused in words of its own; nobody means a path by it.
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(host)) return true
  if (/^[~./$]|[/\x00-\x1f]/.test(host)) return false
  if (method !== undefined) return /^[A-Za-z-]+$/.test(method) && path.startsWith("/")
  return /^[^.]+\.[^.]|:|^localhost$/.test(host)
}

/** @throws UserError when the subject is no host */
export function explainHost(subject: string, policy: Policy): Explanation {
  const question = parsedQuestion(subject)
  const { networkMode, ask } = policy.settings
  if (networkMode.value !== "filtered") return byMode(question, policy)
  const judge = hostJudge(policy.hosts, {
    ask: ask.value,
    own: interfaceAddresses(),
    credentials: policy.credentials.map(({ value }) => value),
  })
  const matches = judge.matchesOf(question.host, question.port)
  if (isLoopback(question)) return explainLoopback(question, { policy, lost: lostRules(matches) })
  const verdict = verdictOn(question, judge)
  const { rule = networkMode } = verdict
  return {
    subject: question.text,
    kind: "host",
    verdict: verdict.verdict,
    rule: verdict.rule === undefined ? verdict.why : ruleText(verdict.rule),
    layer: rule.layer,
    source: formatSource(rule.source),
    notes: notesOn(question, verdict, { judge, policy, matches }),
    lost: lostRules(matches.filter(other => other !== verdict.rule)),
  }
}

function lostRules(rules: readonly HostRule[]): Explanation["lost"] {
  return distinct(rules).map(rule => ({
    rule: ruleText(rule),
    layer: rule.layer,
    source: formatSource(rule.source),
  }))
}

/** The built-in profiles say the same of many hosts: one of them is enough. */
function distinct(rules: readonly HostRule[]): HostRule[] {
  const byText = new Map(rules.toReversed().map(rule => [`${rule.layer} ${ruleText(rule)}`, rule]))
  return rules.filter(rule => byText.get(`${rule.layer} ${ruleText(rule)}`) === rule)
}

function byMode({ text }: Question, { settings: { networkMode } }: Policy): Explanation {
  const open = networkMode.value === "open"
  return {
    subject: text,
    kind: "host",
    verdict: open ? "allow" : "deny",
    rule: `network.mode ${networkMode.value}`,
    layer: networkMode.layer,
    source: formatSource(networkMode.source),
    notes: [
      open
        ? "the network is the host's own: no name is looked at"
        : networkMode.locked
          ? "the organisation's policy locks the network's mode: no option opens it"
          : `to open the network for it: --net filtered --allow-host ${shellQuoted(text)}`,
    ],
    lost: [],
  }
}

function parsedQuestion(subject: string): Question {
  const [place = "", method, ...rest] = subject.trim().split(/ +/)
  const request = method === undefined ? undefined : { method: method.toUpperCase(), path: rest.join(" ") }
  const { kind, host, port } = placeOf(place)
  if (kind === "any" || kind === "below" || (kind === "address" && !/\/(32|128)$/.test(host)))
    throw new UserError(
      "explain takes one host and no pattern",
      "write cordon explain registry.npmjs.org:443",
    )
  const text = hostText({ kind, host, port, request: undefined })
  return {
    text: request === undefined ? text : `${text} ${request.method} ${request.path}`,
    host: kind === "address" ? host.replace(/\/\d+$/, "") : host,
    port,
    request,
  }
}

/** As a rule would name it, but for addresses, of which programs may use any spelling. */
function placeOf(place: string): HostPattern {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(place) ?? []
  const address = parseAddress(bracketed ?? plain ?? place)
  const spelled = address && addressText(address)
  const host = spelled?.includes(":") ? `[${spelled}]` : spelled
  try {
    return hostPattern(host === undefined ? place : port === undefined ? host : `${host}:${port}`)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new UserError(cause.message, "write cordon explain github.com:443")
  }
}

function verdictOn({ host, port = usualPort, request }: Question, judge: HostJudge): HostVerdict {
  const place = judge.judgeName(host, port)
  return request === undefined || place.verdict !== "allow" ? place : judge.judgeRequest(host, port, request)
}

type Asked = { judge: HostJudge; policy: Policy; matches: readonly HostRule[] }

function notesOn(
  { host, port, request }: Question,
  { verdict, rule, opening }: HostVerdict,
  { judge, policy, matches }: Asked,
): string[] {
  const notes: string[] = []
  const limited = matches.some(({ value }) => value.port !== undefined)
  if (port === undefined && limited) notes.push(`asked for port ${usualPort}, because none was named`)
  if (opening !== undefined) notes.push(`to allow it: --allow-host ${shellQuoted(opening)}`)
  if (verdict === "deny" && rule !== undefined)
    notes.push(
      rule.locked
        ? "the organisation's policy locks the denial: no option opens it"
        : "a denial holds whatever allows the host; to reach it, take the rule out",
    )
  if (verdict === "ask") notes.push("the connection is held until somebody decides: cordon approve")
  if (verdict !== "deny" && parseAddress(host) === undefined && rule !== undefined)
    notes.push("its address has to be a public one too, or one that a rule names")
  if (judge.isEnded(host, port ?? usualPort))
    notes.push(...endingNotes(host, { judge, policy, matches }, request !== undefined))
  return notes
}

/** What is known of a host whose TLS Cordon ends. */
function endingNotes(host: string, { policy, matches }: Asked, asked: boolean): string[] {
  const secrets = policy.credentials.filter(({ value }) => value.hosts.some(pattern => covers(pattern, host)))
  const requests = matches.filter(({ value }) => value.request !== undefined)
  return [
    "Cordon looks into its TLS, with a certificate of its own",
    ...secrets.map(({ value }) => `the credential ${value.name} is put into its requests`),
    ...(requests.length > 0 && !asked ? [`it depends on the request: ask about '${host} GET /'`] : []),
  ]
}

function covers({ kind, host }: HostPattern, name: string): boolean {
  return kind === "name" ? host === name : kind === "below" && name.endsWith(`.${host}`)
}

function ruleText({ verdict, value }: HostRule): string {
  return `${verdict} ${hostText(value)}`
}
