import { describe, expect, test } from "bun:test"
import { UpstreamRefused } from "../../../src/network/streams/ended-connection.ts"
import { openProxy } from "../../../src/network/upstream/proxy.ts"
import { AddressesRefused, reach, unreached, type Ways } from "../../../src/network/upstream/upstream.ts"
import { freePort } from "../../support/border.ts"
import { hostProxy } from "../../support/host-proxy.ts"
import { addressAt, judgeOf, nameAt, type Rules } from "../../support/judges.ts"
import { echoServer } from "../../support/servers.ts"
import { scriptedSocks } from "../../support/socks-server.ts"

type Options = { rules: Rules; hosts?: Record<string, string[]>; proxy?: Ways["proxy"] }

function waysOf({ rules, hosts = {}, proxy }: Options): Ways & { asked: string[] } {
  const asked: string[] = []
  const judge = judgeOf(rules)
  return {
    asked,
    judge: () => judge,
    proxy,
    lookUp: async name => {
      asked.push(name)
      return hosts[name] ?? []
    },
  }
}

async function refusal(reaching: Promise<unknown>): Promise<UpstreamRefused> {
  try {
    await reaching
  } catch (cause) {
    if (cause instanceof UpstreamRefused) return cause
    throw cause
  }
  throw new Error("it was not refused")
}

/** Where a connection went. */
async function went(reaching: ReturnType<typeof reach>): Promise<string> {
  const { stream, address } = await reaching
  stream.terminate()
  return address
}

describe("a name", () => {
  test("leads to the address that was looked up", async () => {
    await using server = await echoServer()
    const ways = waysOf({ rules: { allow: ["web.test", "127.0.0.1"] }, hosts: { "web.test": ["127.0.0.1"] } })
    expect(await went(reach(nameAt("web.test", server.port), ways))).toBe("127.0.0.1")
    expect(ways.asked).toEqual(["web.test"])
  })

  test("leads to IPv6 where there is nothing else", async () => {
    await using server = await echoServer("::1")
    const ways = waysOf({ rules: { allow: ["web.test", "::1"] }, hosts: { "web.test": ["::1"] } })
    expect(await went(reach(nameAt("web.test", server.port), ways))).toBe("::1")
  })

  test("does not lead to an address that a guard keeps (rebinding)", async () => {
    await using server = await echoServer()
    for (const allow of [["web.test"], ["*"], ["web.test", "10.0.0.0/8"]]) {
      const ways = waysOf({ rules: { allow }, hosts: { "web.test": ["127.0.0.1"] } })
      const refused = await refusal(reach(nameAt("web.test", server.port), ways))
      expect(refused).toBeInstanceOf(AddressesRefused)
      expect(refused.status).toBe(403)
      expect(refused.message).toBe("web.test leads to loopback address 127.0.0.1")
    }
    expect(server.sockets).toHaveLength(0)
  })

  test.each([
    "169.254.169.254",
    "10.0.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd00::1",
    "64:ff9b::7f00:1",
    "0.0.0.0",
  ])("does not lead to %s", async address => {
    const ways = waysOf({ rules: { allow: ["web.test"] }, hosts: { "web.test": [address] } })
    expect((await refusal(reach(nameAt("web.test", 9), ways))).status).toBe(403)
  })

  test("leads to those of its addresses that are allowed, and to no other", async () => {
    await using server = await echoServer("127.0.0.2")
    await using other = await echoServer("127.0.0.1", server.port)
    const hosts = { "web.test": ["127.0.0.1", "10.0.0.1", "127.0.0.2", "::1"] }
    const ways = waysOf({ rules: { allow: ["web.test", "127.0.0.2"] }, hosts })
    expect(await went(reach(nameAt("web.test", server.port), ways))).toBe("127.0.0.2")
    expect(other.sockets).toHaveLength(0)
  })

  test("does not lead to an address that a rule denies", async () => {
    const rules = { allow: ["web.test"], deny: ["203.0.113.0/24"] }
    const ways = waysOf({ rules, hosts: { "web.test": ["203.0.113.9"] } })
    expect((await refusal(reach(nameAt("web.test", 80), ways))).message).toStartWith("deny 203.0.113.0/24")
  })

  test("is judged by the rules after the look-up", async () => {
    const deny: string[] = []
    const ways: Ways = {
      judge: () => judgeOf({ allow: ["web.test", "127.0.0.1"], deny }),
      proxy: undefined,
      lookUp: async () => {
        deny.push("127.0.0.1")
        return ["127.0.0.1"]
      },
    }
    expect((await refusal(reach(nameAt("web.test", 9), ways))).status).toBe(403)
  })

  test("without an address leads nowhere", async () => {
    const refused = await refusal(reach(nameAt("web.test"), waysOf({ rules: { allow: ["*"] } })))
    expect([refused.status, refused.message]).toEqual([502, "the host finds no address of web.test"])
  })

  test("with a thousand addresses is none to judge all day", async () => {
    const many = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
    const ways = waysOf({
      rules: { allow: ["web.test", "127.0.0.1"] },
      hosts: { "web.test": [...many, "127.0.0.1"] },
    })
    expect((await refusal(reach(nameAt("web.test"), ways))).status).toBe(403)
  })
})

