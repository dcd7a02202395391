import { describe, expect, test } from "bun:test"
import type { Connected } from "../../../src/network/streams/connect-first.ts"
import { UpstreamRefused } from "../../../src/network/streams/ended-connection.ts"
import { type HostProxy, openProxy } from "../../../src/network/upstream/proxy.ts"
import { freePort } from "../../support/border.ts"
import { echoServer, onceServer, silentServer, until } from "../../support/servers.ts"
import { honestSocks, scriptedSocks } from "../../support/socks-server.ts"

const bytes = (...numbers: number[]) => Buffer.from(numbers)
/** Takes who has no login, and has connected from somewhere. */
const noLogin = bytes(5, 0)
const connected5 = bytes(5, 0, 0, 1, 192, 0, 2, 1, 0, 80)
const connected4 = bytes(0, 90, 0, 80, 192, 0, 2, 1)

const lookUp = async () => {
  throw new UpstreamRefused(502, "nothing is to be looked up here")
}

function proxyAt(port: number, scheme: string, login = ""): HostProxy {
  return openProxy({ url: `${scheme}://${login}127.0.0.1:${port}`, except: ["internal.test"] }, lookUp)
}

async function failure(connecting: Promise<Connected>): Promise<string> {
  try {
    const { stream } = await connecting
    stream.terminate()
  } catch (cause) {
    if (cause instanceof UpstreamRefused) return `${cause.status} ${cause.message.replace(/:\d+/, "")}`
    throw cause
  }
  return "it did not fail"
}

async function said({ stream, holding }: Connected, length: number): Promise<string> {
  await until(() => holding.held.length >= length)
  stream.terminate()
  return holding.held.bytes.toString()
}

describe("a tunnel", () => {
  test("by version 5 is asked for by name, or by address", async () => {
    for (const [host, target] of [
      ["web.test", "03087765622e74657374"],
      ["203.0.113.7", "01cb007107"],
      ["2001:db8::1", "0420010db8000000000000000000000001"],
    ] as const) {
      await using own = await scriptedSocks(noLogin, connected5)
      const { stream, isPlain } = await proxyAt(own.port, "socks5h").connect(host, 443)
      stream.terminate()
      expect(isPlain).toBe(true)
      expect(own.heard).toEqual(["050100", `050100${target}01bb`])
    }
  })

  test("by version 4 is asked for by name, or by address, with the name of a user", async () => {
    for (const [host, login, message] of [
      ["web.test", "me@", "040101bb000000016d65007765622e7465737400"],
      ["203.0.113.7", "", "040101bbcb00710700"],
    ] as const) {
      await using own = await scriptedSocks(connected4)
      const { stream } = await proxyAt(own.port, "socks4a", login).connect(host, 443)
      stream.terminate()
      expect(own.heard).toEqual([message])
    }
  })

  test("by version 4 leads to no IPv6 address, and the proxy is not asked", async () => {
    await using own = await scriptedSocks(connected4)
    expect(await failure(proxyAt(own.port, "socks4a").connect("2001:db8::1", 443))).toBe(
      "502 the host's proxy 127.0.0.1 speaks SOCKS4, which has no IPv6 addresses",
    )
    expect(own.heard).toEqual([])
  })

  test("keeps what the server says first, however the answer is cut", async () => {
    const all = Buffer.concat([connected5, Buffer.from("220 hello\r\n")])
    for (const cut of [0, 1, 4, 9, 10, 11, all.length]) {
      await using own = await scriptedSocks(noLogin, all.subarray(0, cut))
      const connecting = proxyAt(own.port, "socks5h").connect("web.test", 25)
      await until(() => own.heard.length === 2)
      own.sockets[0]?.write(all.subarray(cut))
      expect(await said(await connecting, 11)).toBe("220 hello\r\n")
    }
  })

  test("has a login where the proxy wants one, and none where it does not", async () => {
    await using server = await echoServer()
    await using own = await honestSocks({ user: "do main", password: "p@ss:ü" })
    const proxy = proxyAt(own.port, "socks5h", "do%20main:p%40ss%3A%C3%BC@")
    const connected = await proxy.connect("web.test", server.port)
    connected.stream.write("x".repeat(50_000))
    expect(await said(connected, 50_000)).toBe("x".repeat(50_000))
    await using free = await scriptedSocks(noLogin, connected5)
    const { stream } = await proxyAt(free.port, "socks5h", "me:hunter2@").connect("web.test", 80)
    stream.terminate()
    expect(free.heard.join()).not.toContain(Buffer.from("hunter2").toString("hex"))
  })

  test("is only for what goes by the proxy", () => {
    const proxy = proxyAt(1, "socks5")
    expect([proxy.isFor("web.test", 80), proxy.isFor("a.internal.test", 80)]).toEqual([true, false])
    expect([proxy.looksUp, proxyAt(1, "socks5h").looksUp]).toEqual([false, true])
  })
})

