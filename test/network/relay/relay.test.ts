import { describe, expect, test } from "bun:test"
import { once } from "node:events"
import { readdirSync } from "node:fs"
import type { Socket } from "node:net"
import { Inspector } from "../../../src/network/inspect/inspect.ts"
import { Reserve } from "../../../src/network/streams/reserve.ts"
import { hear } from "../../support/border.ts"
import { judgeOf, nameAt } from "../../support/judges.ts"
import { endOf, pattern, readPattern, relayTo, writePattern } from "../../support/relays.ts"
import { bannerServer, echoServer, onceServer, serverOf, silentServer, until } from "../../support/servers.ts"

const megabyte = 1024 * 1024
const descriptors = () => readdirSync("/proc/self/fd").length

describe("bytes", () => {
  test.each([1, 1000, 64 * 1024, 3 * megabyte])("come back as they went, %d of them", async length => {
    await using server = await echoServer()
    using relay = relayTo(server.port)
    const client = await relay.client()
    const read = readPattern(client)
    await writePattern(client, length)
    expect(await read).toEqual({ length, flawAt: undefined })
    await until(() => relay.ends.length > 0)
    expect(relay.ends[0]?.counts).toEqual({ sent: length, received: length })
  })

  test("go both ways at once", async () => {
    const length = 24 * megabyte
    await using server = await serverOf(socket => void writePattern(socket, length))
    using relay = relayTo(server.port)
    const client = await relay.client()
    const read = readPattern(client)
    await writePattern(client, length)
    expect(await read).toEqual({ length, flawAt: undefined })
    await until(() => server.heard[0]?.length === length && relay.ends.length > 0)
    expect(Buffer.from(server.heard[0] ?? "", "latin1").equals(pattern(length))).toBe(true)
    expect(relay.ends[0]?.counts).toEqual({ sent: length, received: length })
  })

  test("in many small pieces stay in order", async () => {
    await using server = await echoServer()
    using relay = relayTo(server.port)
    const client = await relay.client()
    client.setNoDelay(true)
    const read = readPattern(client)
    await writePattern(client, 20_000, 7)
    expect(await read).toEqual({ length: 20_000, flawAt: undefined })
  })

  test("of a server that speaks first come without a word of the client's", async () => {
    await using server = await bannerServer("220 hello\r\n")
    using relay = relayTo(server.port)
    const client = await relay.client()
    const [data] = (await once(client, "data")) as [Buffer]
    expect(data.toString()).toBe("220 hello\r\n")
    client.destroy()
  })

  test("to an IPv6 server too", async () => {
    await using server = await echoServer("::1")
    using relay = relayTo(server.port, { host: "::1" })
    const client = await relay.client()
    const read = readPattern(client)
    await writePattern(client, 10)
    expect(await read).toEqual({ length: 10, flawAt: undefined })
  })
})

describe("half of a connection", () => {
  test("ends when the client says so, and the other half goes on", async () => {
    await using server = await serverOf(socket =>
      socket.on("end", () => setTimeout(() => socket.end("answer"), 50)),
    )
    using relay = relayTo(server.port)
    const client = await relay.client()
    client.end("question")
    expect(await hear(client)).toEqual({ text: "answer", error: undefined })
    expect(server.heard).toEqual(["question"])
  })

  test("ends when the server says so, and the other half goes on", async () => {
    await using server = await serverOf(socket => socket.end("goodbye"))
    using relay = relayTo(server.port)
    const client = await relay.client()
    expect((await hear(client)).text).toBe("goodbye")
    client.write("one ")
    await until(() => server.heard[0] === "one ")
    client.end("two")
    await until(() => server.heard[0] === "one two" && relay.ends.length > 0)
    expect(relay.ends[0]?.error).toBeUndefined()
    expect(relay.ends[0]?.counts).toEqual({ sent: 7, received: 7 })
  })

  test("ends after everything that was said before, however slowly it is read", async () => {
    const length = 12 * megabyte
    await using server = await serverOf(socket => void writePattern(socket, length))
    using relay = relayTo(server.port)
    const client = await relay.client()
    client.end()
    client.pause()
    await Bun.sleep(200)
    expect(await readPattern(client)).toEqual({ length, flawAt: undefined })
  })

  test("may stay silent: nothing ends for want of words", async () => {
    await using server = await echoServer()
    using relay = relayTo(server.port)
    const client = await relay.client()
    await Bun.sleep(400)
    expect(relay.ends).toEqual([])
    client.end("still here")
    expect((await hear(client)).text).toBe("still here")
  })
})

