/** One event, one line: bounded, without secrets, harmless to a terminal, and still what happened. */
import { describe, expect, test } from "bun:test"
import * as fc from "fast-check"
import type { ConnectionEvent, EventBody } from "../../src/audit/event.ts"
import { eventLine } from "../../src/audit/event-line.ts"
import { parseEvent } from "../../src/audit/read-log.ts"

const session = "3f2a91c4-0000-4000-8000-000000000000"
const time = new Date("2025-11-21T14:45:01.250Z")

export const connection: ConnectionEvent = {
  kind: "connection",
  process: 4711,
  program: "/usr/bin/curl",
  host: "example.com",
  address: "203.0.113.1",
  port: 443,
  verdict: "allow",
  rule: "allow * (preset, built-in:standard.yaml:20)",
  sent: 512,
  received: 3_400_000,
  milliseconds: 1250,
}

const bodies: EventBody[] = [
  connection,
  { ...connection, request: { method: "GET", path: "/repos/x", status: 200 } },
  { ...connection, address: "", failure: "connection refused by 203.0.113.1" },
  { kind: "ask", host: "example.com", port: 443, program: "", answer: "timeout", pattern: "" },
  { kind: "rule", verdict: "deny", pattern: "*.example.com", by: "cordon deny" },
  { kind: "start", command: ["npm", "test"], project: "/home/ann/x", network: "filtered" },
  { kind: "end", status: 137 },
]

function lineOf(body: EventBody): string {
  return eventLine(session, body, time)
}

/** What is read back, without time and session. */
function bodyOf(line: string): Record<string, unknown> {
  const { time: _, session: __, ...body } = JSON.parse(line)
  return body
}

describe("a line", () => {
  test.each(bodies)("of $kind is one JSON document with time and session", body => {
    const line = lineOf(body)
    expect(line.indexOf("\n")).toBe(line.length - 1)
    expect(JSON.parse(line)).toEqual({ time: "2025-11-21T14:45:01.250Z", session, ...body })
  })

  test.each(bodies)("of $kind is read again as it was", body => {
    expect(parseEvent(lineOf(body))).toEqual({ time: "2025-11-21T14:45:01.250Z", session, ...body })
  })

  test("has the present time when none is given", () => {
    const before = Date.now()
    const { time } = JSON.parse(eventLine(session, { kind: "end", status: 0 }))
    expect(Date.parse(time)).toBeGreaterThanOrEqual(before)
    expect(Date.parse(time)).toBeLessThanOrEqual(Date.now())
  })
})

describe("hostile texts", () => {
  const hostile = "\u001b[2J\r\nforged\u0000\u202e\ud800"

  test.each([
    { ...connection, host: hostile, program: hostile, rule: hostile },
    { ...connection, failure: hostile, request: { method: hostile, path: hostile, status: 1 } },
    { kind: "ask", host: hostile, port: 1, program: hostile, answer: "deny", pattern: hostile },
    { kind: "rule", verdict: "allow", pattern: hostile, by: hostile },
    { kind: "start", command: [hostile], project: hostile, network: hostile },
  ] satisfies EventBody[])("of $kind reach no terminal raw", body => {
    const line = lineOf(body)
    expect(line.trimEnd()).toMatch(/^[\x20-\x7e]+$/)
    expect(Object.values(bodyOf(line))).toEqual(expect.arrayContaining([expect.anything()]))
  })

  test("mean what they meant once they are read", () => {
    expect(bodyOf(lineOf({ ...connection, program: hostile })).program).toBe(hostile)
  })

  test("of any content are one line, and an event", () => {
    const text = fc.string({ unit: "binary", maxLength: 3000 })
    fc.assert(
      fc.property(text, text, fc.array(text), (host, path, command) => {
        for (const body of [
          { ...connection, host, request: { method: path, path, status: 0 } },
          { kind: "start", command, project: path, network: host },
        ] satisfies EventBody[]) {
          const line = lineOf(body)
          expect(line.split("\n")).toHaveLength(2)
          expect(parseEvent(line)?.kind).toBe(body.kind)
        }
      }),
    )
  })
})

describe("bounds", () => {
  const long = "x".repeat(100_000)

  test("a line of whatever content is no longer than 256 KiB", () => {
    const all: EventBody[] = [
      { ...connection, host: long, program: long, rule: long, address: long, failure: long },
      { ...connection, request: { method: long, path: long, status: 1 } },
      { kind: "start", command: Array(10_000).fill(long), project: long, network: long },
      { kind: "ask", host: long, port: 1, program: long, answer: "deny", pattern: long },
    ]
    for (const body of all) expect(lineOf(body).length).toBeLessThan(256 << 10)
  })

  test("what was cut ends with a mark, and what just fits does not", () => {
    expect(bodyOf(lineOf({ ...connection, host: "h".repeat(255) })).host).toBe("h".repeat(255))
    expect(bodyOf(lineOf({ ...connection, host: "h".repeat(256) })).host).toBe(`${"h".repeat(254)}…`)
  })

  test("of a long command line the beginning is kept", () => {
    const command = Array.from({ length: 150 }, (_, index) => `w${index}`)
    const body = bodyOf(lineOf({ kind: "start", command, project: "/x", network: "off" }))
    expect(body.command).toEqual([...command.slice(0, 100), "…"])
  })
})

describe("secrets", () => {
  test("the query of a request is left out, whoever forgot it", () => {
    const request = { method: "GET", path: "/a?token=s3cret#x", status: 200 }
    expect(bodyOf(lineOf({ ...connection, request })).request).toEqual({
      method: "GET",
      path: "/a",
      status: 200,
    })
  })

  test("a path that has one of its own goes too", () => {
    const request = { method: "GET", path: "/bot/ghp_abcdefghijklmnop1234/x", status: 200 }
    expect(lineOf({ ...connection, request })).not.toContain("abcdefghijklmnop")
  })

  test("the words of the command are looked through", () => {
    const command = ["curl", "--token", "s3cret", "https://a:s3cret@x/"]
    const line = lineOf({ kind: "start", command, project: "/x", network: "off" })
    expect(line).not.toContain("s3cret")
    expect(line).toContain("curl")
  })
})