describe("an address", () => {
  test("is connected to as it is", async () => {
    await using server = await echoServer()
    const ways = waysOf({ rules: {} })
    expect(await went(reach(addressAt("127.0.0.1", server.port), ways))).toBe("127.0.0.1")
    expect(ways.asked).toEqual([])
  })
})

describe("a port of the host", () => {
  test.each(["127.0.0.1", "::1"])("is found where it listens: %s", async host => {
    await using server = await echoServer(host)
    for (const dialled of ["127.0.0.1", "::1", "0.0.0.0"]) {
      const destination = { kind: "host port", host: dialled, port: server.port } as const
      expect(await went(reach(destination, waysOf({ rules: {} })))).toBe(host)
    }
  })

  test("is never reached by way of a proxy", async () => {
    await using server = await echoServer()
    await using own = await hostProxy()
    const proxy = openProxy({ url: `http://127.0.0.1:${own.port}`, except: [] }, async () => [])
    const destination = { kind: "host port", host: "127.0.0.1", port: server.port } as const
    expect(await went(reach(destination, waysOf({ rules: {}, proxy })))).toBe("127.0.0.1")
    expect(own.asked).toEqual([])
  })
})

describe("with a proxy", () => {
  test("the name goes to it and is not looked up here", async () => {
    await using server = await echoServer()
    await using own = await hostProxy({ hosts: { "web.test": "127.0.0.1" } })
    const proxy = openProxy({ url: `http://127.0.0.1:${own.port}`, except: ["near.test"] }, async () => [])
    const ways = waysOf({
      rules: { allow: ["web.test", "near.test", "127.0.0.1"] },
      hosts: { "near.test": ["127.0.0.1"] },
      proxy,
    })
    await went(reach(nameAt("web.test", server.port), ways))
    expect(ways.asked).toEqual([])
    expect(own.asked.map(({ target }) => target)).toEqual([`web.test:${server.port}`])
    await went(reach(nameAt("near.test", server.port), ways))
    expect(ways.asked).toEqual(["near.test"])
    expect(own.asked).toHaveLength(1)
  })

  test("an address goes to it too", async () => {
    await using server = await echoServer()
    await using own = await hostProxy()
    const proxy = openProxy({ url: `http://127.0.0.1:${own.port}`, except: [] }, async () => [])
    await went(reach(addressAt("127.0.0.1", server.port), waysOf({ rules: {}, proxy })))
    expect(own.asked.map(({ target }) => target)).toEqual([`127.0.0.1:${server.port}`])
  })
})