describe("a break", () => {
  test("of the client reaches the server", async () => {
    await using server = await echoServer()
    using relay = relayTo(server.port)
    const client = await relay.client()
    client.write("hello")
    await once(client, "data")
    const [socket] = server.sockets as [Socket]
    const ended = endOf(socket)
    client.resetAndDestroy()
    expect(await ended).toBe("ECONNRESET")
    await until(() => relay.ends.length > 0)
    expect(relay.ends[0]?.error).toBeDefined()
  })

  test("of the server reaches the client", async () => {
    await using server = await echoServer()
    using relay = relayTo(server.port)
    const client = await relay.client()
    client.write("hello")
    await once(client, "data")
    const ended = endOf(client)
    server.sockets[0]?.resetAndDestroy()
    expect(await ended).toBe("ECONNRESET")
  })

  test("of the server while the client has said its last reaches it too", async () => {
    await using server = await silentServer()
    using relay = relayTo(server.port)
    const client = await relay.client()
    client.on("data", () => undefined)
    const ended = endOf(client)
    server.sockets.length = 0
    client.end("hello")
    await until(() => server.heard.includes("hello"))
    server.sockets[0]?.resetAndDestroy()
    expect(["ECONNRESET", "none"]).toContain(await ended)
  })

  test("that somebody makes reaches both, and its reason is told", async () => {
    await using server = await echoServer()
    using relay = relayTo(server.port)
    const client = await relay.client()
    client.write("hello")
    await once(client, "data")
    const ends = [endOf(client), endOf(server.sockets[0] as Socket)]
    const why = new Error("a rule")
    relay.cuts[0]?.(why)
    expect(await Promise.all(ends)).toEqual(["ECONNRESET", "ECONNRESET"])
    expect(relay.ends).toHaveLength(1)
    expect(relay.ends[0]?.error).toBe(why)
    relay.cuts[0]?.(why)
    expect(relay.ends).toHaveLength(1)
  })

  test("in the middle of much gives back what was held", async () => {
    await using server = await serverOf(
      socket => void writePattern(socket, 64 * megabyte).catch(() => undefined),
    )
    using relay = relayTo(server.port)
    const client = await relay.client()
    client.pause()
    await until(() => relay.reserve.bytes > 0)
    client.destroy()
    await until(() => relay.ends.length > 0)
    expect(relay.reserve.bytes).toBe(0)
  })
})

describe("a slow reader", () => {
  /** The most that the relay itself may hold of a connection: what is read at once, and a little. */
  const heldMax = megabyte

  test("of a download makes the server wait, and gets all of it", async () => {
    const length = 96 * megabyte
    await using server = await serverOf(socket => void writePattern(socket, length))
    using relay = relayTo(server.port)
    const client = await relay.client()
    client.pause()
    const [socket] = await untilFull(server.sockets)
    expect(relay.reserve.bytes).toBeLessThanOrEqual(heldMax)
    expect(socket.bytesWritten).toBeLessThan(length)
    expect(await readPattern(client)).toEqual({ length, flawAt: undefined })
    expect(relay.reserve.bytes).toBe(0)
    client.end()
  }, 30_000)

  test("of an upload makes the client wait, and gets all of it", async () => {
    const length = 96 * megabyte
    let socket: Socket | undefined
    await using server = await serverOf(accepted => {
      accepted.removeAllListeners("data")
      accepted.pause()
      socket = accepted
    })
    using relay = relayTo(server.port)
    const client = await relay.client()
    const written = writePattern(client, length)
    await untilFull([client])
    expect(relay.reserve.bytes).toBeLessThanOrEqual(heldMax)
    await until(() => socket !== undefined)
    expect(await readPattern(socket as Socket)).toEqual({ length, flawAt: undefined })
    await written
    socket?.end()
    await until(() => relay.ends.length > 0)
    expect(relay.ends[0]?.counts.sent).toBe(length)
  }, 30_000)

  test("costs the others nothing", async () => {
    await using server = await serverOf(socket =>
      socket.once("data", () => void writePattern(socket, 8 * megabyte).catch(() => undefined)),
    )
    using relay = relayTo(server.port)
    const slow = await Promise.all(Array.from({ length: 20 }, () => relay.client()))
    for (const client of slow) {
      client.pause()
      client.write("go")
    }
    const quick = await relay.client()
    quick.end("go")
    expect((await readPattern(quick)).length).toBe(8 * megabyte)
    for (const client of slow) client.destroy()
  })

  test("without any memory left is reset, and gives back what it had", async () => {
    await using server = await serverOf(
      socket => void writePattern(socket, 64 * megabyte).catch(() => undefined),
    )
    const reserve = new Reserve(megabyte / 8)
    using relay = relayTo(server.port, { reserve })
    const clients = await Promise.all(Array.from({ length: 12 }, () => relay.client()))
    const ends = clients.map(client => {
      client.pause()
      return endOf(client)
    })
    await until(() => relay.ends.length > 0)
    expect(relay.ends[0]?.error?.message).toBe("the connection broke")
    expect(reserve.bytes).toBeLessThanOrEqual(megabyte / 8)
    for (const client of clients) client.destroy()
    await Promise.all(ends)
    await until(() => relay.ends.length === clients.length)
    expect(reserve.bytes).toBe(0)
  })
})

