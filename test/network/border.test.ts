import { describe, expect, test } from "bun:test"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect as connectTls } from "node:tls"
import type { Approvals } from "../../src/network/people/approvals.ts"
import { freePort, hear, openTestBorder, testProgram } from "../support/border.ts"
import { realHello } from "../support/client-hellos.ts"
import { hostProxy, selfSigned } from "../support/host-proxy.ts"
import { rulesOf } from "../support/judges.ts"
import { endOf, readPattern, writePattern } from "../support/relays.ts"
import { bannerServer, echoServer, onceServer, serverOf, until } from "../support/servers.ts"

const loopback = { "web.test": ["127.0.0.1"] }
const web = { allow: ["web.test", "127.0.0.1"], hosts: loopback }
const request = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
const answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
const descriptors = () => readdirSync("/proc/self/fd").length

describe("a host that is allowed", () => {
  test("is reached, and the record says who, where, why and how much", async () => {
    await using server = await onceServer(answer)
    await using border = await openTestBorder(web)
    const client = await border.connect("web.test", server.port)
    client.end(request(`web.test:${server.port}`))
    expect((await hear(client)).text).toBe(answer)
    const [{ milliseconds = -1, ...event } = {}] = await border.connections(1)
    expect(event).toEqual({
      kind: "connection",
      process: process.pid,
      program: testProgram,
      host: "web.test",
      address: "127.0.0.1",
      port: server.port,
      verdict: "allow",
      rule: "allow web.test (user, ~/.config/cordon/policy.yaml:1)",
      sent: request(`web.test:${server.port}`).length,
      received: answer.length,
    })
    expect(milliseconds).toBeGreaterThanOrEqual(0)
  })

  test("may speak first", async () => {
    await using server = await bannerServer("SSH-2.0-OpenSSH_9.2\r\n")
    await using border = await openTestBorder(web)
    const client = await border.connect("web.test", server.port)
    const [data] = (await once(client, "data")) as [Buffer]
    expect(data.toString()).toBe("SSH-2.0-OpenSSH_9.2\r\n")
    client.destroy()
  })

  test("is reached by TLS that names it, and by no other", async () => {
    await using server = await echoServer()
    await using border = await openTestBorder(web)
    const fine = await border.connect("web.test", server.port)
    const hello = await realHello("web.test")
    fine.write(hello)
    const [echo] = (await once(fine, "data")) as [Buffer]
    expect(echo.equals(hello)).toBe(true)
    fine.end()
    const fronted = await border.connect("web.test", server.port)
    fronted.write(await realHello("other.test"))
    expect(Buffer.from((await hear(fronted)).text, "latin1")).toEqual(Buffer.from([21, 3, 3, 0, 2, 2, 49]))
    expect(server.heard[1] ?? "").toBe("")
    const events = await border.connections(2)
    expect(events.map(({ verdict }) => verdict).sort()).toEqual(["allow", "deny"])
  })

  test("takes much and gives much", async () => {
    const length = 8 * 1024 * 1024
    await using server = await echoServer()
    await using border = await openTestBorder(web)
    const client = await border.connect("web.test", server.port)
    const read = readPattern(client)
    await writePattern(client, length)
    expect(await read).toEqual({ length, flawAt: undefined })
  })

  test("is reached by IPv6 when it has nothing else", async () => {
    await using server = await echoServer("::1")
    await using border = await openTestBorder({ allow: ["six.test", "::1"], hosts: { "six.test": ["::1"] } })
    const client = await border.connect("six.test", server.port)
    client.end("hello")
    expect((await hear(client)).text).toBe("hello")
    expect((await border.connections(1))[0]?.address).toBe("::1")
  })

  test("is looked up once, when it is connected to: the checked address is the one that is dialled", async () => {
    await using server = await echoServer()
    let count = 0
    const rebinding = () => [["127.0.0.1"], ["10.0.0.1"]][count++] ?? []
    await using border = await openTestBorder({ ...web, hosts: { "web.test": rebinding } })
    for (const expected of ["hello", ""]) {
      const client = await border.connect("web.test", server.port)
      client.end("hello")
      expect((await hear(client)).text).toBe(expected)
    }
    expect(count).toBe(2)
    const [, second] = await border.connections(2)
    expect(second).toMatchObject({
      verdict: "deny",
      rule: "web.test leads to private address 10.0.0.1",
      address: "",
    })
  })
})

