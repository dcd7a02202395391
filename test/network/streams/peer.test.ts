import { describe, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { streamPair } from "../../../src/kernel/stream-pair.ts"
import { adoptStream, deafPeer, descriptorOf, type Peer } from "../../../src/network/streams/peer.ts"
import { heldStreams } from "../../support/held-streams.ts"
import { endOf } from "../../support/relays.ts"
import { until } from "../../support/servers.ts"

describe("a stream", () => {
  test("tells whoever attends to it now", async () => {
    using streams = heldStreams()
    const { client, stream, holding } = await streams.connect()
    client.write("one")
    await until(() => holding.held.length === 3)
    const heard: string[] = []
    stream.data = { ...deafPeer, data: bytes => void heard.push(bytes.toString()) }
    client.write("two")
    await until(() => heard.length > 0)
    expect(heard).toEqual(["two"])
    expect(holding.held.bytes.toString()).toBe("one")
    stream.terminate()
  })

  test("is reset when a bug of ours stops its peer, who is told, and nobody else", async () => {
    using streams = heldStreams()
    const [broken, other] = [await streams.connect(), await streams.connect()]
    const told: (string | undefined)[] = []
    const peer: Peer = {
      ...deafPeer,
      data: () => {
        throw new Error("a bug")
      },
      close: error => void told.push(error?.message),
    }
    broken.stream.data = peer
    const ended = endOf(broken.client)
    broken.client.write("x")
    expect(await ended).toBe("ECONNRESET")
    expect(told).toEqual(["a bug"])
    other.client.write("still here")
    await until(() => other.holding.held.length > 0)
    other.stream.terminate()
  })

  test("of a descriptor is one like any other, and closes it", async () => {
    const [near, far] = streamPair()
    const heard: string[] = []
    const stream = await adoptStream(near, {
      ...deafPeer,
      data: bytes => void heard.push(bytes.toString()),
      end: () => void heard.push("end"),
    })
    expect(descriptorOf(stream)).toBe(near)
    const other = await adoptStream(far, deafPeer)
    other.write("hello")
    await until(() => heard.length > 0)
    other.shutdown()
    await until(() => heard.length > 1)
    expect(heard).toEqual(["hello", "end"])
    stream.terminate()
    other.terminate()
    expect(existsSync(`/proc/self/fd/${near}`)).toBe(false)
  })
})
