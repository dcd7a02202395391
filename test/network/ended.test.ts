import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { once } from "node:events"
import { createServer, type Server } from "node:https"
import { connect } from "node:tls"
import { openTerminator } from "../../src/network/terminator/terminator.ts"
import { createAuthority } from "../../src/network/tls/authority.ts"
import { type BorderOptions, hear, openTestBorder } from "../support/border.ts"
import { fullListener } from "../support/bound-sockets.ts"
import { realHello } from "../support/client-hellos.ts"
import { hostProxy } from "../support/host-proxy.ts"
import { judgeOf } from "../support/judges.ts"
import { leadingTo, openedSince, openSockets } from "../support/open-sockets.ts"
import { eventually } from "../support/process.ts"
import { endOf } from "../support/relays.ts"
import { silentServer, until } from "../support/servers.ts"

const own = createAuthority(undefined)
const foreign = createAuthority(undefined)
let server: Server
let port = 0
const asked: string[] = []

beforeAll(async () => {
  const { key, certificate } = foreign.identityOf("api.test")
  server = createServer({ key, cert: certificate }, (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const body = `answer to ${request.url}`
    response.writeHead(200, { "Content-Length": body.length }).end(body)
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  port = typeof address === "object" && address !== null ? address.port : 0
})
afterAll(() => void server.close())

const allow = ["api.test GET /open/**", "127.0.0.1"]

function open(options: Partial<BorderOptions> = {}) {
  const judge = judgeOf({ allow })
  const terminator = openTerminator({
    authority: own,
    judge: () => judge,
    credentials: [],
    secrets: new Map(),
    upstreamAuthorities: [foreign.certificate],
  })
  return openTestBorder({ allow, hosts: { "api.test": ["127.0.0.1"] }, terminator, ...options })
}

type TestBorder = Awaited<ReturnType<typeof open>>

/** One request with TLS, by a client that trusts the session's authority. @returns the whole answer */
async function get(border: TestBorder, path: string): Promise<string> {
  const socket = await border.connect("api.test", port)
  const client = connect({ socket, servername: "api.test", ca: [own.certificate] })
  await once(client, "secureConnect")
  client.write(`GET ${path} HTTP/1.1\r\nHost: api.test:${port}\r\nConnection: close\r\n\r\n`)
  let text = ""
  client.on("data", data => {
    text += data
  })
  // A refusal leaves the connection open for other requests.
  await until(
    () => Number(/content-length: (\d+)/i.exec(text)?.[1]) <= (text.split("\r\n\r\n")[1] ?? "").length,
  )
  client.destroy()
  return text
}

describe("a host whose requests are looked at", () => {
  test("answers those that are allowed, and each is recorded with the address", async () => {
    await using border = await open()
    expect(await get(border, "/open/1")).toContain("answer to /open/1")
    const [event] = await border.connections(1)
    expect(event).toMatchObject({
      host: "api.test",
      address: "127.0.0.1",
      verdict: "allow",
      request: { method: "GET", path: "/open/1", status: 200 },
    })
    await Bun.sleep(50)
    expect(border.events).toHaveLength(1)
  })

  test("does not see others", async () => {
    await using border = await open()
    const before = asked.length
    expect(await get(border, "/closed")).toContain("HTTP/1.1 403")
    expect(asked.length).toBe(before)
    expect((await border.connections(1))[0]).toMatchObject({
      verdict: "deny",
      request: { path: "/closed", status: 403 },
    })
  })

  test("is connected to by way of the proxy where there is one", async () => {
    await using proxy = await hostProxy({ hosts: { "api.test": "127.0.0.1" } })
    await using border = await open({ proxy: { url: `http://127.0.0.1:${proxy.port}`, except: [] } })
    expect(await get(border, "/open/2")).toContain("answer to /open/2")
    expect(proxy.asked.map(({ target }) => target)).toEqual([`api.test:${port}`])
  })

  test("is waited for no longer than its client waits, before it connects and before it speaks", async () => {
    using full = await fullListener()
    await using silent = await silentServer()
    for (const place of [full.port, silent.port]) {
      await using border = await open()
      const before = openSockets()
      const client = await border.connect("api.test", place)
      client.write(await realHello("api.test"))
      await until(() => leadingTo(place).some(name => openedSince(before).includes(name)))
      client.resetAndDestroy()
      // Sockets of this process that nobody waits for: of the silent server one is its own.
      const isOver = () => openedSince(before).length <= 1 || undefined
      expect(await eventually(isOver, 5000)).toBe(true)
    }
  })

  test("is guarded like any other: its address is judged", async () => {
    await using border = await open({ hosts: { "api.test": ["10.0.0.1"] } })
    expect(await get(border, "/open/3")).toContain("10.0.0.1")
    expect((await border.connections(1))[0]).toMatchObject({ request: { status: 403 } })
  })

  test("is not reached with another server name, nor with none", async () => {
    await using border = await open()
    for (const name of ["other.test", ""]) {
      const client = await border.connect("api.test", port)
      client.write(await realHello(name))
      expect(Buffer.from((await hear(client)).text, "latin1")).toEqual(Buffer.from([21, 3, 3, 0, 2, 2, 49]))
      client.end()
    }
    expect((await border.connections(2)).map(({ verdict }) => verdict)).toEqual(["deny", "deny"])
  })

  test("is not reached without TLS", async () => {
    await using border = await open()
    const web = await border.connect("api.test", port)
    web.write(`GET /open/4 HTTP/1.1\r\nHost: api.test:${port}\r\n\r\n`)
    expect((await hear(web)).text).toContain("it is reached by TLS only")
    web.end()
    const other = await border.connect("api.test", port)
    const ended = endOf(other)
    other.write("SSH-2.0-x\r\n")
    expect(await ended).toBe("ECONNRESET")
  })

  test("is not reached by its address", async () => {
    await using border = await open({ allow: [...allow, "203.0.113.0/24"] })
    const client = await border.connect("203.0.113.9", port)
    client.on("error", () => undefined)
    client.write(await realHello("api.test"))
    // There is nobody at that address; whether or not it can be connected to, the name is not reached that way.
    const { text } = await Promise.race([hear(client), Bun.sleep(1500).then(() => ({ text: "" }))])
    expect(text).not.toContain("answer")
    client.destroy()
  })

  test("is refused in a session that cannot end TLS", async () => {
    const judge = { allow, hosts: { "api.test": ["127.0.0.1"] } }
    await using border = await openTestBorder(judge)
    const client = await border.connect("api.test", port)
    client.write(await realHello("api.test"))
    expect(Buffer.from((await hear(client)).text, "latin1").at(-1)).toBe(49)
    client.end()
    expect((await border.connections(1))[0]?.rule).toContain(
      "which only a session can do that began with the rule",
    )
  })

  test("records a client that comes to nothing", async () => {
    await using border = await open()
    const socket = await border.connect("api.test", port)
    const client = connect({ socket, servername: "api.test", ca: [foreign.certificate] })
    await once(client, "error")
    client.destroy()
    expect((await border.connections(1))[0]).toMatchObject({ verdict: "allow", sent: 0, received: 0 })
  })
})
