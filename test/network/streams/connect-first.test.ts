import { describe, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { type Connected, connectFirst } from "../../../src/network/streams/connect-first.ts"
import { UpstreamRefused } from "../../../src/network/streams/ended-connection.ts"
import { freePort } from "../../support/border.ts"
import { fullListener } from "../../support/bound-sockets.ts"
import { openedSince, openSockets } from "../../support/open-sockets.ts"
import { bannerServer, echoServer, silentServer, until } from "../../support/servers.ts"

async function failure(connecting: Promise<Connected>): Promise<UpstreamRefused> {
  try {
    await connecting
  } catch (cause) {
    if (cause instanceof UpstreamRefused) return cause
    throw cause
  }
  throw new Error("it did not fail")
}

const descriptors = () => readdirSync("/proc/self/fd").length

/** Whoever listens at both: a port that is free on one is nearly always free on the other. */
async function onBoth() {
  const v4 = await echoServer("127.0.0.1")
  const v6 = await echoServer("::1", v4.port)
  return { v4, v6 }
}

describe("of the addresses of a host", () => {
  test("the first one that answers is taken", async () => {
    const { v4, v6 } = await onBoth()
    for (const [first, other] of [
      ["127.0.0.1", "::1"],
      ["::1", "127.0.0.1"],
    ] as const) {
      const { address, stream } = await connectFirst([first, other], v4.port)
      expect(address).toBe(first)
      stream.terminate()
    }
    await Promise.all([v4[Symbol.asyncDispose](), v6[Symbol.asyncDispose]()])
  })

  test.each(["127.0.0.1", "::1"])("%s alone will do", async host => {
    await using server = await echoServer(host)
    const { stream, address, isPlain } = await connectFirst([host], server.port)
    expect({ address, isPlain }).toEqual({ address: host, isPlain: true })
    expect(stream.remotePort).toBe(server.port)
    stream.terminate()
  })

  test("the next is tried when nothing listens at one", async () => {
    await using server = await echoServer("::1")
    const { address, stream } = await connectFirst(["127.0.0.1", "127.0.0.2", "::1"], server.port)
    expect(address).toBe("::1")
    stream.terminate()
  })

  test("the next is tried when there is no way to one", async () => {
    await using server = await echoServer()
    const { address, stream } = await connectFirst(["255.255.255.255", "127.0.0.1"], server.port)
    expect(address).toBe("127.0.0.1")
    stream.terminate()
  })

  test("one that is silent does not keep the next from being tried", async () => {
    using full = await fullListener()
    await using _server = await echoServer("127.0.0.2", full.port)
    const { address, stream } = await connectFirst(["127.0.0.1", "127.0.0.2"], full.port)
    expect(address).toBe("127.0.0.2")
    stream.terminate()
  })

  test("only so many are tried", async () => {
    await using server = await echoServer("127.0.0.40")
    const many = Array.from({ length: 30 }, (_, index) => `127.0.0.${index + 11}`)
    expect((await failure(connectFirst(many, server.port))).status).toBe(502)
    const { address, stream } = await connectFirst(many.slice(-16), server.port)
    expect(address).toBe("127.0.0.40")
    stream.terminate()
  })
})

test("silent addresses of many hosts take so many descriptors together, and no host waits for another's", async () => {
  const full = await fullListener()
  await using server = await echoServer("127.0.0.2", full.port)
  const before = openSockets()
  const silent = Array.from({ length: 16 }, () => "127.0.0.1")
  const lost = Array.from({ length: 60 }, () => connectFirst(silent, full.port).then(String, String))
  await Bun.sleep(2500)
  // One each, and those beyond.
  expect(openedSince(before).length).toBeLessThanOrEqual(60 + 256)
  const { address, stream } = await connectFirst(["127.0.0.2"], server.port)
  expect(address).toBe("127.0.0.2")
  stream.terminate()
  full[Symbol.dispose]()
  await Promise.all(lost)
})

test("what nobody waits for any more is given up at once, and one that was given up before is not begun", async () => {
  using full = await fullListener()
  const before = openSockets()
  const gone = new AbortController()
  const addresses = ["127.0.0.1", "127.0.0.1"]
  const begun = failure(connectFirst(addresses, full.port, gone.signal))
  await until(() => openedSince(before).length === 2)
  gone.abort()
  expect((await begun).message).toBe("nobody waited for the connection any more")
  expect((await failure(connectFirst(addresses, full.port, gone.signal))).message).toContain("nobody waited")
  await until(() => openedSince(before).length === 0)
})

describe("what the server says before anybody asks", () => {
  test("is kept", async () => {
    await using server = await bannerServer("220 hello\r\n")
    const { stream, holding } = await connectFirst(["127.0.0.1"], server.port)
    await until(() => holding.held.length > 0)
    expect(holding.held.bytes.toString()).toBe("220 hello\r\n")
    stream.terminate()
  })
})

describe("where nobody answers", () => {
  test("the reason is that of the first address", async () => {
    const port = freePort()
    const { status, message } = await failure(connectFirst(["127.0.0.1", "::1"], port))
    expect(status).toBe(502)
    expect(message).toBe("127.0.0.1: nothing listens there")
  })

  test("where there is no way it is said which", async () => {
    const { status, message } = await failure(connectFirst(["255.255.255.255"], 9))
    expect(status).toBe(502)
    expect(message).toMatch(/^255\.255\.255\.255: (there is no route to it|this machine's firewall)/)
  })

  test("no descriptor is left", async () => {
    await using server = await silentServer()
    const before = descriptors()
    for (let count = 0; count < 20; count++) {
      await failure(connectFirst(["127.0.0.1", "::1"], freePort()))
      const { stream } = await connectFirst(["127.0.0.2", "::1", "127.0.0.1"], server.port)
      stream.terminate()
    }
    for (const socket of server.sockets) socket.destroy()
    await until(() => descriptors() <= before)
  })
})
