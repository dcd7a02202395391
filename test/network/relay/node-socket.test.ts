import { describe, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { nodeSocket } from "../../../src/network/relay/node-socket.ts"
import { connectFirst } from "../../../src/network/streams/connect-first.ts"
import { Reserve } from "../../../src/network/streams/reserve.ts"
import { hear } from "../../support/border.ts"
import { endOf, readPattern, writePattern } from "../../support/relays.ts"
import { bannerServer, echoServer, serverOf, until } from "../../support/servers.ts"

const descriptors = () => readdirSync("/proc/self/fd").length

describe("a connection as a socket of node:net", () => {
  test("goes on where it was", async () => {
    await using server = await echoServer()
    const socket = await nodeSocket(await connectFirst(["127.0.0.1"], server.port), new Reserve())
    const length = 4 * 1024 * 1024
    const read = readPattern(socket)
    await writePattern(socket, length)
    expect(await read).toEqual({ length, flawAt: undefined })
    expect(server.sockets).toHaveLength(1)
  })

  test("ends in order: nothing is reset by the change", async () => {
    await using server = await serverOf(socket => socket.on("end", () => socket.end("goodbye")))
    const socket = await nodeSocket(await connectFirst(["127.0.0.1"], server.port), new Reserve())
    await until(() => server.sockets.length > 0)
    const [far] = server.sockets
    const ended = far === undefined ? Promise.resolve("") : endOf(far)
    socket.end("hello")
    expect(await hear(socket)).toEqual({ text: "goodbye", error: undefined })
    expect(await ended).toBe("none")
    expect(server.heard).toEqual(["hello"])
  })

  test("keeps what the server said before", async () => {
    await using server = await bannerServer("220 hello\r\n")
    const connected = await connectFirst(["127.0.0.1"], server.port)
    await until(() => connected.holding.held.length > 0)
    const reserve = new Reserve()
    const socket = await nodeSocket(connected, reserve)
    socket.end("bye\r\n")
    expect((await hear(socket)).text).toBe("220 hello\r\nbye\r\n")
    expect(reserve.bytes).toBe(0)
  })

  test("of which somebody sees the bytes first, as with TLS to a proxy, is a relay", async () => {
    await using server = await echoServer()
    const connected = await connectFirst(["127.0.0.1"], server.port)
    const socket = await nodeSocket({ ...connected, isPlain: false }, new Reserve())
    const length = 2 * 1024 * 1024
    const read = readPattern(socket)
    await writePattern(socket, length)
    expect(await read).toEqual({ length, flawAt: undefined })
  })

  test("leaves no descriptor behind", async () => {
    await using server = await echoServer()
    const one = async (isPlain: boolean) => {
      const connected = await connectFirst(["127.0.0.1"], server.port)
      const socket = await nodeSocket({ ...connected, isPlain }, new Reserve())
      socket.end("x")
      await hear(socket)
      socket.destroy()
      for (const accepted of server.sockets.splice(0)) accepted.destroy()
    }
    for (const isPlain of [true, false]) await one(isPlain)
    const before = descriptors()
    for (let count = 0; count < 40; count++) await one(count % 2 === 0)
    await until(() => descriptors() <= before)
  })
})
