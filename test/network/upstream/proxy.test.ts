import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Connected } from "../../../src/network/streams/connect-first.ts"
import { UpstreamRefused } from "../../../src/network/streams/ended-connection.ts"
import { openProxy } from "../../../src/network/upstream/proxy.ts"
import { freePort } from "../../support/border.ts"
import { type HostProxyOptions, hostProxy, selfSigned } from "../../support/host-proxy.ts"
import { bannerServer, echoServer, onceServer, silentServer, until } from "../../support/servers.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-proxy-"))
afterAll(() => rmSync(directory, { recursive: true }))

const lookUp = async (name: string) => {
  if (name === "proxy.test") return ["127.0.0.1"]
  throw new UpstreamRefused(502, `the host finds no address of ${name}`)
}

async function failure(connecting: Promise<unknown>): Promise<UpstreamRefused> {
  try {
    await connecting
  } catch (cause) {
    if (cause instanceof UpstreamRefused) return cause
    throw cause
  }
  throw new Error("it did not fail")
}

/** Says something through a tunnel and waits for it to come back. */
async function echo({ stream, holding }: Connected, text = "hello"): Promise<string> {
  stream.write(text)
  await until(() => holding.held.length >= text.length)
  const said = holding.held.bytes.toString()
  stream.terminate()
  return said
}

describe("which hosts go through it", () => {
  test("all but the exceptions", () => {
    const proxy = openProxy({ url: "http://127.0.0.1:1", except: ["internal.test", "10.0.0.0/8"] }, lookUp)
    expect(proxy.isFor("web.test", 443)).toBe(true)
    expect(proxy.isFor("203.0.113.1", 443)).toBe(true)
    expect(proxy.isFor("a.internal.test", 443)).toBe(false)
    expect(proxy.isFor("10.1.2.3", 443)).toBe(false)
  })
})

describe("a tunnel", () => {
  test("leads to where the proxy says that the name leads", async () => {
    await using server = await echoServer()
    await using own = await hostProxy({ hosts: { "web.test": "127.0.0.1" } })
    const proxy = openProxy({ url: `http://127.0.0.1:${own.port}`, except: [] }, lookUp)
    const connected = await proxy.connect("web.test", server.port)
    expect(connected.isPlain).toBe(true)
    expect(connected.address).toBe("127.0.0.1")
    expect(await echo(connected)).toBe("hello")
    const target = `web.test:${server.port}`
    expect(own.asked).toEqual([{ target, host: target, login: undefined }])
  })

  test("is asked for by name: the host looks up the proxy alone", async () => {
    await using server = await echoServer()
    await using own = await hostProxy({ hosts: { "web.test": "127.0.0.1" } })
    const proxy = openProxy({ url: `http://proxy.test:${own.port}`, except: [] }, lookUp)
    expect(await echo(await proxy.connect("web.test", server.port))).toBe("hello")
  })

  test("to an IPv6 address has its brackets", async () => {
    await using server = await echoServer("::1")
    await using own = await hostProxy()
    const proxy = openProxy({ url: `http://127.0.0.1:${own.port}`, except: [] }, lookUp)
    expect(await echo(await proxy.connect("::1", server.port))).toBe("hello")
    expect(own.asked[0]?.target).toBe(`[::1]:${server.port}`)
  })

  test("keeps what the server says first, and nothing of the proxy's", async () => {
    await using server = await bannerServer("220 hello\r\n")
    await using own = await hostProxy()
    const proxy = openProxy({ url: `http://127.0.0.1:${own.port}`, except: [] }, lookUp)
    const { stream, holding } = await proxy.connect("127.0.0.1", server.port)
    await until(() => holding.held.length > 0)
    expect(holding.held.bytes.toString()).toBe("220 hello\r\n")
    stream.terminate()
  })

  test("is open after answers that are for the meantime", async () => {
    await using own = await onceServer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nX: y\r\n\r\nfirst")
    const proxy = openProxy({ url: `http://127.0.0.1:${own.port}`, except: [] }, lookUp)
    const { stream, holding } = await proxy.connect("web.test", 443)
    expect(holding.held.bytes.toString()).toBe("first")
    stream.terminate()
  })
})

describe("a login", () => {
  async function ask(userinfo: string, options: HostProxyOptions) {
    await using server = await echoServer()
    await using own = await hostProxy(options)
    const proxy = openProxy({ url: `http://${userinfo}127.0.0.1:${own.port}`, except: [] }, lookUp)
    return { said: await echo(await proxy.connect("127.0.0.1", server.port)), login: own.asked[0]?.login }
  }

  test("is given when there is one", async () => {
    expect(await ask("me:secret@", { login: "me:secret" })).toEqual({ said: "hello", login: "me:secret" })
  })

  test("is decoded, as curl(1) does", async () => {
    const login = "do main:p@ss:ü/%"
    const userinfo = `${encodeURIComponent("do main")}:${encodeURIComponent("p@ss:ü/%")}@`
    expect((await ask(userinfo, { login })).login).toBe(login)
  })

  test("that is wrong is said, and not which", async () => {
    const refused = await failure(ask("me:wrongpass@", { login: "me:secret" }))
    expect(refused.status).toBe(502)
    expect(refused.message).toMatch(
      /^the host's proxy 127\.0\.0\.1:\d+ answered: HTTP\/1\.1 407 Proxy Authentication Required$/,
    )
    expect(refused.message).not.toContain("wrongpass")
  })
})

