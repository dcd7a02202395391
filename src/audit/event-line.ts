/** An event as one line of a log: what came from inside is cut to a bound, without secrets, and harmless to a terminal. */
import { printableJson } from "../base/printable.ts"
import type { EventBody, SessionEvent } from "./event.ts"
import { redactText, redactWords } from "./redact.ts"

/** The most that is kept of each, in UTF-16 units. */
const bounds = {
  host: 255,
  pattern: 512,
  method: 32,
  path: 1024,
  file: 4096,
  rule: 1024,
  word: 1024,
} as const
/** Words of a command line. */
const wordsMax = 100

/** The line with its line break. */
export function eventLine(session: string, body: EventBody, time: Date = new Date()): string {
  const event: SessionEvent = { time: time.toISOString(), session, ...bounded(body) }
  return `${printableJson(JSON.stringify(event))}\n`
}

function bounded(body: EventBody): EventBody {
  switch (body.kind) {
    case "connection": {
      const { request, failure, ...rest } = body
      return {
        ...rest,
        program: cut(body.program, bounds.file),
        host: cut(body.host, bounds.host),
        address: cut(body.address, bounds.host),
        rule: cut(body.rule, bounds.rule),
        ...(failure === undefined ? {} : { failure: cut(failure, bounds.rule) }),
        ...(request === undefined ? {} : { request: boundedRequest(request) }),
      }
    }
    case "ask":
      return {
        ...body,
        host: cut(body.host, bounds.host),
        program: cut(body.program, bounds.file),
        pattern: cut(body.pattern, bounds.pattern),
      }
    case "rule":
      return { ...body, pattern: cut(body.pattern, bounds.pattern), by: cut(body.by, bounds.word) }
    case "start":
      return {
        ...body,
        command: boundedWords(body.command),
        project: cut(body.project, bounds.file),
        network: cut(body.network, bounds.word),
      }
    case "end":
      return body
  }
}

type Request = { method: string; path: string; status: number }

/** Whoever recorded it may have forgotten the query, which is where secrets are. */
function boundedRequest({ method, path: target, status }: Request): Request {
  const place = target.replace(/[?#].*$/s, "")
  const path = cut(redactText(start(place, bounds.path)), bounds.path)
  return { method: cut(method, bounds.method), path, status }
}

function boundedWords(words: readonly string[]): string[] {
  const begun = words.slice(0, wordsMax).map(word => start(word, bounds.word))
  const kept = redactWords(begun).map(word => cut(word, bounds.word))
  return words.length > wordsMax ? [...kept, "…"] : kept
}

/** More than is kept, so that a secret that begins before the bound is seen as a whole. */
function start(text: string, most: number): string {
  return text.slice(0, 4 * most)
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
