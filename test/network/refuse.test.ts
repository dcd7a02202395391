import { describe, expect, test } from "bun:test"
import { type Language, languageOf, refuse } from "../../src/network/refuse.ts"
import type { Refusal } from "../../src/network/upstream/refusal.ts"
import { httpRefusal } from "../../src/network/upstream/refusal.ts"
import { hear } from "../support/border.ts"
import { realHello } from "../support/client-hellos.ts"
import { heldStreams } from "../support/held-streams.ts"
import { endOf } from "../support/relays.ts"
import { until } from "../support/servers.ts"

const refusal: Refusal = {
  status: 403,
  host: "bad.test",
  port: 80,
  why: "no rule allows it",
  opening: "bad.test",
}
const http: Language = { protocol: "http", hasBody: true }

describe("what a client speaks", () => {
  async function spoken(bytes: Uint8Array | string, port = 5432): Promise<Language> {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    client.write(bytes)
    await until(() => holding.held.length > 0)
    const language = await languageOf(holding, port)
    client.destroy()
    stream.terminate()
    return language
  }

  test("TLS is told from its first byte", async () => {
    expect(await spoken(await realHello("bad.test"))).toEqual({ protocol: "tls", hasBody: true })
    expect((await spoken(Buffer.from([22]))).protocol).toBe("tls")
  })

  test.each([
    ["GET / HTTP/1.1\r\nHost: bad.test\r\n\r\n", "http", true],
    ["HEAD / HTTP/1.1\r\nHost: bad.test\r\n\r\n", "http", false],
    ["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "http", true],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2", true],
    ["SSH-2.0-OpenSSH\r\n", "ssh", true],
    ["SSX-2.0-OpenSSH\r\n", "other", true],
    ["\0\0\0\x08\x04\xd2\x16\x2f", "other", true],
    // a head that does not end: it is not waited for for long
    ["GET / HTTP/1.1\r\nHost: bad", "http", true],
    ["HELLO", "other", true],
  ] as const)("%j is %s", async (text, protocol, hasBody) => {
    expect(await spoken(text)).toEqual({ protocol, hasBody })
  })

  test("is waited for shortly", async () => {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    const language = languageOf(holding, 5432)
    await Bun.sleep(20)
    client.write("GET / HTTP/1.1\r\n")
    await Bun.sleep(20)
    client.write("Host: bad.test\r\n\r\n")
    expect(await language).toEqual(http)
    stream.terminate()
  })

  test("is nothing when it says nothing, or has gone", async () => {
    using streams = heldStreams()
    const [silent, ended, broken] = [
      await streams.connect(),
      await streams.connect(),
      await streams.connect(),
    ]
    ended.client.end()
    broken.client.resetAndDestroy()
    const order: string[] = []
    const waits = [
      ["silent", silent],
      ["ended", ended],
      ["broken", broken],
    ] as const
    await Promise.all(
      waits.map(async ([name, { holding }]) => {
        expect((await languageOf(holding, 3306)).protocol).toBe("other")
        order.push(name)
      }),
    )
    expect(order.at(-1)).toBe("silent")
    for (const { stream } of [silent, ended]) stream.terminate()
  })

  test("is waited for longer on ports where clients speak first", async () => {
    using streams = heldStreams()
    const [web, database] = [await streams.connect(), await streams.connect()]
    const order: number[] = []
    const wait = async ({ holding }: typeof web, port: number) => {
      await languageOf(holding, port)
      order.push(port)
    }
    await Promise.all([wait(web, 443), wait(database, 5432)])
    expect(order).toEqual([5432, 443])
    for (const { stream } of [web, database]) stream.terminate()
  })
})

describe("a client is told", () => {
  test("in HTTP, and hung up on", async () => {
    using streams = heldStreams()
    const { client, stream } = await streams.connect()
    refuse(stream, refusal, http)
    expect(await hear(client)).toEqual({
      text: httpRefusal(refusal, true).toString("latin1"),
      error: undefined,
    })
    client.end()
  })

  test("in HTTP without a body when it asked for none", async () => {
    using streams = heldStreams()
    const { client, stream } = await streams.connect()
    refuse(stream, refusal, { protocol: "http", hasBody: false })
    expect((await hear(client)).text).toEndWith("\r\n\r\n")
    client.end()
  })

  test("by an alert of TLS", async () => {
    using streams = heldStreams()
    const { client, stream } = await streams.connect()
    refuse(stream, refusal, { protocol: "tls", hasBody: true })
    expect(Buffer.from((await hear(client)).text, "latin1")).toEqual(Buffer.from([21, 3, 3, 0, 2, 2, 49]))
    client.end()
  })

  test("by GOAWAY of HTTP/2", async () => {
    using streams = heldStreams()
    const { client, stream } = await streams.connect()
    refuse(stream, refusal, { protocol: "http2", hasBody: true })
    expect((await hear(client)).text).toEndWith("no rule allows it")
    client.end()
  })

  test("by a disconnection of SSH", async () => {
    using streams = heldStreams()
    const { client, stream } = await streams.connect()
    refuse(stream, refusal, { protocol: "ssh", hasBody: true })
    const { text, error } = await hear(client)
    expect(text).toStartWith("SSH-2.0-Cordon\r\n")
    expect(text).toContain("no rule allows it")
    expect(error).toBeUndefined()
    client.end()
  })

  test("by a reset otherwise", async () => {
    using streams = heldStreams()
    const { client, stream } = await streams.connect()
    const ended = endOf(client)
    refuse(stream, refusal, { protocol: "other", hasBody: true })
    expect(await ended).toBe("ECONNRESET")
  })

  test("also when it is still speaking: the answer is not lost in a reset", async () => {
    using streams = heldStreams()
    const { client, stream } = await streams.connect()
    client.on("error", () => undefined)
    client.write(Buffer.alloc(4 * 1024 * 1024))
    await Bun.sleep(20)
    refuse(stream, refusal, http)
    expect((await hear(client)).text).toStartWith("HTTP/1.1 403 Forbidden")
    client.destroy()
  })

  test("and is not listened to for ever", async () => {
    using streams = heldStreams()
    const { client, stream } = await streams.connect()
    const ended = endOf(client)
    client.on("data", () => undefined)
    refuse(stream, refusal, http)
    const flood = setInterval(() => client.writable && client.write(Buffer.alloc(1024 * 1024)), 1)
    await ended
    clearInterval(flood)
    expect(stream.readyState).toBeLessThanOrEqual(0)
  })

  test("when it has said its last before", async () => {
    using streams = heldStreams()
    const { client, holding, stream } = await streams.connect()
    client.end("GET / HTTP/1.0\r\n\r\n")
    await until(() => holding.ended)
    refuse(stream, refusal, http)
    expect((await hear(client)).text).toStartWith("HTTP/1.1 403 Forbidden")
    await until(() => stream.readyState <= 0)
  })
})