describe("a host that is not", () => {
  const denying = { ...web, deny: ["bad.test"] }

  test("is refused in HTTP with the rule", async () => {
    await using border = await openTestBorder(denying)
    const client = await border.connect("bad.test", 80)
    client.write(request("bad.test"))
    const { text } = await hear(client)
    expect(text).toStartWith("HTTP/1.1 403 Forbidden\r\n")
    expect(text).toContain("deny bad.test (user, ~/.config/cordon/policy.yaml:1)")
    client.end()
    expect(await border.connections(1)).toMatchObject([
      { verdict: "deny", host: "bad.test", port: 80, sent: 0, received: 0, address: "" },
    ])
  })

  test("is refused by an alert of TLS, which a client knows", async () => {
    await using border = await openTestBorder(denying)
    const client = connectTls({ socket: await border.connect("bad.test", 443), servername: "bad.test" })
    const [error] = (await once(client, "error")) as [NodeJS.ErrnoException]
    expect(`${error.code} ${error.message}`).toMatch(/ACCESS_DENIED|access denied/)
  })

  test("is reset otherwise, at once when it has spoken and soon when it has not", async () => {
    await using border = await openTestBorder(denying)
    const order: string[] = []
    const attempt = async (name: string, first: string) => {
      const client = await border.connect("bad.test", 5432)
      const ended = endOf(client)
      if (first !== "") client.write(first)
      expect(await ended).toBe("ECONNRESET")
      order.push(name)
    }
    await Promise.all([
      attempt("silent", ""),
      attempt("binary", "\0\0\0\x08"),
      attempt("text", "EHLO me\r\n"),
    ])
    expect(order.at(-1)).toBe("silent")
  })

  test("is not looked up", async () => {
    let asked = 0
    const lookUp = () => {
      asked++
      return ["127.0.0.1"]
    }
    await using border = await openTestBorder({
      deny: ["bad.test"],
      hosts: { "bad.test": lookUp, "new.test": lookUp },
    })
    for (const host of ["bad.test", "new.test"]) {
      const client = await border.connect(host, 80)
      client.write(request(host))
      expect((await hear(client)).text).toContain("403")
      client.end()
    }
    expect(asked).toBe(0)
  })

  test.each(["203.0.113.7", "10.0.0.1", "169.254.169.254", "2001:db8::1", "198.18.99.99"])(
    "because it is the address %s is refused as that",
    async address => {
      await using border = await openTestBorder({ allow: ["web.test"] })
      const client = await border.connect(address, 80)
      client.write(request("web.test"))
      expect((await hear(client)).text).toContain("HTTP/1.1 403")
      client.end()
      expect((await border.connections(1))[0]).toMatchObject({ host: address, verdict: "deny" })
    },
  )

  test("is refused to curl(1) in words", async () => {
    await using border = await openTestBorder(denying)
    const { text, code } = await curl(border, "http://bad.test/")
    expect(code).toBe(0)
    expect(text).toContain("cordon: the sandbox refuses the connection to bad.test:80")
  })
})

/** curl(1), which is told from which port to come. */
async function curl(border: Awaited<ReturnType<typeof openTestBorder>>, url: string) {
  const { hostname, port, protocol } = new URL(url)
  const dialled = Number(port || (protocol === "https:" ? 443 : 80))
  const own = freePort()
  await border.dial(own, hostname, dialled)
  const child = spawn("curl", [
    ...[
      "-sS",
      "--local-port",
      String(own),
      "--connect-to",
      `${hostname}:${dialled}:127.0.0.1:${border.port}`,
    ],
    ...["--interface", "127.0.0.1", url],
  ])
  let text = ""
  child.stdout.on("data", data => {
    text += data
  })
  const [code] = (await once(child, "close")) as [number]
  return { text, code }
}

describe("a failure beyond the sandbox", () => {
  test("is no 403, and the record says that it was allowed", async () => {
    await using border = await openTestBorder(web)
    const port = freePort()
    const client = await border.connect("web.test", port)
    client.write(request("web.test"))
    const { text } = await hear(client)
    expect(text).toStartWith("HTTP/1.1 502 Bad Gateway")
    expect(text).toContain("127.0.0.1: nothing listens there")
    client.end()
    expect(await border.connections(1)).toMatchObject([
      { verdict: "allow", failure: "127.0.0.1: nothing listens there", address: "" },
    ])
  })

  test("is another alert of TLS", async () => {
    await using border = await openTestBorder({ allow: ["nowhere.test"] })
    const client = await border.connect("nowhere.test", 443)
    client.write(await realHello("nowhere.test"))
    expect(Buffer.from((await hear(client)).text, "latin1")).toEqual(Buffer.from([21, 3, 3, 0, 2, 2, 80]))
    client.end()
  })
})

