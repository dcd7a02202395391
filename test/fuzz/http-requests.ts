/**
 * Streams of requests, most of them with something odd about them. However they are cut into pieces they come to the
 * same; what is passed on is what came, up to where it was refused; and no server, strict or lenient, sees a request in
 * it that we did not see, or sees it for another host.
 */
import { deepEqual, equal, ok } from "node:assert/strict"
import fc from "fast-check"
import type { RequestAction } from "../../src/network/http/requests.ts"
import { actionsOf, passedOn, told } from "../support/http-actions.ts"
import { httpServerOfNode, httpServerOfPython, startWitness, type Witness } from "../support/witness.ts"
import { target } from "./target.ts"

/** Mostly the first. */
const mostly = (usual: string, ...odd: string[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })

const space = mostly(" ", "  ", "\t", "\x0b", "\x0c", "\xa0", "\r", "")
const lineBreak = mostly("\r\n", "\n", "\r", "\r\r\n", "\r\n ", " \r\n", "\0\r\n", "\x85", "")
const method = mostly(
  "GET",
  "POST",
  "HEAD",
  "OPTIONS",
  "CONNECT",
  "get",
  "G\0T",
  "PRI",
  "SSH-2.0-x",
  "A".repeat(65),
  "",
)
const targets = mostly(
  "/a",
  "*",
  "http://a.example/",
  "http://evil.example/b",
  "HTTP://evil.example:80",
  "evil.example:443",
  "//evil.example/",
  "/\0",
  "/#",
  "/ ",
  "\\",
  "",
)
const version = mostly(
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/1.2",
  "HTTP/2.0",
  "http/1.1",
  "HTTP/1.1 ",
  "HTTP/01.1",
  "RTSP/1.0",
  "",
)

const host = mostly(
  "Host: a.example",
  "",
  "Host: evil.example",
  "host:evil.example",
  "Host : a.example",
  "\tHost: a.example",
  "Host: a.example, evil.example",
  "Host: a.example\0",
  "Host: a.example:80",
  "Host:",
  "HOST:\xa0a.example",
)
const field = fc.constantFrom(
  "X: y",
  "Content-Length: 5",
  "Content-Length: 0",
  "content-length: 40",
  "Content-Length: +5",
  "Content-Length: 5, 5",
  "Content-Length : 5",
  "Content_Length: 40",
  "Transfer-Encoding: chunked",
  "transfer-encoding:chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding\t: chunked",
  " Transfer-Encoding: chunked",
  "X: y\rTransfer-Encoding: chunked",
  "X: y\nContent-Length: 40",
  "Host: evil.example",
  "\r\nHost: evil.example",
  "Connection: close",
  "Connection: upgrade",
  "Upgrade: websocket",
  "Expect: 100-continue",
  "Connection: Host",
  ":",
  "X",
)
const body = fc.constantFrom(
  "",
  "hello",
  "0\r\n\r\n",
  "5\r\nhello\r\n0\r\n\r\n",
  "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
  "5\nhello\n0\n\n",
  "5 \r\nhello\r\n0\r\n\r\n",
  "0x5\r\nhello\r\n0\r\n\r\n",
  "5\r\nhelloX0\r\n\r\n",
  "0\r\nHost: evil.example\r\n\r\n",
  "00000000000000000\r\n\r\n",
  "GET /smuggled HTTP/1.1\r\nHost: evil.example\r\n\r\n",
  "28\r\nGET /smuggled HTTP/1.1\r\nHost: evil.example\r\n\r\n\r\n0\r\n\r\n",
  "\r\n",
  "\0",
)

const request = fc
  .record({
    before: mostly("", "\r\n", "\n", "\r", " ", "\r\n\r\n\r\n"),
    line: fc.tuple(method, space, targets, space, version, lineBreak),
    fields: fc
      .tuple(host, fc.array(field, { maxLength: 3 }))
      .map(([host, fields]) => (host === "" ? fields : [host, ...fields])),
    breaks: fc.array(lineBreak, { minLength: 5, maxLength: 5 }),
    end: lineBreak,
    body,
  })
  .map(({ before, line, fields, breaks, end, body }) => {
    const head = fields.map((field, index) => `${field}${breaks[index] ?? "\r\n"}`)
    return `${before}${line.join("")}${head.join("")}${end}${body}`
  })

