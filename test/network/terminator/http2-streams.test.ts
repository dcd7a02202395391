import { expect, test } from "bun:test"
import type { RequestRecord } from "../../../src/network/streams/ended-connection.ts"
import { Streams } from "../../../src/network/terminator/http2-streams.ts"
import { recordText } from "../../support/ended-host.ts"

function streamsWith(...numbers: number[]) {
  const records: RequestRecord[] = []
  const streams = new Streams(entry => void records.push(entry))
  for (const number of numbers)
    streams.add(number, {
      method: "GET",
      path: `/${number}`,
      rule: "a rule",
      left: undefined,
      clientEnded: false,
    })
  return { streams, records }
}

test("a request is over when both sides are done, and recorded once", () => {
  const { streams, records } = streamsWith(1)
  streams.end(1, "clientEnded")
  expect(streams.get(1)?.clientEnded).toBe(true)
  streams.end(1, "clientEnded")
  expect(records).toEqual([])
  streams.end(1, "serverEnded")
  expect(streams.get(1)).toBeUndefined()
  streams.end(1, "serverEnded")
  streams.drop(1)
  expect(records.map(recordText)).toEqual(["GET /1 0 allow"])
})

test("or when one of them gives it up", () => {
  const { streams, records } = streamsWith(1, 3)
  streams.drop(1)
  expect(records.map(recordText)).toEqual(["GET /1 0 allow"])
  expect(streams.count).toBe(1)
})

test("with the connection all are", () => {
  const { streams, records } = streamsWith(1, 3, 5)
  streams.dropAll()
  expect(records).toHaveLength(3)
  expect(streams.count).toBe(0)
})

test("what is recorded is what happened", () => {
  const { streams, records } = streamsWith(1)
  const stream = streams.get(1)
  if (stream === undefined) throw new Error("no stream")
  Object.assign(stream, { sent: 5, received: 7, status: 201 })
  streams.drop(1)
  expect(records[0]).toMatchObject({ rule: "a rule", sent: 5, received: 7, request: { status: 201 } })
  expect(records[0]?.milliseconds).toBeGreaterThanOrEqual(0)
})

test("nothing comes of streams that are not there", () => {
  const { streams, records } = streamsWith()
  streams.end(7, "clientEnded")
  streams.drop(7)
  expect(streams.get(7)).toBeUndefined()
  expect(records).toEqual([])
})
