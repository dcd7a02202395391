import { describe, expect, test } from "bun:test"
import type { Peer } from "../../../src/network/streams/peer.ts"
import { Reserve } from "../../../src/network/streams/reserve.ts"
import { heldStreams } from "../../support/held-streams.ts"
import { endOf, pattern } from "../../support/relays.ts"
import { until } from "../../support/servers.ts"

/** Writes down what it hears. */
function listening() {
  const heard: string[] = []
  const peer: Peer = {
    data: bytes => void heard.push(`data ${bytes.length > 20 ? bytes.length : bytes}`),
    drain: () => undefined,
    end: () => void heard.push("end"),
    close: error => void heard.push(`close ${(error as NodeJS.ErrnoException | undefined)?.code}`),
  }
  return { heard, peer }
}

describe("a held stream", () => {
  test("keeps what is said, and that nothing more is", async () => {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    client.write("one ")
    await until(() => holding.held.length === 4)
    expect(holding.ended).toBe(false)
    client.end("two")
    await until(() => holding.ended)
    expect(holding.held.bytes.toString()).toBe("one two")
    expect(holding.closed).toBeUndefined()
    stream.terminate()
  })

  test("hears of a break, also when it reads no more", async () => {
    using streams = heldStreams()
    for (const length of [0, 10, 300_000]) {
      const { client, holding } = await streams.connect()
      client.write(pattern(length))
      await until(() => holding.held.length >= Math.min(length, 65_536))
      client.resetAndDestroy()
      await until(() => holding.closed !== undefined)
      expect(holding.closed).toMatchObject({ error: { code: "ECONNRESET" } })
    }
  })

  test("reads no more than a little", async () => {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    client.on("error", () => undefined)
    client.write(Buffer.alloc(16 * 1024 * 1024))
    await until(() => holding.held.length >= 65_536)
    await Bun.sleep(100)
    // One read brings half a megabyte at the most.
    expect(holding.held.length).toBeLessThan(65_536 + 512 * 1024)
    stream.terminate()
  })

  test("says when there is something new", async () => {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    const both = Promise.all([holding.changed(), holding.changed()])
    client.write("x")
    await both
    expect(holding.held.length).toBe(1)
    stream.terminate()
  })

  test("says so after a time when there is nothing", async () => {
    using streams = heldStreams()
    const { stream, holding } = await streams.connect()
    await holding.changedWithin(10)
    expect(holding.held.length).toBe(0)
    stream.terminate()
  })
})

describe("handing it over", () => {
  test("tells everything that was heard, in order", async () => {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    client.end("hello")
    await until(() => holding.ended)
    const { heard, peer } = listening()
    holding.release(stream, peer)
    expect(heard).toEqual(["data hello", "end"])
    expect(holding.held.length).toBe(0)
    stream.terminate()
  })

  test("tells of a break", async () => {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    client.write("hello")
    await until(() => holding.held.length > 0)
    client.resetAndDestroy()
    await until(() => holding.closed !== undefined)
    const { heard, peer } = listening()
    holding.release(stream, peer)
    expect(heard).toEqual(["data hello", "close ECONNRESET"])
  })

  test("reads on, all of it once", async () => {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    const length = 4 * 1024 * 1024
    client.end(pattern(length))
    await until(() => holding.held.length >= 65_536)
    await Bun.sleep(20)
    const pieces: Buffer[] = []
    let ended = false
    const { peer } = listening()
    holding.release(stream, {
      ...peer,
      data: bytes => void pieces.push(Buffer.from(bytes)),
      end: () => {
        ended = true
      },
    })
    await until(() => ended)
    expect(Buffer.concat(pieces).equals(pattern(length))).toBe(true)
    stream.terminate()
  })

  test("to a peer that pauses leaves it paused", async () => {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    client.on("error", () => undefined)
    client.write(Buffer.alloc(2 * 1024 * 1024))
    await until(() => holding.held.length >= 65_536)
    let count = 0
    const { peer } = listening()
    holding.release(stream, {
      ...peer,
      data: (_, from) => {
        count++
        from.pause()
      },
    })
    await Bun.sleep(50)
    expect(count).toBe(1)
    stream.terminate()
  })
})

describe("what is held for all", () => {
  test("is counted, and given back when it is handed over, dropped or over", async () => {
    const reserve = new Reserve()
    using streams = heldStreams(reserve)
    const said = async () => {
      const held = await streams.connect()
      held.client.on("error", () => undefined)
      held.client.write("hello")
      await until(() => held.holding.held.length > 0)
      expect(reserve.bytes).toBe(5)
      return held
    }
    const first = await said()
    first.holding.release(first.stream, listening().peer)
    expect(reserve.bytes).toBe(0)
    first.stream.terminate()
    const second = await said()
    second.holding.discard()
    second.holding.discard()
    expect(reserve.bytes).toBe(0)
    second.stream.terminate()
    const third = await said()
    third.client.resetAndDestroy()
    await until(() => third.holding.closed !== undefined)
    expect(reserve.bytes).toBe(0)
  })

  test("has a limit, at which a connection is reset", async () => {
    const reserve = new Reserve(1000)
    using streams = heldStreams(reserve)
    const { client, holding } = await streams.connect()
    const ended = endOf(client)
    client.write(Buffer.alloc(1001))
    expect(await ended).toBe("ECONNRESET")
    expect(holding.held.length).toBe(0)
    expect(reserve.bytes).toBe(0)
  })
})
