import { describe, expect, test } from "bun:test"
import { serveStreams } from "../../../src/network/names/name-streams.ts"
import { SyntheticNames } from "../../../src/network/names/synthetic-names.ts"
import { boundPair } from "../../support/bound-sockets.ts"
import { type Answer, codes, type Question, question, readAnswer, words } from "../../support/dns-messages.ts"
import { eventually } from "../../support/process.ts"
import { RawStream } from "../../support/raw-stream.ts"

function served() {
  const { port, streams } = boundPair()
  const server = serveStreams(streams, new SyntheticNames())
  return { port, [Symbol.dispose]: () => server.close() }
}

/** A question with its length before it. */
function framed(asked: string | Question): Buffer {
  const bytes = question(asked)
  return Buffer.concat([words(bytes.length), bytes])
}

function many(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, id) => framed({ name: `n${id}.example`, id })))
}

/** Waits for so many answers, or the end. */
async function answersOf(stream: RawStream, count: number): Promise<Answer[]> {
  for (let length = 2; ; ) {
    const bytes = await stream.until(length)
    const answers = split(bytes)
    if (answers.length >= count || stream.closed) return answers.map(readAnswer)
    length = bytes.length + 1
  }
}

function split(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at)
    if (end > bytes.length) break
    messages.push(bytes.subarray(at + 2, end))
    at = end
  }
  return messages
}

describe("questions of one connection", () => {
  test("are answered one after the other", async () => {
    using server = served()
    using stream = await RawStream.connect(server.port)
    for (const id of [1, 2, 3]) {
      stream.write(framed({ name: "a.example", id }))
      const answers = await answersOf(stream, id)
      expect(answers.at(-1)).toMatchObject({ id, records: [{ data: "198.18.1.1" }] })
    }
  })

  test("may come in one go, and are answered in their order", async () => {
    using server = served()
    using stream = await RawStream.connect(server.port)
    stream.write(many(1000))
    const answers = await answersOf(stream, 1000)
    expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 1000 }, (_, id) => id))
    expect(new Set(answers.map(({ records }) => records[0]?.data)).size).toBe(1000)
  })

  test("may come byte by byte", async () => {
    using server = served()
    using stream = await RawStream.connect(server.port)
    for (const byte of framed("slow.example")) {
      stream.write(Uint8Array.of(byte))
      await Bun.sleep(1)
    }
    expect(await answersOf(stream, 1)).toMatchObject([{ question: { name: "slow.example" } }])
  })

  test("are all answered when the program says that there are no more", async () => {
    using server = served()
    using stream = await RawStream.connect(server.port)
    stream.write(many(500))
    stream.end()
    expect(await answersOf(stream, Number.POSITIVE_INFINITY)).toHaveLength(500)
    expect(stream.closed).toBe(true)
  })

  test("that are garbage get no answer, the others do", async () => {
    using server = served()
    using stream = await RawStream.connect(server.port)
    const garbage = Buffer.concat([words(0), words(3), Buffer.from("abc")])
    stream.write(
      Buffer.concat([
        garbage,
        framed({ name: "a.example", id: 1, counts: [0, 0, 0, 0] }),
        framed({ name: "a.example", id: 2 }),
      ]),
    )
    const answers = await answersOf(stream, 2)
    expect(answers.map(({ id, code }) => [id, code])).toEqual([
      [1, codes.FORMERR],
      [2, codes.NOERROR],
    ])
  })

  test("of many connections at once do not mix", async () => {
    using server = served()
    const streams = await Promise.all(Array.from({ length: 50 }, () => RawStream.connect(server.port)))
    for (const [id, stream] of streams.entries()) stream.write(framed({ name: `s${id}.example`, id }))
    const answers = await Promise.all(streams.map(stream => answersOf(stream, 1)))
    expect(answers.map(([answer]) => answer?.question?.name)).toEqual(
      streams.map((_, id) => `s${id}.example`),
    )
    for (const stream of streams) stream[Symbol.dispose]()
  })
})

describe("a connection that asks too much", () => {
  test("is closed for a question of 2,049 bytes, and not for one of 2,048", async () => {
    using server = served()
    const padded = (length: number) => {
      const bytes = question("a.example")
      return Buffer.concat([words(length), bytes, Buffer.alloc(length - bytes.length)])
    }
    using good = await RawStream.connect(server.port)
    good.write(padded(2048))
    expect(await answersOf(good, 1)).toMatchObject([{ code: codes.FORMERR }])
    expect(good.closed).toBe(false)
    using bad = await RawStream.connect(server.port)
    bad.write(padded(2049))
    expect(await answersOf(bad, 1)).toEqual([])
    expect(bad.closed).toBe(true)
  })

  test("is answered before one that was silent for longer is given up for it", async () => {
    using server = served()
    const streams: RawStream[] = []
    for (let count = 0; count < 64; count++) streams.push(await RawStream.connect(server.port))
    for (const [id, stream] of streams.entries()) {
      stream.write(framed({ name: "a.example", id }))
      await answersOf(stream, 1)
    }
    // The first one speaks again: the second one is now the one that was silent for longest.
    streams[0]?.write(framed("a.example"))
    await answersOf(streams[0] as RawStream, 2)
    using late = await RawStream.connect(server.port)
    late.write(framed("late.example"))
    expect(await answersOf(late, 1)).toHaveLength(1)
    expect(await eventually(() => streams[1]?.closed || undefined)).toBe(true)
    expect(streams.filter(({ closed }) => closed)).toHaveLength(1)
    for (const stream of streams) stream[Symbol.dispose]()
  })

  test("and never reads gets what fits into the kernel, the rest when it reads, and costs us no memory", async () => {
    using server = served()
    using stream = await RawStream.connect(server.port)
    stream.pause()
    const before = process.memoryUsage().rss
    const batch = many(2000)
    let written = 0
    let rest = batch.subarray(0, 0)
    for (let stalls = 0; stalls < 20; ) {
      if (rest.length === 0) rest = batch
      const count = Math.max(stream.write(rest), 0)
      written += count
      rest = rest.subarray(count)
      stalls = count > 0 ? 0 : stalls + 1
      await Bun.sleep(1)
    }
    expect(written).toBeGreaterThan(batch.length)
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
    stream.resume()
    const whole = Math.floor(written / batch.length)
    // An answer is its question and one record.
    const answers = split(await stream.until(whole * (batch.length + 2000 * 16)))
    const numbers = answers.slice(0, whole * 2000).map(answer => answer.readUInt16BE(0))
    expect(numbers).toEqual(Array.from({ length: whole * 2000 }, (_, id) => id % 2000))
  })

  test("of questions without end leaves other programs their turn", async () => {
    using server = served()
    using flood = await RawStream.connect(server.port)
    const batch = many(5000)
    flood.write(batch)
    using polite = await RawStream.connect(server.port)
    polite.write(framed("polite.example"))
    expect(await answersOf(polite, 1)).toHaveLength(1)
    expect(split(flood.received).length).toBeLessThan(5000)
  })
})

test("a server that is closed ends its connections and takes no others", async () => {
  const server = served()
  using stream = await RawStream.connect(server.port)
  stream.write(framed("a.example"))
  expect(await answersOf(stream, 1)).toHaveLength(1)
  server[Symbol.dispose]()
  await answersOf(stream, 2)
  expect(stream.closed).toBe(true)
  expect(RawStream.connect(server.port)).rejects.toThrow()
})
