import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { HostError } from "../../src/base/error.ts"
import { exposePorts } from "../../src/network/expose.ts"
import { Reserve } from "../../src/network/streams/reserve.ts"
import { InsideSockets } from "../../src/supervise/inside-sockets.ts"
import { freePort, hear } from "../support/border.ts"
import { eventually } from "../support/process.ts"
import { endOf, readPattern, writePattern } from "../support/relays.ts"
import { echoServer } from "../support/servers.ts"
import { bun } from "../support/world.ts"

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const nobody = () => Promise.reject(new HostError("the sandbox has ended", "start it again"))

function expose(port: number, insideSocket: () => Promise<number> = nobody): void {
  closers.push(exposePorts({ ports: [port], insideSocket, reserve: new Reserve() }))
}

async function client(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true })
  await once(socket, "connect")
  return socket
}

describe("a port that is taken", () => {
  test("is an error that says what to do", async () => {
    await using server = await echoServer()
    const attempt = () => expose(server.port)
    expect(attempt).toThrow(HostError)
    expect(attempt).toThrow(
      `port ${server.port} of this host (127.0.0.1) cannot be exposed: something listens there`,
    )
    try {
      attempt()
    } catch (cause) {
      expect((cause as HostError).hint).toContain("expose another port")
    }
  })

  test("by IPv6 alone is one too, and nothing stays open on the other", async () => {
    await using server = await echoServer("::1")
    expect(() => expose(server.port)).toThrow(HostError)
    expect(await endOf(connect({ host: "127.0.0.1", port: server.port }))).toBe("ECONNREFUSED")
  })

  test("by another exposed one is one too: sessions do not share it", () => {
    const port = freePort()
    expose(port)
    expect(() => expose(port)).toThrow("something listens there already")
  })
})

describe("a sandbox that has ended", () => {
  test("takes a connection and resets it", async () => {
    const port = freePort()
    expose(port)
    expect(await endOf(await client(port))).toBe("ECONNRESET")
  })
})

/** A sandbox without Cordon, in which a server says back what it hears. */
const serving = `
const { createServer } = require("node:net")
createServer({ allowHalfOpen: true }, socket => {
  socket.on("error", () => socket.destroy())
  socket.pipe(socket)
}).listen(Number(process.argv.at(-1)), "127.0.0.1", () => console.log("up"))
`
const isolation = "--unshare-all --unshare-user --disable-userns --die-with-parent --cap-drop ALL".split(" ")
const tree = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]

describe("a port that something listens on inside", () => {
  const port = freePort()
  let sandbox: Bun.Subprocess<"ignore", "pipe", "inherit">
  let sockets: InsideSockets

  beforeAll(async () => {
    const words = ["bwrap", ...isolation, ...tree, "--", bun, "-e", serving, "--", String(port)]
    sandbox = Bun.spawn(words, { stdin: "ignore", stdout: "pipe", stderr: "inherit", env: { HOME: "/tmp" } })
    await sandbox.stdout.getReader().read()
    sockets = new InsideSockets((await eventually(() => childOf(childOf(sandbox.pid)))) ?? 0)
  })
  afterAll(() => {
    sockets.close()
    sandbox.kill("SIGKILL")
  })
  const inside = async () => sockets.take()

  test("is reached by 127.0.0.1 and by ::1", async () => {
    expose(port, inside)
    for (const host of ["127.0.0.1", "::1"]) {
      const socket = await client(port, host)
      socket.end("hello")
      expect((await hear(socket)).text).toBe("hello")
    }
  })

  test("is not another one, on which nothing listens", async () => {
    const other = freePort()
    expose(other, inside)
    for (const host of ["127.0.0.1", "::1"]) expect(await endOf(await client(other, host))).toBe("ECONNRESET")
  })

  test("is not reached when it is not exposed", async () => {
    expect(await endOf(connect({ host: "127.0.0.1", port }))).toBe("ECONNREFUSED")
  })

  test("takes much and gives much", async () => {
    expose(port, inside)
    const socket = await client(port)
    const length = 16 * 1024 * 1024
    const read = readPattern(socket)
    await writePattern(socket, length)
    expect(await read).toEqual({ length, flawAt: undefined })
  })

  test("serves 500 at once and loses none", async () => {
    expose(port, inside)
    const texts = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const socket = await client(port)
        socket.end(`I am ${index}`)
        return (await hear(socket)).text
      }),
    )
    expect(texts).toEqual(Array.from({ length: 500 }, (_, index) => `I am ${index}`))
  }, 30_000)
})

function childOf(process: number | undefined): number | undefined {
  const { stdout } = Bun.spawnSync(["ps", "-o", "pid=", "--ppid", String(process)])
  const found = Number(stdout.toString().trim().split("\n")[0])
  return found > 0 ? found : undefined
}

test("the end of it closes the port", async () => {
  const port = freePort()
  expose(port)
  closers.pop()?.()
  expect(await endOf(connect({ host: "127.0.0.1", port }))).toBe("ECONNREFUSED")
})