/** Bytes that are changed after all. */
const damage = fc.record({
  at: fc.nat({ max: 400 }),
  drop: fc.nat({ max: 3 }),
  put: fc.constantFrom("", "\r", "\n", "\r\n", "\0", " ", ":", "a", "\xff", "0"),
})

const stream = fc
  .record({
    requests: fc.array(request, { minLength: 1, maxLength: 4 }),
    damages: fc.array(damage, { maxLength: 2 }),
  })
  .map(({ requests, damages }) =>
    damages.reduce(
      (text, { at, drop, put }) => text.slice(0, at) + put + text.slice(at + drop),
      requests.join(""),
    ),
  )

const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 8 })

type Witnesses = { strict: Witness; lenient: Witness; python: Witness }
let started: Promise<Witnesses> | undefined

async function witnesses(): Promise<Witnesses> {
  const [strict, lenient, python] = await Promise.all(
    [httpServerOfNode(false), httpServerOfNode(true), httpServerOfPython].map(startWitness),
  )
  if (!strict || !lenient || !python) throw new Error("a server is missing")
  return { strict, lenient, python }
}

const missing = ["node", "python3"].filter(program => Bun.which(program) === null)
const skip = missing.length > 0 ? `there is no ${missing.join(" and no ")}` : undefined

export const httpRequests = target(
  { name: "http-requests", weight: 2, runs: 400, skip },
  fc.record({ stream, cuts }),
  async ({ stream, cuts }) => {
    const bytes = Buffer.from(stream, "latin1")
    const actions = actionsOf([bytes])
    const once = told(actions)
    const places = [...cuts].sort((a, b) => a - b)
    const pieces = [0, ...places].map((start, index) => bytes.subarray(start, places[index] ?? bytes.length))
    const isOther = once[0]?.kind === "not http" || once[0]?.kind === "http2"
    const inPieces = told(actionsOf(pieces))
    // What is no HTTP is given back as soon as that is known: with fewer bytes when they come in pieces.
    deepEqual(
      isOther ? inPieces.map(({ kind }) => kind) : inPieces,
      isOther ? once.map(({ kind }) => kind) : once,
    )
    deepEqual(
      told(actionsOf([...bytes].map(byte => Uint8Array.of(byte)))).map(({ kind }) => kind),
      once.map(({ kind }) => kind),
    )

    const passed = passedOn(actions)
    ok(stream.startsWith(passed), "what is passed on is another than what came")
    if (passed === "" || once[0]?.kind === "http2") return
    started ??= witnesses()
    const { strict, lenient, python } = await started
    const sent = Buffer.from(passed, "latin1")
    for (const server of [strict, lenient]) agree(await server.seenIn(sent), actions)
    agree((await python.seenIn(sent)).slice(0, 1), actions)
  },
)

/** The server saw the requests that we saw, or the first of them, and none besides. */
function agree(seen: readonly string[], actions: readonly RequestAction[]): void {
  const heads = actions.flatMap(action => (action.kind === "head" ? [action.head] : []))
  ok(
    seen.length <= heads.length,
    `a server saw ${seen.length} requests and we ${heads.length}: ${seen.at(-1)}`,
  )
  for (const [index, line] of seen.entries()) {
    const [method, url, hosts] = JSON.parse(line) as [string, string, string[]]
    const head = heads[index]
    equal(`${method} ${url}`, `${head?.method} ${pythonic(head?.target.text ?? "", url)}`)
    const ours = head?.headers.filter(({ name }) => name.toLowerCase() === "host").map(({ value }) => value)
    // Python leaves the spaces after a value to whoever reads it.
    deepEqual(
      hosts.map(value => value.replace(/[ \t]+$/, "")),
      ours,
    )
  }
}

/** Python makes one slash of several at the start of a path (CVE-2021-28861). */
function pythonic(text: string, url: string): string {
  return text.startsWith("//") && !url.startsWith("//") ? text.replace(/^\/+/, "/") : text
}