describe("a port of the host", () => {
  test("is reached when it is listed, whatever is said to it", async () => {
    await using server = await echoServer()
    await using border = await openTestBorder({ hostPorts: [server.port] })
    for (const address of ["127.0.0.1", "::1", "127.9.9.9"]) {
      const client = await border.connect(address, server.port)
      client.end(request("anything.test"))
      expect((await hear(client)).text).toBe(request("anything.test"))
    }
    const events = await border.connections(3)
    expect(events.every(({ rule }) => rule === `host_ports ${server.port}`)).toBe(true)
  })

  test("is not reached when it is not", async () => {
    await using server = await echoServer()
    await using border = await openTestBorder({ allow: ["*", "127.0.0.0/8"], hostPorts: [server.port + 1] })
    const client = await border.connect("127.0.0.1", server.port)
    client.write(request("127.0.0.1"))
    expect((await hear(client)).text).toContain("is not in host_ports")
    client.end()
    expect(server.sockets).toHaveLength(0)
  })
})

describe("a connection of which nobody says where it wants to", () => {
  test("is reset, and reaches nothing", async () => {
    await using server = await echoServer()
    await using border = await openTestBorder({ hostPorts: [server.port], ...web })
    const client = connect({ host: "127.0.0.1", port: border.port })
    const ended = endOf(client)
    client.write(request("web.test"))
    expect(await ended).toBe("ECONNRESET")
    expect(server.sockets).toHaveLength(0)
    expect(border.events).toEqual([])
  })

  test("is served when that comes a little later", async () => {
    await using server = await echoServer()
    await using border = await openTestBorder({ hostPorts: [server.port] })
    const client = connect({ host: "127.0.0.1", port: border.port, allowHalfOpen: true })
    await once(client, "connect")
    client.end("hello")
    await Bun.sleep(200)
    await border.dial(client.localPort ?? 0, "127.0.0.1", server.port)
    expect((await hear(client)).text).toBe("hello")
  })
})

describe("a question", () => {
  /** Somebody who answers when the test says so. */
  function person() {
    const questions: { host: string; port: number; program: string }[] = []
    const answers: ((answer: "allow" | "deny") => void)[] = []
    const withdrawn: (AbortSignal | undefined)[] = []
    const approvals: Approvals = {
      ask: ({ host, port, program }, signal) => {
        questions.push({ host, port, program })
        withdrawn.push(signal)
        return new Promise(resolve => answers.push(resolve))
      },
    } as Approvals
    return { questions, answers, withdrawn, approvals }
  }
  const asking = { allow: ["127.0.0.1"], ask: "unlisted", hosts: loopback } as const

  test("holds a connection until it is answered", async () => {
    await using server = await echoServer()
    const { questions, answers, approvals } = person()
    await using border = await openTestBorder({ ...asking, approvals })
    const client = await border.connect("web.test", server.port)
    client.end("hello")
    await until(() => questions.length > 0)
    expect(questions).toEqual([{ host: "web.test", port: server.port, program: testProgram }])
    await Bun.sleep(50)
    expect(server.sockets).toHaveLength(0)
    answers[0]?.("allow")
    expect((await hear(client)).text).toBe("hello")
    expect((await border.connections(1))[0]).toMatchObject({ verdict: "allow", rule: "allowed when asked" })
  })

  test("that is answered no is a refusal, and none of the network's", async () => {
    const { questions, answers, approvals } = person()
    await using border = await openTestBorder({ ...asking, approvals })
    const client = await border.connect("web.test", 80)
    client.write(request("web.test"))
    await until(() => questions.length > 0)
    answers[0]?.("deny")
    expect((await hear(client)).text).toContain("no rule allows it, and nobody allowed it when asked")
    client.end()
  })

  test("is withdrawn when the client hangs up", async () => {
    const { questions, withdrawn, approvals } = person()
    await using border = await openTestBorder({ ...asking, approvals })
    const [broken, silent] = [await border.connect("web.test", 80), await border.connect("web.test", 81)]
    broken.write("x")
    await until(() => questions.length === 2)
    broken.resetAndDestroy()
    silent.end()
    const events = await border.connections(2)
    expect(events.map(({ verdict }) => verdict)).toEqual(["deny", "deny"])
    expect(withdrawn.map(signal => signal?.aborted)).toEqual([true, true])
  })

  test("is not asked about what a rule or a guard decides", async () => {
    const { questions, approvals } = person()
    await using border = await openTestBorder({ ...asking, deny: ["bad.test"], approvals })
    for (const host of ["bad.test", "10.0.0.1", "metadata.google.internal"]) {
      const client = await border.connect(host, 80)
      client.write(request(host))
      expect((await hear(client)).text).toContain("403")
      client.end()
    }
    expect(questions).toEqual([])
  })

  test("without anybody to ask is a refusal at once", async () => {
    await using border = await openTestBorder(asking)
    const client = await border.connect("web.test", 80)
    client.write(request("web.test"))
    expect((await hear(client)).text).toContain("no rule allows it, and nobody can be asked")
    client.end()
  })

  test("opens no address that a guard keeps", async () => {
    const { questions, answers, approvals } = person()
    await using border = await openTestBorder({
      ask: "unlisted",
      hosts: { "web.test": ["10.0.0.1"] },
      approvals,
    })
    const client = await border.connect("web.test", 80)
    client.write(request("web.test"))
    await until(() => questions.length > 0)
    answers[0]?.("allow")
    expect((await hear(client)).text).toContain("web.test leads to private address 10.0.0.1")
    client.end()
  })
})

