/** Why a connection is refused, and how that is said to people and to models. */
import { printable, shellQuoted } from "../../base/printable.ts"
import type { HostVerdict } from "../../policy/host-verdict.ts"
import { endpointText } from "../names/endpoint-text.ts"

export type Refusal = {
  /** of HTTP: the policy says no, nobody can tell what the request is, there is no way to the server */
  status: 400 | 403 | 431 | 502 | 504
  /** as dialled */
  host: string
  port: number
  why: string
  /** what `--allow-host` would have to say; undefined when that would not help */
  opening: string | undefined
  /** a rule forbids it, and nothing but a change of that rule allows it */
  isForbidden?: true
}

/** The policy's own refusal. */
export function refusalBy({ why, opening, rule }: HostVerdict, host: string, port: number): Refusal {
  return { status: 403, host, port, why, opening, ...(rule?.verdict === "deny" ? { isForbidden: true } : {}) }
}

/** Whether the sandbox refuses, and not something beyond it. */
export function isOurs({ status }: Refusal): boolean {
  return status < 500
}

const reasonPhrases = {
  400: "Bad Request",
  403: "Forbidden",
  431: "Request Header Fields Too Large",
  502: "Bad Gateway",
  504: "Gateway Timeout",
} as const

/** A whole answer of HTTP/1.1, after which the connection ends. @param hasBody false for HEAD */
export function httpRefusal(refusal: Refusal, hasBody: boolean): Buffer {
  const body = Buffer.from(refusalText(refusal))
  const head = [
    `HTTP/1.1 ${refusal.status} ${reasonPhrases[refusal.status]}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${body.length}`,
    `X-Cordon: ${isOurs(refusal) ? "refused" : "failed"}; ${headerText(refusal.why)}`,
    "Cache-Control: no-store",
    "Connection: close",
  ]
  const answer = Buffer.from(`${head.join("\r\n")}\r\n\r\n`)
  return hasBody ? Buffer.concat([answer, body]) : answer
}

/** Longest first: what comes from inside can be as long as it likes. */
const textMax = 2000

/** What a program inside is told. Every part of it may come from inside, or from a file of the project. */
export function refusalText(refusal: Refusal): string {
  const { host, port, why, opening } = refusal
  const target = printable(endpointText(host, port))
  const reason = printable(why).slice(0, textMax)
  if (!isOurs(refusal))
    return [
      `cordon: there is no connection to ${target}: ${reason}`,
      "The sandbox allows it. The host, or a network beyond it, does not get there.",
      "",
    ].join("\n")
  const lines = [
    `cordon: the sandbox refuses the connection to ${target}: ${reason}`,
    "This is its policy and no failure of the network: trying again, or another way, does not help.",
  ]
  if (refusal.isForbidden) lines.push("A person can change the rule that forbids it; no option overrides it.")
  if (opening === undefined) return [...lines, ""].join("\n")
  const quoted = shellQuoted(printable(opening).slice(0, textMax))
  return [
    ...lines,
    "A person can allow it, outside of the sandbox:",
    `  cordon allow ${quoted}               (while this session runs)`,
    `  cordon run --allow-host ${quoted} …  (for another one)`,
    `  network: { allow: [${JSON.stringify(printable(opening).slice(0, textMax))}] }   (in a policy file)`,
    "",
  ].join("\n")
}

/** RFC 9110, 5.5: visible ASCII. */
function headerText(text: string): string {
  return printable(text)
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, 500)
}

/** A TLS record with one alert, fatal (RFC 8446, 6): access_denied, or internal_error for what failed beyond. */
export function tlsRefusal(refusal: Refusal): Buffer {
  const [alert, fatal] = [21, 2]
  const description = isOurs(refusal) ? 49 : 80
  return Buffer.from([alert, 3, 3, 0, 2, fatal, description])
}

/** The server's preface of HTTP/2, and GOAWAY with HTTP_1_1_REQUIRED and the reason (RFC 9113, 3.4, 6.8, 7). */
export function http2Refusal(refusal: Refusal): Buffer {
  const reason = Buffer.from(headerText(refusal.why))
  const [settings, goAway, http11Required] = [4, 7, 13]
  const frame = Buffer.alloc(9 + 9 + 8)
  frame[3] = settings
  frame.writeUIntBE(8 + reason.length, 9, 3)
  frame[12] = goAway
  frame.writeUInt32BE(http11Required, 22)
  return Buffer.concat([frame, reason])
}

/**
 * A server's version, and SSH_MSG_DISCONNECT (RFC 4253, 4.2, 6, 11.1), which ssh(1) shows as a line. Nothing is agreed on
 * yet, so there is no encryption.
 */
export function sshRefusal(refusal: Refusal): Buffer {
  const { host, port, why, opening } = refusal
  const target = endpointText(host, port)
  const text = isOurs(refusal)
    ? `cordon: the sandbox refuses the connection to ${target}: ${why}`
    : `cordon: there is no connection to ${target}: ${why}`
  const hint =
    opening === undefined ? "" : `; a person can allow it, outside: cordon allow ${shellQuoted(opening)}`
  // ssh(1) shows 400 bytes of it.
  const description = Buffer.from(headerText(text + hint))
  const [disconnect, notAllowed, notAvailable] = [1, 1, 7]
  const payload = Buffer.alloc(1 + 4 + 4 + description.length + 4)
  payload[0] = disconnect
  payload.writeUInt32BE(isOurs(refusal) ? notAllowed : notAvailable, 1)
  payload.writeUInt32BE(description.length, 5)
  description.copy(payload, 9)
  // A whole number of blocks of eight bytes, at least four of them padding.
  const padding = 4 + ((8 - ((4 + 1 + payload.length + 4) % 8)) % 8)
  const lengths = Buffer.alloc(5)
  lengths.writeUInt32BE(1 + payload.length + padding)
  lengths[4] = padding
  return Buffer.concat([Buffer.from("SSH-2.0-Cordon\r\n"), lengths, payload, Buffer.alloc(padding)])
}