describe("with a proxy that is told addresses", () => {
  const socksAt = (port: number) =>
    openProxy({ url: `socks5://127.0.0.1:${port}`, except: [] }, async () => [])
  const connected = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  const refusing = Buffer.from([5, 5])
  const noLogin = Buffer.from([5, 0])
  /** A request for 198.51.100.X port 443. */
  const requestFor = (last: number) => `05010001c63364${last.toString(16).padStart(2, "0")}01bb`

  test("the one that was judged goes to it, and no name", async () => {
    await using own = await scriptedSocks(noLogin, connected)
    const hosts = { "web.test": ["10.0.0.1", "198.51.100.1"] }
    const ways = waysOf({ rules: { allow: ["web.test"] }, hosts, proxy: socksAt(own.port) })
    expect(await went(reach(nameAt("web.test", 443), ways))).toBe("198.51.100.1")
    expect(ways.asked).toEqual(["web.test"])
    expect(own.heard).toEqual(["050100", requestFor(1)])
  })

  test("none that a guard keeps goes to it, as the proxy's network is not ours either (rebinding)", async () => {
    await using own = await scriptedSocks(noLogin, connected)
    for (const address of ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"]) {
      const hosts = { "web.test": [address] }
      const ways = waysOf({ rules: { allow: ["*"] }, hosts, proxy: socksAt(own.port) })
      expect(await refusal(reach(nameAt("web.test", 443), ways))).toBeInstanceOf(AddressesRefused)
    }
    expect(own.heard).toEqual([])
  })

  test("those that are allowed are tried in their order, and not without end", async () => {
    await using own = await scriptedSocks(noLogin, refusing)
    const hosts = { "web.test": Array.from({ length: 20 }, (_, last) => `198.51.100.${last}`) }
    const ways = waysOf({ rules: { allow: ["web.test"] }, hosts, proxy: socksAt(own.port) })
    const refused = await refusal(reach(nameAt("web.test", 443), ways))
    expect(refused.status).toBe(502)
    expect(refused.message).toEndWith("finds nothing that listens there")
    expect(own.heard.filter(message => message.length > 6)).toEqual([0, 1, 2, 3].map(requestFor))
  })

  test("the next one is tried when one is refused", async () => {
    const asked: string[] = []
    const proxy: Ways["proxy"] = {
      looksUp: false,
      isFor: () => true,
      connect: (host, port) => {
        asked.push(host)
        return host === "198.51.100.1"
          ? Promise.reject(new UpstreamRefused(502, "no"))
          : openProxy({ url: "http://127.0.0.1:1", except: [] }, async () => []).connect(host, port)
      },
    }
    const ways = waysOf({
      rules: { allow: ["*"] },
      hosts: { "web.test": ["198.51.100.1", "198.51.100.2"] },
      proxy,
    })
    expect((await refusal(reach(nameAt("web.test", 443), ways))).message).toBe("no")
    expect(asked).toEqual(["198.51.100.1", "198.51.100.2"])
  })

  test("a silent one is not asked for the next", async () => {
    const asked: string[] = []
    const proxy: Ways["proxy"] = {
      looksUp: false,
      isFor: () => true,
      connect: host => {
        asked.push(host)
        return Promise.reject(new UpstreamRefused(504, "it does not answer"))
      },
    }
    const ways = waysOf({
      rules: { allow: ["*"] },
      hosts: { "web.test": ["198.51.100.1", "198.51.100.2"] },
      proxy,
    })
    expect((await refusal(reach(nameAt("web.test", 443), ways))).status).toBe(504)
    expect(asked).toEqual(["198.51.100.1"])
  })

  test("an address that was dialled goes to it as it is", async () => {
    await using own = await scriptedSocks(noLogin, connected)
    const ways = waysOf({ rules: {}, proxy: socksAt(own.port) })
    expect(await went(reach(addressAt("198.51.100.9", 443), ways))).toBe("198.51.100.9")
    expect(own.heard[1]).toBe(requestFor(9))
  })
})

describe("what a client is told", () => {
  test("of a guard: what would open it", async () => {
    const ways = waysOf({ rules: { allow: ["web.test"] }, hosts: { "web.test": ["10.0.0.1"] } })
    const refused = await refusal(reach(nameAt("web.test", 80), ways))
    expect(unreached(refused, nameAt("web.test", 80))).toEqual({
      status: 403,
      host: "web.test",
      port: 80,
      why: "web.test leads to private address 10.0.0.1",
      opening: "10.0.0.1",
    })
  })

  test("of a failure: what it was", async () => {
    const port = freePort()
    const refused = await refusal(reach(addressAt("127.0.0.1", port), waysOf({ rules: {} })))
    expect(unreached(refused, addressAt("127.0.0.1", port))).toEqual({
      status: 502,
      host: "127.0.0.1",
      port,
      why: "127.0.0.1: nothing listens there",
      opening: undefined,
    })
  })
})
