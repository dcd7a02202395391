import { describe, expect, test } from "bun:test"
import { closeSync, existsSync, readlinkSync } from "node:fs"
import { SystemError } from "../../src/kernel/libc.ts"
import { beginConnection, beginConnectionOf, copySocket, lingerNot } from "../../src/kernel/outgoing.ts"
import { freePort } from "../support/border.ts"
import { inetSocket } from "../support/bound-sockets.ts"
import { echoServer, until } from "../support/servers.ts"

/** What the event loop hears of a descriptor. */
async function adopt(fd: number) {
  const heard: string[] = []
  const options = {
    fd,
    allowHalfOpen: true,
    socket: {
      data: (_: Bun.Socket, bytes: Buffer) => void heard.push(`data ${bytes}`),
      drain: (socket: Bun.Socket) => void heard.push(`drain ${socket.remoteAddress}`),
      end: () => void heard.push("end"),
      close: (_: Bun.Socket, error?: NodeJS.ErrnoException) => void heard.push(`close ${error?.code}`),
    },
  }
  const socket = await Bun.connect(options as unknown as Bun.TCPSocketConnectOptions)
  return { heard, socket }
}

describe("a connection that is begun", () => {
  test.each(["127.0.0.1", "::1"])("to %s stands when the event loop says that there is room", async host => {
    await using server = await echoServer(host)
    const { heard, socket } = await adopt(beginConnection(host, server.port))
    await until(() => heard.length > 0)
    expect(heard[0]).toBe(`drain ${host}`)
    socket.write("hello")
    await until(() => heard.includes("data hello"))
    expect(server.heard).toEqual(["hello"])
    socket.terminate()
  })

  test("to a port where nothing listens ends with the error", async () => {
    const { heard } = await adopt(beginConnection("127.0.0.1", freePort()))
    await until(() => heard.length > 0)
    expect(heard).toEqual(["close ECONNREFUSED"])
  })

  test("to where there is no route cannot begin, and leaves no descriptor", () => {
    const before = highestDescriptor()
    // 240.0.0.0/4 is reserved (RFC 1112), and broadcast is for datagrams.
    expect(() => beginConnection("255.255.255.255", 80)).toThrow(SystemError)
    expect(highestDescriptor()).toBe(before)
  })

  test("to what is no address is a bug", () => {
    expect(() => beginConnection("web.test", 80)).toThrow("bug: web.test is no address")
  })

  test("is closed by exec", async () => {
    await using server = await echoServer()
    const descriptor = beginConnection("127.0.0.1", server.port)
    const { stdout } = Bun.spawnSync(["ls", "-l", "/proc/self/fd"])
    expect(stdout.toString()).not.toContain(readlinkSync(`/proc/self/fd/${descriptor}`))
    closeSync(descriptor)
  })
})

describe("a socket that is there already", () => {
  test("is connected without waiting", async () => {
    await using server = await echoServer()
    const given = inetSocket("stream")
    expect(beginConnectionOf(given, "127.0.0.1", server.port)).toBe(given)
    const { heard, socket } = await adopt(given)
    await until(() => heard.length > 0)
    expect(heard[0]).toBe("drain 127.0.0.1")
    socket.terminate()
  })

  test("is closed when that fails", () => {
    const given = inetSocket("stream")
    expect(() => beginConnectionOf(given, "255.255.255.255", 80)).toThrow(SystemError)
    expect(existsSync(`/proc/self/fd/${given}`)).toBe(false)
  })
})

describe("a copy of a socket", () => {
  test("goes on when the first one is reset, and ends in order", async () => {
    await using server = await echoServer()
    const { heard, socket } = await adopt(beginConnection("127.0.0.1", server.port))
    await until(() => heard.length > 0)
    const copy = copySocket((socket as unknown as { fd: number }).fd)
    socket.terminate()
    lingerNot(copy)
    const again = await adopt(copy)
    again.socket.write("still here")
    await until(() => again.heard.includes("data still here"))
    const ended = new Promise(resolve => server.sockets[0]?.once("end", resolve))
    again.socket.end()
    await ended
    expect(server.heard).toEqual(["still here"])
  })

  test("resets the connection when it lingers still: that is what has to be taken off", async () => {
    await using server = await echoServer()
    const { heard, socket } = await adopt(beginConnection("127.0.0.1", server.port))
    await until(() => heard.length > 0 && server.sockets.length > 0)
    const failed = new Promise<string>(resolve =>
      server.sockets[0]?.once("error", error => resolve((error as NodeJS.ErrnoException).code ?? "")),
    )
    const copy = copySocket((socket as unknown as { fd: number }).fd)
    socket.terminate()
    closeSync(copy)
    expect(await failed).toBe("ECONNRESET")
  })
})

/** The lowest free one, by opening it. */
function highestDescriptor(): number {
  const descriptor = inetSocket("stream")
  closeSync(descriptor)
  return descriptor
}