describe("no way", () => {
  test.each([
    ["refuses", "HTTP/1.1 403 Forbidden by policy\r\n\r\n", "answered: HTTP/1.1 403 Forbidden by policy"],
    ["speaks something else", "SSH-2.0-OpenSSH\r\n\r\n", "answered: SSH-2.0-OpenSSH"],
    ["says too much", "x".repeat(20_000), "did not answer in HTTP"],
    ["hangs up", "", "hung up"],
    ["never comes to an answer", "HTTP/1.1 100 Continue\r\n\r\n".repeat(50), "did not come to an answer"],
    ["drives terminals", "HTTP/1.1 500 \x1b[31m\r\n\r\n", "answered: HTTP/1.1 500 \\x1b[31m"],
  ])("when the proxy %s", async (_, answer, why) => {
    await using own = await onceServer(answer)
    const proxy = openProxy({ url: `http://127.0.0.1:${own.port}`, except: [] }, lookUp)
    const refused = await failure(proxy.connect("web.test", 443))
    expect(refused.status).toBe(502)
    expect(refused.message).toContain(why)
    expect(refused.message).toStartWith("the host's proxy 127.0.0.1:")
  })

  test("when nobody is there", async () => {
    const proxy = openProxy({ url: `http://127.0.0.1:${freePort()}`, except: [] }, lookUp)
    expect((await failure(proxy.connect("web.test", 443))).message).toBe(
      "the host's proxy cannot be reached: 127.0.0.1: nothing listens there",
    )
  })

  test("when there is no such proxy", async () => {
    const proxy = openProxy({ url: "http://nowhere.test:3128", except: [] }, lookUp)
    expect((await failure(proxy.connect("web.test", 443))).message).toBe(
      "the host's proxy cannot be reached: the host finds no address of nowhere.test",
    )
  })
})

describe("TLS to the proxy", () => {
  const trusted = selfSigned("proxy.test", directory)

  /** The authorities of the host are those in a file. */
  async function trusting<T>(file: string, act: () => Promise<T>): Promise<T> {
    const { SSL_CERT_FILE } = process.env
    process.env.SSL_CERT_FILE = file
    try {
      return await act()
    } finally {
      if (SSL_CERT_FILE === undefined) delete process.env.SSL_CERT_FILE
      else process.env.SSL_CERT_FILE = SSL_CERT_FILE
    }
  }

  test("is one more layer", async () => {
    await using server = await echoServer()
    await using own = await hostProxy({ tls: trusted, login: "me:secret" })
    const proxy = openProxy({ url: `https://me:secret@proxy.test:${own.port}`, except: [] }, lookUp)
    await trusting(trusted.file, async () => {
      const connected = await proxy.connect("127.0.0.1", server.port)
      expect(connected.isPlain).toBe(false)
      expect(await echo(connected, "x".repeat(50_000))).toBe("x".repeat(50_000))
    })
    expect(own.asked[0]?.login).toBe("me:secret")
  })

  test("is not with somebody whom the host does not trust", async () => {
    const other = selfSigned("other.test", directory)
    await using own = await hostProxy({ tls: trusted, login: "me:secret" })
    const proxy = openProxy({ url: `https://me:secret@proxy.test:${own.port}`, except: [] }, lookUp)
    const refused = await trusting(other.file, () => failure(proxy.connect("web.test", 443)))
    expect(refused.message).toStartWith("the host's proxy cannot be reached: no TLS to it: ")
    expect(own.asked).toEqual([])
  })

  test("is not with somebody else whom it trusts", async () => {
    const other = selfSigned("other.test", directory)
    await using own = await hostProxy({ tls: other })
    const proxy = openProxy({ url: `https://proxy.test:${own.port}`, except: [] }, lookUp)
    const refused = await trusting(other.file, () => failure(proxy.connect("web.test", 443)))
    expect(refused.message).toContain("no TLS to it: ")
    expect(own.asked).toEqual([])
  })

  test("fails with one that does not speak it", async () => {
    await using own = await onceServer("HTTP/1.1 400 Bad Request\r\n\r\n")
    const proxy = openProxy({ url: `https://proxy.test:${own.port}`, except: [] }, lookUp)
    expect((await failure(proxy.connect("web.test", 443))).message).toContain("no TLS to it: ")
  })

  test("with one that hangs up fails at once", async () => {
    await using own = await silentServer()
    const proxy = openProxy({ url: `https://proxy.test:${own.port}`, except: [] }, lookUp)
    const failed = failure(proxy.connect("web.test", 443))
    await until(() => own.sockets.length > 0)
    own.sockets[0]?.destroy()
    expect((await failed).message).toContain("no TLS to it: ")
  })
})