describe("a rule that comes later", () => {
  test("ends what it denies, and nothing else", async () => {
    await using server = await echoServer()
    await using border = await openTestBorder({
      allow: ["web.test", "other.test", "127.0.0.1"],
      hosts: { ...loopback, "other.test": ["127.0.0.1"] },
    })
    const [denied, other] = [
      await border.connect("web.test", server.port),
      await border.connect("other.test", server.port),
    ]
    for (const client of [denied, other]) {
      client.write("hello\r\n")
      await once(client, "data")
    }
    const ended = endOf(denied)
    for (const rule of rulesOf("deny", ["web.test"])) border.rules.add(rule)
    expect(await ended).toBe("ECONNRESET")
    expect((await border.connections(1))[0]).toMatchObject({
      host: "web.test",
      verdict: "deny",
      rule: "deny web.test (user, ~/.config/cordon/policy.yaml:1)",
      sent: 7,
    })
    other.end("still here")
    expect((await hear(other)).text).toEndWith("still here")
  })

  test("refuses what was being connected when it came", async () => {
    await using proxy = await serverOf(() => undefined)
    await using border = await openTestBorder({
      allow: ["far.test"],
      proxy: { url: `http://127.0.0.1:${proxy.port}`, except: [] },
    })
    const client = await border.connect("far.test", 80)
    client.write(request("far.test"))
    await until(() => proxy.heard[0]?.endsWith("\r\n\r\n") === true)
    for (const rule of rulesOf("deny", ["far.test"])) border.rules.add(rule)
    proxy.sockets[0]?.write("HTTP/1.1 200 OK\r\n\r\n")
    expect((await hear(client)).text).toStartWith("HTTP/1.1 403 ")
    client.end()
    expect(proxy.heard[0]).not.toContain("GET")
    expect((await border.connections(1))[0]).toMatchObject({ host: "far.test", verdict: "deny" })
  })

  test("does not end what goes through a proxy whose address is denied to programs", async () => {
    await using server = await echoServer()
    await using proxy = await hostProxy({ hosts: { "far.test": "127.0.0.1" } })
    await using border = await openTestBorder({
      allow: ["far.test"],
      deny: ["127.0.0.0/8"],
      proxy: { url: `http://127.0.0.1:${proxy.port}`, except: [] },
    })
    const client = await border.connect("far.test", server.port)
    client.write("hello\r\n")
    await once(client, "data")
    for (const rule of rulesOf("deny", ["other.test"])) border.rules.add(rule)
    client.end("still here")
    expect((await hear(client)).text).toEndWith("still here")
  })

  test("allows from then on", async () => {
    await using server = await echoServer()
    await using border = await openTestBorder({ allow: ["127.0.0.1"], hosts: loopback })
    const attempt = async () => {
      const client = await border.connect("web.test", server.port)
      client.end("hello\r\n")
      return (await hear(client)).text
    }
    expect(await attempt()).toBe("")
    for (const rule of rulesOf("allow", ["web.test"])) border.rules.add(rule)
    expect(await attempt()).toBe("hello\r\n")
  })
})