describe("a login that is refused", () => {
  test("is said, and not which", async () => {
    await using own = await honestSocks({ user: "me", password: "secret" })
    const refused = await failure(proxyAt(own.port, "socks5h", "me:wrongpass@").connect("web.test", 80))
    expect(refused).toBe("502 the host's proxy 127.0.0.1 refuses the login")
  })

  test("because there is none is said", async () => {
    await using own = await honestSocks({ user: "me", password: "secret" })
    expect(await failure(proxyAt(own.port, "socks5h").connect("web.test", 80))).toBe(
      "502 the host's proxy 127.0.0.1 wants a login",
    )
    expect(own.heard).toEqual(["050100"])
  })
})

describe("a proxy that", () => {
  const long = Buffer.alloc(100_000, 5)
  test.each([
    ["hangs up at once", "socks5h", ["end"], "hung up"],
    ["resets at once", "socks5h", ["reset"], "hung up"],
    ["hangs up within its answer", "socks5h", [bytes(5)], "hung up"],
    ["hangs up before it has connected", "socks5h", [noLogin, "end"], "hung up"],
    ["hangs up within an address", "socks5h", [noLogin, bytes(5, 0, 0, 3, 255, 65)], "hung up"],
    ["is one of HTTP", "socks5h", [Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")], "does not speak SOCKS5"],
    ["speaks another version", "socks5h", [bytes(4, 0)], "does not speak SOCKS5"],
    ["speaks the newer version", "socks4a", [bytes(5, 0)], "does not speak SOCKS4"],
    [
      "chooses a login that nobody has",
      "socks5h",
      [bytes(5, 2)],
      "wants a login of a kind that was not offered",
    ],
    ["chooses GSSAPI", "socks5h", [bytes(5, 1)], "wants a login of a kind that was not offered"],
    ["forbids it", "socks5h", [noLogin, bytes(5, 2, 0, 1)], "does not allow the connection"],
    ["says so and nothing else", "socks5h", [noLogin, bytes(5, 5)], "finds nothing that listens there"],
    ["gives an answer that there is none of", "socks5h", [noLogin, bytes(5, 77)], "gave the answer 77"],
    ["changes the version", "socks5h", [noLogin, bytes(4, 0, 0, 1)], "does not speak SOCKS5"],
    [
      "has a strange address",
      "socks5h",
      [noLogin, bytes(5, 0, 0, 9, 0)],
      "answers with an address of no known kind",
    ],
    ["says far too much", "socks5h", [long], "wants a login of a kind that was not offered"],
    ["says far too much later", "socks5h", [noLogin, long], "finds nothing that listens there"],
    ["refuses", "socks4a", [bytes(0, 91, 0, 0, 0, 0, 0, 0)], "failed to connect, or does not allow it"],
    ["is cut", "socks4a", [bytes(0, 90, 0)], "hung up"],
  ] as const)("%s (%s) fails with a reason", async (_, scheme, answers, why) => {
    await using own = await scriptedSocks(...answers)
    const failed = failure(proxyAt(own.port, scheme).connect("web.test", 443))
    // What comes no more is not waited for.
    await until(() => own.heard.length >= answers.length)
    await Bun.sleep(20)
    for (const socket of own.sockets) socket.end()
    expect(await failed).toBe(`502 the host's proxy 127.0.0.1 ${why}`)
    await until(() => own.sockets.every(({ destroyed }) => destroyed))
  })

  test("is not there fails as well", async () => {
    expect(await failure(proxyAt(freePort(), "socks5").connect("203.0.113.1", 443))).toBe(
      "502 the host's proxy cannot be reached: 127.0.0.1: nothing listens there",
    )
  })

  test("is taken for one of HTTP, or the other way round, is told apart", async () => {
    await using http = await onceServer("HTTP/1.1 200 OK\r\n\r\n")
    expect(await failure(proxyAt(http.port, "socks5").connect("203.0.113.1", 443))).toContain("SOCKS5")
    await using socks = await scriptedSocks(bytes(5, 255), "end")
    const connecting = failure(proxyAt(socks.port, "http").connect("web.test", 443))
    await until(() => socks.heard.length > 0)
    socks.sockets[0]?.end()
    expect(await connecting).toBe("502 the host's proxy 127.0.0.1 hung up")
  })

  test("hangs up while nobody has answered leaves no timer behind", async () => {
    await using own = await silentServer()
    const failed = failure(proxyAt(own.port, "socks5").connect("203.0.113.1", 443))
    await until(() => own.sockets.length > 0)
    own.sockets[0]?.destroy()
    expect(await failed).toContain("hung up")
  })
})