/** Waits until a socket has written nothing more for a while. */
async function untilFull(sockets: readonly Socket[]): Promise<readonly [Socket]> {
  await until(() => (sockets[0]?.bytesWritten ?? 0) > 0)
  const [socket] = sockets as [Socket]
  for (let last = -1, same = 0; same < 5; await Bun.sleep(20)) {
    same = socket.bytesWritten === last ? same + 1 : 0
    last = socket.bytesWritten
  }
  return [socket]
}

describe("many", () => {
  test("at once are none lost", async () => {
    await using server = await echoServer()
    using relay = relayTo(server.port)
    const said = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const client = await relay.client()
        client.end(`I am ${index}`)
        return (await hear(client)).text
      }),
    )
    expect(said).toEqual(Array.from({ length: 500 }, (_, index) => `I am ${index}`))
    await until(() => relay.ends.length === 500)
    expect(relay.ends.filter(({ error }) => error !== undefined)).toEqual([])
  }, 30_000)

  test("one after the other leave nothing behind", async () => {
    await using server = await echoServer()
    using relay = relayTo(server.port)
    const one = async () => {
      const client = await relay.client()
      client.end("x")
      await hear(client)
      client.destroy()
    }
    for (let count = 0; count < 50; count++) await one()
    await until(() => relay.ends.length === 50)
    for (const socket of server.sockets.splice(0)) socket.destroy()
    const before = descriptors()
    for (let count = 0; count < 2000; count++) {
      await one()
      for (const socket of server.sockets.splice(0)) socket.destroy()
    }
    await until(() => relay.ends.length === 2050)
    await until(() => descriptors() <= before + 4)
    expect(relay.reserve.bytes).toBe(0)
  }, 60_000)
})

describe("what a client may not say", () => {
  const passage = () =>
    new Inspector({ dialled: nameAt("web.test", 80), judge: () => judgeOf({}), isEnded: false })

  test("never reaches the server, which is gone then, and the client is the caller's", async () => {
    await using server = await echoServer()
    using relay = relayTo(server.port, { passage })
    const client = await relay.client()
    client.write("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n")
    await until(() => relay.ends.length > 0)
    const [end] = relay.ends
    expect(end?.refused?.protocol).toBe("http")
    expect(end?.counts).toEqual({ sent: 0, received: 0 })
    expect(server.heard[0] ?? "").toBe("")
    end?.stream.end("refused")
    expect((await hear(client)).text).toBe("refused")
  })

  test("ends a connection that was in order before", async () => {
    await using server = await echoServer()
    using relay = relayTo(server.port, { passage })
    const client = await relay.client()
    const fine = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n"
    client.write(fine)
    await once(client, "data")
    client.write(fine.replace("web", "other"))
    await until(() => relay.ends.length > 0)
    expect(relay.ends[0]?.counts.sent).toBe(fine.length)
    client.destroy()
  })

  test("is told from what it says after a switch of protocols", async () => {
    const answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    await using server = await serverOf(socket => socket.once("data", () => socket.write(answer)))
    using relay = relayTo(server.port, { passage })
    const client = await relay.client()
    const offer = "GET / HTTP/1.1\r\nHost: web.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    client.write(`${offer}too early`)
    const [data] = (await once(client, "data")) as [Buffer]
    expect(data.toString()).toBe(answer)
    client.end("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n")
    await until(() => server.heard[0]?.endsWith("other.test\r\n\r\n") === true)
    expect(server.heard[0]).toStartWith(`${offer}too early`)
    server.sockets[0]?.end()
    await until(() => relay.ends.length > 0)
    expect(relay.ends[0]?.refused).toBeUndefined()
  })

  test("lets half a word through when its client waits for an answer to it", async () => {
    await using server = await onceServer("imok")
    using relay = relayTo(server.port, { passage })
    const client = await relay.client()
    client.write("ruok")
    expect((await hear(client)).text).toBe("imok")
    client.end()
  })

  test("does not hold up a large upload of requests in order", async () => {
    const length = 20 * megabyte
    await using server = await serverOf(socket => socket.on("end", () => socket.end("done")))
    using relay = relayTo(server.port, { passage })
    const client = await relay.client()
    client.write(`PUT / HTTP/1.1\r\nHost: web.test\r\nContent-Length: ${length}\r\n\r\n`)
    await writePattern(client, length)
    expect((await hear(client)).text).toBe("done")
    const body = server.heard[0]?.split("\r\n\r\n")[1] ?? ""
    expect(
      Buffer.from(server.heard[0] ?? "", "latin1")
        .subarray(-length)
        .equals(pattern(length)),
    ).toBe(true)
    expect(body.length).toBeGreaterThan(0)
  })
})