describe("the host's proxy", () => {
  test("is gone through, with what nobody else knows", async () => {
    await using server = await echoServer()
    await using proxy = await hostProxy({ login: "me:secret", hosts: { "far.test": "127.0.0.1" } })
    await using border = await openTestBorder({
      allow: ["far.test"],
      proxy: { url: `http://me:secret@127.0.0.1:${proxy.port}`, except: [] },
    })
    const client = await border.connect("far.test", server.port)
    client.end("hello")
    expect((await hear(client)).text).toBe("hello")
    expect(proxy.asked).toMatchObject([{ target: `far.test:${server.port}`, login: "me:secret" }])
    const denied = await border.connect("bad.test", 80)
    denied.write(request("bad.test"))
    expect((await hear(denied)).text).toContain("403")
    denied.end()
    expect(proxy.asked).toHaveLength(1)
    expect(JSON.stringify(await border.connections(2))).not.toContain("secret")
  })
})

describe("a proxy that is reached by TLS", () => {
  test("takes much and gives much, and ends in order", async () => {
    const directory = mkdtempSync(join(tmpdir(), "cordon-border-"))
    const tls = selfSigned("localhost", directory)
    const before = process.env.SSL_CERT_FILE
    process.env.SSL_CERT_FILE = tls.file
    try {
      await using server = await echoServer()
      await using proxy = await hostProxy({ tls, hosts: { "far.test": "127.0.0.1" } })
      await using border = await openTestBorder({
        allow: ["far.test"],
        hosts: { localhost: ["127.0.0.1"] },
        proxy: { url: `https://localhost:${proxy.port}`, except: [] },
      })
      const client = await border.connect("far.test", server.port)
      const length = 6 * 1024 * 1024
      const read = readPattern(client)
      await writePattern(client, length)
      expect(await read).toEqual({ length, flawAt: undefined })
      expect(await border.connections(1)).toMatchObject([
        { verdict: "allow", sent: length, received: length },
      ])
    } finally {
      if (before === undefined) delete process.env.SSL_CERT_FILE
      else process.env.SSL_CERT_FILE = before
      rmSync(directory, { recursive: true })
    }
  }, 20_000)
})

describe("many connections", () => {
  test("at once: none is lost", async () => {
    await using server = await echoServer()
    await using border = await openTestBorder(web)
    const texts = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const client = await border.connect("web.test", server.port)
        client.end(`I am ${index}\r\n`)
        return (await hear(client)).text
      }),
    )
    expect(texts).toEqual(Array.from({ length: 500 }, (_, index) => `I am ${index}\r\n`))
    expect(await border.connections(500)).toHaveLength(500)
  }, 30_000)

  test("one after the other leave no descriptor behind", async () => {
    await using server = await serverOf(socket => void socket.end("hello"))
    await using border = await openTestBorder({ ...web, hostPorts: [server.port] })
    const one = async () => {
      const client = await border.connect("127.0.0.1", server.port)
      client.end()
      await hear(client)
      client.destroy()
      for (const socket of server.sockets.splice(0)) socket.destroy()
    }
    for (let count = 0; count < 30; count++) await one()
    const before = descriptors()
    for (let count = 0; count < 1000; count++) await one()
    await border.connections(1030)
    await until(() => descriptors() <= before + 4)
  }, 60_000)
})

test("when it is closed nothing is left of it", async () => {
  await using server = await echoServer()
  const before = descriptors()
  const border = await openTestBorder({ ...web, expose: [] })
  const client = await border.connect("web.test", server.port)
  client.write("hello\r\n")
  await once(client, "data")
  await border[Symbol.asyncDispose]()
  await hear(client)
  client.destroy()
  for (const socket of server.sockets.splice(0)) socket.destroy()
  await until(() => descriptors() <= before + 2)
  const late = connect({ host: "127.0.0.1", port: border.port })
  expect(await endOf(late)).toBe("ECONNREFUSED")
})
